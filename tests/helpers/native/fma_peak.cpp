// Prints the multiply-adds a second that one core does in registers alone, in billions: the most that any kernel could
// reach. bench_engine.py compiles it for the widest vectors of this CPU.
#include <cstdio>
#include <ctime>

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

static double seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int main() {
    constexpr int kChains = 12; // enough to hide the latency of an addition
    constexpr int kRounds = 200000;
    double best = 1e9;
    float sink = 0;
    for (int trial = 0; trial < 60; ++trial) {
        const Vector scale = Vector{} + 0.9999f, shift = Vector{} + 1e-6f;
        Vector sums[kChains];
        for (Vector& sum : sums)
            sum = scale;
        const double start = seconds();
        for (int round = 0; round < kRounds; ++round)
#pragma GCC unroll 12
            for (int i = 0; i < kChains; ++i)
                sums[i] = sums[i] * scale + shift;
        const double taken = seconds() - start;
        best = taken < best ? taken : best;
        for (const Vector& sum : sums)
            sink += sum[0];
    }
    std::printf("%.3f\n", 1e-9 * kRounds * kChains * kLanes / best);
    return sink == 0.0f; // the sums must be kept
}
