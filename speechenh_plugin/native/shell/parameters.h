// The controls' texts and the values now in force.
#pragma once

#include "controls.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deepdenoise::shell {

inline bool isChoice(const Control& control) { return control.choices[0] != nullptr; }

/// "80.0 %", "24.0 dB", "on": the same in every locale.
std::string toText(const Control& control, double plain);

/// The reverse of toText, with or without the unit; nothing if the text means no value in range.
std::optional<double> fromText(const Control& control, std::string_view text);

/// The plain values now in force, shared by the host's threads.
class Values {
public:
    Values() {
        for (uint32_t id = 0; id < kControlCount; ++id)
            values_[id].store(kControls[id].initial, std::memory_order_relaxed);
    }
    double get(uint32_t id) const noexcept { return values_[id].load(std::memory_order_relaxed); }

    /// False if the id is unknown or the value not in 0..maximum; a choice takes the nearer of its two values.
    bool set(uint32_t id, double plain) noexcept;

    /// The same for a value in 0..1.
    bool setNormalised(uint32_t id, double value) noexcept;

private:
    static_assert(std::atomic<double>::is_always_lock_free); // the audio thread reads them
    std::array<std::atomic<double>, kControlCount> values_;
};

} // namespace deepdenoise::shell
