// What a session or preset stores: every control, and the model by name or whole.
//
//   "DDST", u32 version = 2, u32 CRC-32 of what follows
//   u32 count, then count times: u32 control id, f64 plain value
//   u32 kind (0 = bundled model's name, 1 = a whole model file), u32 size, the bytes; an empty name keeps the model
//
// All little-endian. speechenh_plugin/preset.py reads and writes the same.
#pragma once

#include "controls.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace deepdenoise::shell {

enum class ModelKind : uint32_t { bundled, embedded };

struct State {
    std::array<double, kControlCount> values; ///< plain
    ModelKind kind;
    std::string model; ///< a name, or the bytes of a model file
};

/// Bytes of the largest state: of a model file, and of the rest.
inline constexpr size_t kLargestState = (size_t{32} << 20) + 4096;

std::vector<std::byte> packState(const State& state);

/// Nothing if the bytes are anything but a whole, valid state: they may come from anywhere. Controls that it lacks
/// have their initial value, as in states of older versions.
std::optional<State> unpackState(std::span<const std::byte> bytes);

/// Bytes as `read(target, size)` gives them, until it gives none; nothing if it fails (a negative count, or more than
/// asked for) or if they are too many.
template <class Read> std::optional<std::vector<std::byte>> readAll(Read read) {
    constexpr int64_t chunk = 1 << 16;
    std::vector<std::byte> bytes;
    for (;;) {
        const size_t used = bytes.size();
        bytes.resize(used + chunk);
        const int64_t count = read(bytes.data() + used, chunk);
        if (count < 0 || count > chunk || used + count > kLargestState)
            return {};
        bytes.resize(used + count);
        if (count == 0)
            return bytes;
    }
}

} // namespace deepdenoise::shell
