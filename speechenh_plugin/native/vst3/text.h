// Text as VST3 passes it.
#pragma once

#include "vst3.h"

#include <algorithm>
#include <string_view>

namespace deepdenoise::plugin {

/// ASCII text, cut to what fits.
inline void copyText(std::string_view text, vst3::String128& target) {
    const size_t size = std::min<size_t>(text.size(), 127);
    std::copy_n(text.begin(), size, target);
    target[size] = 0;
}

} // namespace deepdenoise::plugin
