#include "instance.h"

#include "bundled.h"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace deepdenoise::shell {
namespace {

/// Samples that the engine takes at once. Fixed, so that a host that grows its blocks keeps the stream.
constexpr int kEngineBlock = 8192;

constexpr const char* kCustom = "custom"; // how the list of models calls one that came whole

} // namespace

int lastModel() { return static_cast<int>(bundledModels().size()); }

std::string modelText(int entry) { return entry >= 0 && entry < lastModel() ? bundledModels()[entry] : kCustom; }

void Instance::useBestModel() {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : bundledModels()) // a state may have brought one; a file may be damaged
        if (choice_.model != nullptr || take(ModelKind::bundled, name))
            break;
}

bool Instance::setUp(double sampleRate, int channels) {
    const std::lock_guard lock(mutex_);
    sampleRate_ = sampleRate >= kMinSampleRate && sampleRate <= kMaxSampleRate ? sampleRate : 0.0;
    channels_ = channels;
    return prepare();
}

int Instance::latency() const {
    const std::lock_guard lock(mutex_);
    return latencyLocked();
}

State Instance::state() const {
    const std::lock_guard lock(mutex_);
    State state{{}, choice_.kind, choice_.source};
    for (uint32_t id = 0; id < kControlCount; ++id)
        state.values[id] = values.get(id);
    return state;
}

Loaded Instance::setState(const State& state) {
    const std::lock_guard lock(mutex_);
    const auto chosen = chooseLocked(state.kind, state.model);
    Loaded loaded{chosen.value_or(Changes{}), chosen.has_value()};
    for (uint32_t id = 0; id < kControlCount; ++id) {
        const double before = values.get(id);
        values.set(id, state.values[id]);
        loaded.changes.values |= values.get(id) != before;
    }
    return loaded;
}

std::optional<Changes> Instance::choose(ModelKind kind, const std::string& source) {
    const std::lock_guard lock(mutex_);
    return chooseLocked(kind, source);
}

std::optional<Changes> Instance::chooseListed(int entry) {
    const std::lock_guard lock(mutex_);
    const bool bundled = entry >= 0 && entry < lastModel();
    return chooseLocked(bundled ? ModelKind::bundled : ModelKind::embedded,
                        bundled ? modelText(entry) : std::string(custom_));
}

int Instance::listed() const {
    const std::lock_guard lock(mutex_);
    return listedLocked();
}

Instance::Running* Instance::running() noexcept {
    Running* running = ready_ ? running_.current() : nullptr;
    if (running != nullptr && reset_.exchange(false))
        running->denoiser.reset();
    return running;
}

Controls Instance::controls() const noexcept {
    const bool bypass = values.get(kBypass) != 0.0;
    const double limit = values.get(kReductionLimit);
    return {.strength = bypass ? 0.0f : static_cast<float>(values.get(kStrength) / 100.0),
            // At the top of its range the limit is off.
            .reductionLimitDb = limit < kControls[kReductionLimit].maximum ? static_cast<float>(limit) : kNoLimit,
            .stereoLink = values.get(kStereoLink) != 0.0,
            .listenRemoved = !bypass && values.get(kListen) != 0.0};
}

bool Instance::process(const float* const* in, float* const* out, int channels, int samples) noexcept {
    Running* const ours = running();
    if (ours == nullptr || ours->channels != channels) {
        for (int c = 0; c < channels; ++c)
            std::fill_n(out[c], samples, 0.0f);
        return false;
    }
    ours->denoiser.process(in, out, samples, controls());
    return true;
}

/// Takes up a model; false, and nothing changes, if it is not to be had or not usable.
bool Instance::take(ModelKind kind, const std::string& source) {
    if (kind == choice_.kind && source == choice_.source && choice_.model != nullptr)
        return true;
    const bool bundled = kind == ModelKind::bundled;
    if (bundled && source.empty())
        return true; // the state of an instance without a model: what is in use stays
    auto model = bundled ? bundledModel(source) : modelFrom(source);
    if (model == nullptr)
        return false;
    try {
        Denoiser(model, kMinSampleRate, 1, 1);
    } catch (const std::invalid_argument&) { // a bare graph, without a front end
        return false;
    }
    Choice before = std::exchange(choice_, {kind, source, std::move(model)});
    if (!prepare()) { // not enough memory for these channels
        choice_ = std::move(before);
        prepare();
        return false;
    }
    if (!bundled)
        custom_ = source;
    return true;
}

std::optional<Changes> Instance::chooseLocked(ModelKind kind, const std::string& source) {
    const int latency = latencyLocked(), listed = listedLocked();
    if (!take(kind, source))
        return {};
    return Changes{listedLocked() != listed, latencyLocked() != latency};
}

/// Makes a denoiser for the present model, rate and channels, unless the one in use already fits. True also if there is
/// nothing to make one for.
bool Instance::prepare() {
    const Setup setup{choice_.model, sampleRate_, channels_};
    if (setup.model == nullptr || setup.sampleRate == 0.0) {
        tail_ = 0;
        ready_ = false;
        return true;
    }
    tail_ = Denoiser::tail(*setup.model, setup.sampleRate);
    if (setup != prepared_) {
        try {
            running_.publish({setup.channels, Denoiser(setup.model, setup.sampleRate, setup.channels, kEngineBlock)});
        } catch (const std::exception&) {
            ready_ = false;
            return false;
        }
        prepared_ = setup;
    }
    ready_ = true;
    return true;
}

int Instance::latencyLocked() const {
    return choice_.model != nullptr && sampleRate_ != 0.0 ? Denoiser::latency(*choice_.model, sampleRate_) : 0;
}

int Instance::listedLocked() const {
    if (choice_.kind == ModelKind::embedded)
        return lastModel();
    const auto& names = bundledModels();
    return static_cast<int>(std::find(names.begin(), names.end(), choice_.source) - names.begin());
}

} // namespace deepdenoise::shell
