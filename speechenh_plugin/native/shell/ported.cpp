#include "ported.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <stdexcept>

namespace deepdenoise::shell {
namespace {

/// The entry of the list of models that a port's value means; the first for what is none.
int entryOf(float value) noexcept {
    const int entry = value >= 0.0f && value <= 1e6f ? static_cast<int>(std::lround(value)) : 0;
    return entry < lastModel() ? entry : 0;
}

} // namespace

std::vector<Port> ports(int channels, bool withSwitch) {
    using enum Port::Kind;
    std::vector<Port> result;
    for (const Port::Kind kind : {audioIn, audioOut})
        for (int channel = 0; channel < channels; ++channel)
            result.push_back({kind, static_cast<uint32_t>(channel)});
    for (const uint32_t id : {kStrength, kReductionLimit, kListen})
        result.push_back({control, id});
    result.push_back({model, 0});
    if (channels > 1)
        result.push_back({control, kStereoLink});
    result.push_back({latency, 0});
    if (withSwitch)
        result.push_back({enabled, 0});
    return result;
}

Ported::Ported(double sampleRate, int channels, bool withSwitch)
    : ports_(ports(channels, withSwitch)), channels_(channels) {
    if (!(sampleRate >= kMinSampleRate && sampleRate <= kMaxSampleRate))
        throw std::invalid_argument("this sample rate is not supported");
    instance.useBestModel();
    if (!instance.setUp(sampleRate, channels))
        throw std::bad_alloc();
    if (instance.latency() == 0)
        throw std::invalid_argument("there is no model");
}

void Ported::connect(uint32_t port, float* place) noexcept {
    if (port >= ports_.size())
        return;
    const auto [kind, index] = ports_[port];
    switch (kind) {
    case Port::Kind::audioIn:
        in_[index] = place;
        break;
    case Port::Kind::audioOut:
        out_[index] = place;
        break;
    case Port::Kind::control:
        controls_[index] = place;
        break;
    case Port::Kind::model:
        model_ = place;
        break;
    case Port::Kind::latency:
        latency_ = place;
        break;
    case Port::Kind::enabled:
        enabled_ = place;
        break;
    }
}

void Ported::activate() {
    if (model_ != nullptr) {
        const int wanted = entryOf(*model_), present = instance.listed();
        const bool custom = present == lastModel() && (keep_ || wanted == listed_);
        if (wanted != present && !custom) // a request may have been left when the loader went
            instance.chooseListed(wanted);
        listed_ = wanted;
    }
    instance.requestReset();
    if (!loader_)
        loader_.emplace(instance);
}

void Ported::keepModel() noexcept {
    keep_ = true;
    missing_ = false;
    if (loader_)
        loader_->request(Loader::kNothing);
}

void Ported::deactivate() { loader_.reset(); }

void Ported::takeValues() noexcept {
    for (uint32_t id = 0; id < kControlCount; ++id) {
        if (controls_[id] == nullptr)
            continue;
        const double given = *controls_[id];                    // NaN is no value, and changes nothing
        const bool on = isChoice(kControls[id]) && given > 0.0; // as both formats say of what is toggled
        instance.values.set(id, on ? 1.0 : std::clamp(given, 0.0, kControls[id].maximum));
    }
    if (enabled_ != nullptr)
        instance.values.set(kBypass, *enabled_ > 0.0f ? 0.0 : 1.0);
    if (model_ != nullptr && missing_) {
        const int entry = entryOf(*model_);
        if (!settled_) // as below
            missedAt_ = entry, settled_ = true;
        else if (entry != missedAt_)
            missing_ = false;
    }
    if (model_ != nullptr && keep_) // hosts set ports after a state, in a running instance, too
        listed_ = entryOf(*model_), keep_ = false;
    if (model_ != nullptr && loader_ && entryOf(*model_) != listed_) {
        listed_ = entryOf(*model_);
        loader_->request(listed_);
    }
}

void Ported::run(uint32_t samples) noexcept {
    takeValues();
    const auto connected = [this](const auto& places) {
        return std::all_of(places.begin(), places.begin() + channels_, [](auto* place) { return place != nullptr; });
    };
    if (samples > 0 && connected(in_) && connected(out_))
        instance.process(in_.data(), out_.data(), channels_, static_cast<int>(std::min(samples, 0x7FFFFFFFu)));
    const Instance::Running* running = instance.running();
    if (latency_ != nullptr && running != nullptr)
        *latency_ = static_cast<float>(running->denoiser.latency());
}

} // namespace deepdenoise::shell
