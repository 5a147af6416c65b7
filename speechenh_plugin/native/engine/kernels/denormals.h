// Floating-point numbers as the engine wants them while in scope, whatever the host has set: denormal ones are zero,
// for they are inaudible and cost hundreds of cycles each; nothing is trapped, and results are rounded to the nearest.
#pragma once

#include <cstdint>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace deepdenoise {

class FlushDenormals {
public:
#if defined(__SSE__)
    FlushDenormals() noexcept : saved_(_mm_getcsr()) {
        _mm_setcsr((saved_ & ~0x6000u) | 0x9FC0u); // rounding; FTZ, all exceptions masked, DAZ
    }
    ~FlushDenormals() { _mm_setcsr(saved_); }
#elif defined(__aarch64__)
    FlushDenormals() noexcept {
        asm volatile("mrs %0, fpcr" : "=r"(saved_));
        asm volatile("msr fpcr, %0" : : "r"(saved_ | std::uint64_t{1} << 24)); // FZ
    }
    ~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#elif defined(__wasm__)
    FlushDenormals() noexcept {} // WebAssembly has no such switch
    ~FlushDenormals() {}
#else
#error "name the flush-to-zero switch of this CPU"
#endif
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
#if defined(__SSE__)
    unsigned saved_;
#elif defined(__aarch64__)
    std::uint64_t saved_;
#endif
};

} // namespace deepdenoise
