// What a session or preset stores: every parameter, and the model by name or whole.
//
//   "DDST", u32 version = 2, u32 CRC-32 of what follows
//   u32 count, then count times: u32 parameter id, f64 plain value
//   u32 kind (0 = bundled model's name, 1 = a whole model file), u32 size, the bytes; an empty name keeps the model
//
// All little-endian. speechenh_plugin/preset.py reads and writes the same.
#pragma once

#include "parameters.h"
#include "vst3.h"

#include <cstdint>
#include <optional>
#include <string>

namespace deepdenoise::plugin {

struct State {
    enum class ModelKind : uint32_t { bundled, embedded };
    std::array<double, kParameterCount> values; ///< plain
    ModelKind kind;
    std::string model; ///< a name, or the bytes of a model file
};

bool writeState(const State& state, vst3::Stream& stream);

/// Nothing if the stream holds anything but a whole, valid state: it may come from anywhere. Parameters that
/// it lacks have their initial value, as in states of older versions.
std::optional<State> readState(vst3::Stream& stream);

} // namespace deepdenoise::plugin
