// A state from and to a host's stream.
#pragma once

#include "../shell/state.h"
#include "vst3.h"

#include <optional>

namespace deepdenoise::plugin {

/// False if the host did not take it whole.
bool writeState(const shell::State& state, vst3::Stream& stream);

/// Nothing if the stream holds anything but a whole, valid state.
std::optional<shell::State> readState(vst3::Stream& stream);

} // namespace deepdenoise::plugin
