// Passes 32-bit float samples from standard input through an engine library, in blocks of 480, to standard output:
// run by cross_build.py on another processor. Arguments: the library, a model file, the sample rate.
#include "../../../speechenh_plugin/native/engine/c_api.h"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <limits>
#include <vector>

int main(int count, char** arguments) {
    void* library = count == 4 ? dlopen(arguments[1], RTLD_NOW) : nullptr;
    if (library == nullptr)
        return std::fprintf(stderr, "usage: run_engine LIBRARY MODEL RATE: %s\n", dlerror()), 2;
    const auto open = reinterpret_cast<decltype(&deepdenoise_open)>(dlsym(library, "deepdenoise_open"));
    const auto openStream =
        reinterpret_cast<decltype(&deepdenoise_stream_open)>(dlsym(library, "deepdenoise_stream_open"));
    const auto process =
        reinterpret_cast<decltype(&deepdenoise_stream_process)>(dlsym(library, "deepdenoise_stream_process"));

    std::ifstream file(arguments[2], std::ios::binary);
    const std::vector<char> model{std::istreambuf_iterator<char>(file), {}};
    char error[512] = "";
    auto* network = open(model.data(), model.size(), nullptr, error, sizeof error);
    auto* stream = network ? openStream(network, std::atof(arguments[3]), 1, 480, error, sizeof error) : nullptr;
    if (stream == nullptr)
        return std::fprintf(stderr, "%s\n", error), 1;
    float block[480];
    const float* in[] = {block};
    float* out[] = {block};
    while (const auto samples = std::fread(block, sizeof(float), 480, stdin)) {
        process(stream, in, out, static_cast<int>(samples), 1.0f, std::numeric_limits<float>::infinity(), 1, 0);
        std::fwrite(block, sizeof(float), samples, stdout);
    }
}
