#define DEEPDENOISE_NAME "avx2"
#define DEEPDENOISE_TABLE avx2Kernels
#define DEEPDENOISE_LANES 8
#define DEEPDENOISE_REGISTERS 16
#include "kernels/kernels_impl.inl"
