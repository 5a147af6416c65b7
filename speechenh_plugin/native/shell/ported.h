// The effect for hosts that connect each port to memory of theirs, as those of LADSPA and LV2 do.
#pragma once

#include "instance.h"
#include "loader.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace deepdenoise::shell {

/// What a port is.
struct Port {
    enum class Kind { audioIn, audioOut, control, model, latency, enabled };
    Kind kind;
    uint32_t index; ///< of an audio port's channel, or a control's id
};

/// Ports of mono or stereo, in their order: audio in and out, strength, reduction limit, listen, model, for stereo the
/// link of its channels, and the latency as an output; with a host's own switch, that one last.
std::vector<Port> ports(int channels, bool withSwitch);

/// A fixed rate and number of channels, one or two.
class Ported {
public:
    /// Throws std::invalid_argument if the rate is not supported or there is no model, std::bad_alloc without memory.
    Ported(double sampleRate, int channels, bool withSwitch);

    /// Unknown ports are ignored.
    void connect(uint32_t port, float* place) noexcept;

    /// Takes up the model that its port names, and forgets the past.
    void activate();

    /// A model that came otherwise stays until its port's value changes. Not beside `run`.
    void keepModel() noexcept;

    /// Takes up the model that its port names at the next activation, whatever came otherwise.
    void forgetModel() noexcept { keep_ = missing_ = false, listed_ = -1; }

    /// A model that came otherwise is not to be had: so it stays until its port's value changes. Not beside `run`.
    void missModel() noexcept { missing_ = true, settled_ = false; }

    /// Any thread.
    bool missesModel() const noexcept { return missing_; }

    void deactivate();

    /// Audio thread.
    void run(uint32_t samples) noexcept;

    Instance instance;

private:
    void takeValues() noexcept;

    std::vector<Port> ports_;
    int channels_;
    std::array<const float*, 2> in_{};
    std::array<float*, 2> out_{};
    std::array<const float*, kControlCount> controls_{};
    const float* model_ = nullptr;
    const float* enabled_ = nullptr;
    float* latency_ = nullptr;
    int listed_ = 0;    ///< what the model's port last said
    bool keep_ = false; ///< the model came otherwise: what its port first says is no wish
    std::atomic<bool> missing_{false};
    bool settled_ = false; ///< what the port said when the model was missed is known
    int missedAt_ = 0;     ///< that
    std::optional<Loader> loader_;
};

} // namespace deepdenoise::shell
