// The plug-in's parameters: names, units, ranges and texts. One table serves every host, and Python.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deepdenoise::plugin {

/// Parameter ids. Sessions store them: never renumber.
enum ParameterId : uint32_t { kStrength, kReductionLimit, kStereoLink, kListen, kBypass, kParameterCount };

/// The list of models is a parameter too, but no value of the audio thread: choosing one loads it.
inline constexpr uint32_t kModel = kParameterCount;

/// Plain values run from 0 to `maximum`, in proportion to the host's normalised 0..1.
struct Parameter {
    const char* title;
    const char* shortTitle;
    const char* unit;       ///< of a number's text; empty for a choice
    double maximum;         ///< of the plain value
    double initial;         ///< plain
    const char* choices[2]; ///< texts of 0 and 1; null for a number
};

/// At the top of its range the reduction limit is off.
inline constexpr double kReductionLimitOffDb = 100.0;

/// A rest of noise that low sounds steady: holes around speech are heard more than it is.
inline constexpr double kReductionLimitInitialDb = 40.0;

inline constexpr std::array<Parameter, kParameterCount> kParameters{{
    {"Strength", "Strength", "%", 100.0, 100.0, {}},
    {"Reduction limit", "Limit", "dB", kReductionLimitOffDb, kReductionLimitInitialDb, {}},
    {"Stereo link", "Link", "", 1.0, 1.0, {"off", "on"}},
    {"Listen", "Listen", "", 1.0, 0.0, {"result", "removed"}},
    {"Bypass", "Bypass", "", 1.0, 0.0, {"off", "on"}},
}};

inline bool isChoice(const Parameter& parameter) { return parameter.choices[0] != nullptr; }

/// "80.0 %", "24.0 dB", "on": the same in every locale.
std::string toText(const Parameter& parameter, double plain);

/// The reverse of toText, with or without the unit; nothing if the text means no value in range.
std::optional<double> fromText(const Parameter& parameter, std::string_view text);

/// The plain values now in force, shared by the host's threads.
class Values {
public:
    Values() {
        for (uint32_t id = 0; id < kParameterCount; ++id)
            set(id, kParameters[id].initial);
    }
    double get(uint32_t id) const noexcept { return values_[id].load(std::memory_order_relaxed); }
    void set(uint32_t id, double plain) noexcept { values_[id].store(plain, std::memory_order_relaxed); }

    /// False if the id is unknown or the value not in 0..1; a choice takes the nearer of its two values.
    bool setNormalised(uint32_t id, double value) noexcept;

private:
    std::array<std::atomic<double>, kParameterCount> values_;
};

} // namespace deepdenoise::plugin
