// What every supported CPU runs: SSE4.2 on x86-64 (v2), NEON on Arm.
#define DEEPDENOISE_NAME "baseline"
#define DEEPDENOISE_TABLE baselineKernels
#define DEEPDENOISE_LANES 4
#if defined(__aarch64__)
#define DEEPDENOISE_REGISTERS 32
#else
#define DEEPDENOISE_REGISTERS 16
#endif
#include "kernels/kernels_impl.inl"
