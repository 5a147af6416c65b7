// The checksum of model files and states: it finds damage, and is no signature.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace deepdenoise {

/// CRC-32 as zlib.crc32 has it.
inline std::uint32_t crc32(std::span<const std::byte> bytes) {
    std::array<std::uint32_t, 256> table;
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit)
            c = (c >> 1) ^ ((c & 1) ? 0xEDB88320u : 0u);
        table[i] = c;
    }
    std::uint32_t crc = ~0u;
    for (const std::byte b : bytes)
        crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint32_t>(b)) & 255u];
    return ~crc;
}

} // namespace deepdenoise
