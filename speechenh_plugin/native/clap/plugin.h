// CLAP: one plug-in, mono or stereo as the host selects.
#pragma once

#include "clap.h"
#include "instance.h"

#include <array>
#include <atomic>

namespace deepdenoise::clap_plugin {

extern const clap::Descriptor kDescriptor;

/// The functions of CLAP's tables find it behind clap::Plugin::data.
class Plugin {
public:
    explicit Plugin(const clap::Host* host);

    /// What the host gets; it destroys it by that table's `destroy`.
    const clap::Plugin* table() const noexcept { return &table_; }

    bool init();
    bool activate(double sampleRate);
    void deactivate();
    void reset() noexcept { instance_.requestReset(); }
    clap::Status process(const clap::Process& process) noexcept;
    void onMainThread();

    int channels() const noexcept { return channels_; }
    bool selectChannels(int channels);

    double value(uint32_t param) const;
    void takeEvents(const clap::InputEvents* events) noexcept;

    bool save(const clap::OutputStream& stream);
    bool load(const clap::InputStream& stream);

    /// As at the last activation: until the next one it may not change.
    int latency() const { return latency_; }
    int tail() const { return instance_.tail(); }

private:
    void take(const clap::EventHeader* event) noexcept;
    clap::Status render(const clap::Process& process) noexcept;
    void changed(shell::Changes changes);

    clap::Plugin table_;
    const clap::Host* host_;
    shell::Instance instance_;
    static_assert(std::atomic<int>::is_always_lock_free);
    std::atomic<int> wantedModel_{-1}; ///< asked for by an event, loaded on the main thread; -1 = nothing
    int channels_ = 2;
    int latency_ = 0; ///< samples
    bool active_ = false;
};

} // namespace deepdenoise::clap_plugin
