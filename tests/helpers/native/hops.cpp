// Prints the hop for each rate that it is given: compiled and run by test_hop.py.
#include "dsp/stft.h"

#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
    for (int i = 1; i < count; ++i)
        std::printf("%d\n", deepdenoise::hopFor(std::atof(arguments[i])));
}
