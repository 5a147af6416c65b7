#include "kernels/kernels.h"

namespace deepdenoise {

const Kernels& baselineKernels() noexcept;
#if defined(DEEPDENOISE_X86_KERNELS)
const Kernels& avx2Kernels() noexcept;
const Kernels& avx512Kernels() noexcept;
#endif

const Kernels* kernelsNamed(std::string_view name) noexcept {
#if defined(DEEPDENOISE_X86_KERNELS)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (name == "avx512" && avx512)
        return &avx512Kernels();
    if (name == "avx2" && avx2)
        return &avx2Kernels();
#endif
    return name == "baseline" ? &baselineKernels() : nullptr;
}

const Kernels& bestKernels() noexcept {
    for (const char* name : {"avx512", "avx2"})
        if (const Kernels* found = kernelsNamed(name))
            return *found;
    return baselineKernels();
}

} // namespace deepdenoise
