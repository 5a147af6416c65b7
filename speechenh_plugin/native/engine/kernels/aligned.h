// Float storage aligned for the widest vectors.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace deepdenoise {

inline constexpr std::size_t kAlignment = 64; // bytes: one cache line, one AVX-512 vector

template <class T> struct AlignedAllocator {
    using value_type = T;
    AlignedAllocator() = default;
    template <class U> AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
    T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(kAlignment))); }
    void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, std::align_val_t(kAlignment)); }
    template <class U> bool operator==(const AlignedAllocator<U>&) const noexcept { return true; }
};

using Floats = std::vector<float, AlignedAllocator<float>>;

/// The least multiple of 16 floats (64 bytes) that holds n.
constexpr std::ptrdiff_t roundUp(std::ptrdiff_t n) noexcept { return (n + 15) / 16 * 16; }

} // namespace deepdenoise
