#include "kernels.h"

namespace deepdenoise {

const Kernels& baselineKernels() noexcept;
#if defined(__x86_64__)
const Kernels& avx2Kernels() noexcept;
const Kernels& avx512Kernels() noexcept;
#endif

const Kernels* kernelsNamed(std::string_view name) noexcept {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (name == "avx512" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return &avx512Kernels();
    if (name == "avx2" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
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
