#include "component.h"

#include "state.h"
#include "text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <limits>
#include <span>

namespace deepdenoise::plugin {

using namespace vst3;

namespace {

bool isMainBus(int32_t type, int32_t direction, int32_t index) {
    return type == kAudio && (direction == kInput || direction == kOutput) && index == 0;
}

bool hasChannels(const AudioBusBuffers& bus, int channels) {
    return bus.numChannels == channels && bus.channelBuffers32 != nullptr &&
           std::none_of(bus.channelBuffers32, bus.channelBuffers32 + channels,
                        [](const float* channel) { return channel == nullptr; });
}

void clear(AudioBusBuffers& bus, int32_t samples) {
    for (int32_t channel = 0; bus.channelBuffers32 != nullptr && channel < bus.numChannels; ++channel)
        if (float* out = bus.channelBuffers32[channel])
            std::fill_n(out, samples, 0.0f);
}

uint64_t silentChannels(const AudioBusBuffers& bus, int32_t samples) {
    uint64_t flags = 0;
    for (int32_t channel = 0; channel < bus.numChannels && channel < 64; ++channel) {
        const float* out = bus.channelBuffers32[channel];
        if (std::all_of(out, out + samples, [](float x) { return x == 0.0f; }))
            flags |= uint64_t{1} << channel;
    }
    return flags;
}

constexpr int kMostChannels = 64;       // as many as an arrangement has bits
constexpr int32_t kAutomationStep = 64; // samples: within a hop, where the engine takes up new controls

} // namespace

Result Component::getControllerClassId(char*) { return kNotImplemented; } // this object is the controller

Result Component::setIoMode(int32_t) { return kNotImplemented; }

int32_t Component::getBusCount(int32_t type, int32_t direction) { return isMainBus(type, direction, 0) ? 1 : 0; }

Result Component::getBusInfo(int32_t type, int32_t direction, int32_t index, BusInfo& info) {
    if (!isMainBus(type, direction, index))
        return kInvalidArgument;
    const std::lock_guard lock(mutex_);
    info.mediaType = type;
    info.direction = direction;
    info.channelCount = std::popcount(arrangement_);
    copyText(direction == kInput ? "Input" : "Output", info.name);
    info.busType = kMainBus;
    info.flags = BusInfo::kDefaultActive;
    return kResultOk;
}

Result Component::getRoutingInfo(RoutingInfo&, RoutingInfo&) { return kNotImplemented; }

Result Component::activateBus(int32_t type, int32_t direction, int32_t index, uint8_t) {
    return isMainBus(type, direction, index) ? kResultOk : kInvalidArgument;
}

Result Component::setActive(uint8_t state) {
    const std::lock_guard lock(mutex_);
    if (state != 0 && !active_)
        instance_.requestReset();
    active_ = state != 0;
    return kResultOk;
}

Result Component::setState(Stream* stream) {
    if (stream == nullptr)
        return kInvalidArgument;
    try {
        const auto state = readState(*stream);
        if (!state)
            return kResultFalse;
        const shell::Loaded loaded = instance_.setState(*state);
        stateChanged(loaded.changes);
        return loaded.model ? kResultOk : kResultFalse;
    } catch (const std::exception&) {
        return kInternalError;
    }
}

Result Component::getState(Stream* stream) {
    if (stream == nullptr)
        return kInvalidArgument;
    try {
        return writeState(instance_.state(), *stream) ? kResultOk : kResultFalse;
    } catch (const std::exception&) {
        return kInternalError;
    }
}

// --- processor -------------------------------------------------------------------------------------------

Result Component::setBusArrangements(SpeakerArrangement* inputs, int32_t numInputs, SpeakerArrangement* outputs,
                                     int32_t numOutputs) {
    if (numInputs < 0 || numOutputs < 0)
        return kInvalidArgument;
    if (numInputs != 1 || numOutputs != 1 || inputs == nullptr || outputs == nullptr)
        return kResultFalse;
    if (inputs[0] != outputs[0] || inputs[0] == 0)
        return kResultFalse;
    const std::lock_guard lock(mutex_);
    arrangement_ = inputs[0];
    return instance_.setUp(sampleRate_, std::popcount(arrangement_)) ? kResultOk : kInternalError;
}

Result Component::getBusArrangement(int32_t direction, int32_t index, SpeakerArrangement& arrangement) {
    if (!isMainBus(kAudio, direction, index))
        return kInvalidArgument;
    const std::lock_guard lock(mutex_);
    arrangement = arrangement_;
    return kResultOk;
}

Result Component::canProcessSampleSize(int32_t symbolicSampleSize) {
    return symbolicSampleSize == kSample32 ? kResultOk : kResultFalse;
}

uint32_t Component::getLatencySamples() { return static_cast<uint32_t>(instance_.latency()); }

uint32_t Component::getTailSamples() { return static_cast<uint32_t>(instance_.tail()); }

Result Component::setupProcessing(ProcessSetup& setup) {
    const std::lock_guard lock(mutex_);
    const bool supported = setup.symbolicSampleSize == kSample32 && setup.sampleRate >= kMinSampleRate &&
                           setup.sampleRate <= kMaxSampleRate;
    sampleRate_ = supported ? setup.sampleRate : 0.0;
    if (!instance_.setUp(sampleRate_, std::popcount(arrangement_)))
        return kInternalError;
    return supported ? kResultOk : kResultFalse;
}

// May come from the audio thread.
Result Component::setProcessing(uint8_t state) {
    const bool before = processing_.exchange(state != 0);
    if (state != 0 && !before)
        instance_.requestReset();
    return kResultOk;
}

/// A block's points, taken in the order of time: the stream does not depend on how the host cuts it.
class Component::Automation {
public:
    Automation(ParameterChanges* changes, int32_t samples) noexcept {
        const int32_t count = changes != nullptr ? changes->getParameterCount() : 0;
        for (int32_t i = 0; i < count && used_ < queues_.size(); ++i) {
            ParamValueQueue* queue = changes->getParameterData(i);
            const int32_t points = queue != nullptr ? queue->getPointCount() : 0;
            // At most a point a sample, whatever the host says there are.
            if (points > 0)
                queues_[used_++] = {queue, points - std::min(points, std::max(samples, 1)), points};
        }
    }

    /// Sets what holds at a sample: points up to it that have not been taken yet.
    void apply(int32_t sample, shell::Values& values) noexcept {
        for (Queue& queue : std::span(queues_).first(used_))
            for (; queue.next < queue.points; ++queue.next) {
                int32_t offset = 0;
                double value = 0.0;
                if (queue.changes->getPoint(queue.next, offset, value) != kResultOk)
                    continue;
                if (offset > sample)
                    break;
                values.setNormalised(queue.changes->getParameterId(), value);
            }
    }

    bool finished() const noexcept {
        return std::all_of(queues_.begin(), queues_.begin() + used_, [](const Queue& q) { return q.next == q.points; });
    }

private:
    struct Queue {
        ParamValueQueue* changes;
        int32_t next, points;
    };
    std::array<Queue, 2 * (shell::kControlCount + 1)> queues_;
    std::size_t used_ = 0;
};

Result Component::process(ProcessData& data) {
    Automation automation(data.inputParameterChanges, data.numSamples);
    const Result result = render(data, automation);
    automation.apply(std::numeric_limits<int32_t>::max(), instance_.values);
    return result;
}

Result Component::render(ProcessData& data, Automation& automation) noexcept {
    if (data.numSamples <= 0 || data.numOutputs < 1 || data.outputs == nullptr)
        return kResultOk;
    if (data.symbolicSampleSize != kSample32)
        return kInvalidArgument;

    AudioBusBuffers& out = data.outputs[0];
    shell::Instance::Running* running = instance_.running();
    if (running == nullptr || data.numInputs < 1 || data.inputs == nullptr ||
        !hasChannels(data.inputs[0], running->channels) || !hasChannels(out, running->channels)) {
        clear(out, data.numSamples);
        return running == nullptr ? kNotInitialized : kInvalidArgument;
    }
    std::array<const float*, kMostChannels> from;
    std::array<float*, kMostChannels> to;
    for (int32_t at = 0, count = 0; at < data.numSamples; at += count) {
        automation.apply(at, instance_.values);
        count = std::min(data.numSamples - at, automation.finished() ? data.numSamples : kAutomationStep);
        for (int c = 0; c < running->channels; ++c) {
            from[c] = data.inputs[0].channelBuffers32[c] + at;
            to[c] = out.channelBuffers32[c] + at;
        }
        running->denoiser.process(from.data(), to.data(), count, instance_.controls());
    }
    out.silenceFlags = silentChannels(out, data.numSamples);
    return kResultOk;
}

uint32_t Component::getProcessContextRequirements() { return 0; }

} // namespace deepdenoise::plugin
