#define DEEPDENOISE_NAME "avx512"
#define DEEPDENOISE_TABLE avx512Kernels
#define DEEPDENOISE_LANES 16
#define DEEPDENOISE_REGISTERS 32
#include "kernels/kernels_impl.inl"
