// One use of the effect in a host, whatever the host: a model, the controls, and a denoiser for a rate and channels.
#pragma once

#include "deepdenoise.h"
#include "handover.h"
#include "parameters.h"
#include "state.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace deepdenoise::shell {

/// Number of the last entry of the list of models: the bundled ones in their order, then a custom one.
int lastModel();

/// Text of an entry of the list of models.
std::string modelText(int entry);

/// What a call has changed and a host may have to be told.
struct Changes {
    bool values = false;
    bool latency = false;
};

/// What came of a state.
struct Loaded {
    Changes changes;
    bool model = false; ///< its model is in use; else the one before is
};

/// Hosts process in an audio thread and do everything else in others. The two sides share only the controls' values, a
/// few flags and the handed-over denoiser, none of which the audio thread ever waits for.
class Instance {
public:
    /// A denoiser that fits the present set-up.
    struct Running {
        int channels;
        Denoiser denoiser;
    };

    // --- threads other than the audio thread; they may be many. Lack of memory throws std::bad_alloc.

    /// Takes up the best bundled model that is usable, unless there is a model already.
    void useBestModel();

    /// Prepares for a rate in Hz, 0 = none, and a number of channels. False if memory does not suffice.
    bool setUp(double sampleRate, int channels);

    /// Delay in samples; 0 before a rate is known.
    int latency() const;

    State state() const;

    /// Takes up the values, and the model if it is usable.
    Loaded setState(const State& state);

    /// Takes up a model by name or by its file's bytes. Nothing if it is not usable; then all stays as it was.
    std::optional<Changes> choose(ModelKind kind, const std::string& source);

    /// Takes up an entry of the list of models; the custom one is the last that came as bytes.
    std::optional<Changes> chooseListed(int entry);

    /// The present model's entry in the list.
    int listed() const;

    // --- any thread

    Values values;

    /// Samples for which sound goes on after the last input; 0 before a rate is known.
    int tail() const noexcept { return tail_; }
    void requestReset() noexcept { reset_ = true; }

    // --- the audio thread: nothing here allocates, locks, throws or calls the system.

    /// The denoiser of the present set-up, reset if that was asked for; null while there is none.
    Running* running() noexcept;

    /// What the values ask of the engine.
    Controls controls() const noexcept;

    /// Any number of samples, with the values of now; in[c] == out[c] is allowed. Silence without a denoiser for as
    /// many channels; then false.
    bool process(const float* const* in, float* const* out, int channels, int samples) noexcept;

private:
    /// The model in use, as sessions store it.
    struct Choice {
        ModelKind kind = ModelKind::bundled;
        std::string source; ///< name, or bytes of a model file
        std::shared_ptr<const Model> model;
    };
    /// What a denoiser was made for.
    struct Setup {
        std::shared_ptr<const Model> model;
        double sampleRate = 0.0; ///< Hz; 0 = not set up
        int channels = 0;
        bool operator==(const Setup&) const = default;
    };

    bool take(ModelKind kind, const std::string& source);
    std::optional<Changes> chooseLocked(ModelKind kind, const std::string& source);
    bool prepare();
    int latencyLocked() const;
    int listedLocked() const;

    Handover<Running> running_;
    static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);
    std::atomic<bool> ready_{false}; ///< running_ is for the present set-up
    std::atomic<bool> reset_{false}; ///< asks the audio thread to forget the past
    std::atomic<int> tail_{0};

    mutable std::mutex mutex_; ///< guards the rest; the audio thread never takes it
    Choice choice_;
    std::string custom_; ///< the last model that came whole
    double sampleRate_ = 0.0;
    int channels_ = 2;
    Setup prepared_;
};

} // namespace deepdenoise::shell
