#include "component.h"

#include "state.h"
#include "text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <limits>
#include <optional>
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
        effect_.requestReset();
    active_ = state != 0;
    if (!active_)
        effect_.processing = false;
    return kResultOk;
}

Result Component::setState(Stream* stream) {
    if (stream == nullptr)
        return kInvalidArgument;
    try {
        const auto state = readState(*stream);
        if (!state)
            return kResultFalse;
        const shell::Loaded loaded = effect_.setState(*state);
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
        return writeState(effect_.state(), *stream) ? kResultOk : kResultFalse;
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
    return effect_.setUp(sampleRate_, std::popcount(arrangement_)) ? kResultOk : kInternalError;
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

uint32_t Component::getLatencySamples() { return static_cast<uint32_t>(effect_.latency()); }

uint32_t Component::getTailSamples() { return static_cast<uint32_t>(effect_.tail()); }

Result Component::setupProcessing(ProcessSetup& setup) {
    const std::lock_guard lock(mutex_);
    const bool supported = setup.symbolicSampleSize == kSample32 && setup.sampleRate >= kMinSampleRate &&
                           setup.sampleRate <= kMaxSampleRate;
    sampleRate_ = supported ? setup.sampleRate : 0.0;
    if (!effect_.setUp(sampleRate_, std::popcount(arrangement_)))
        return kInternalError;
    return supported ? kResultOk : kResultFalse;
}

// May come from the audio thread.
Result Component::setProcessing(uint8_t state) {
    const bool before = effect_.processing.exchange(state != 0);
    if (state != 0 && !before) {
        effect_.hearShown();
        effect_.requestReset();
    }
    return kResultOk;
}

/// A block's points, taken in the order of time. They are the corners of a line that begins with the value before the
/// block (ivstparameterchanges.h); a choice has no line, it changes at its points.
class Component::Automation {
public:
    Automation(ParameterChanges* changes, int32_t samples, Effect& effect) noexcept : effect_(effect) {
        const int32_t count = changes != nullptr ? changes->getParameterCount() : 0;
        for (int32_t i = 0; i < count && used_ < queues_.size(); ++i) {
            ParamValueQueue* points = changes->getParameterData(i);
            const int32_t there = points != nullptr ? points->getPointCount() : 0;
            const uint32_t id = there > 0 ? points->getParameterId() : shell::kControlCount;
            if (id >= shell::kControlCount)
                continue;
            // At most a point a sample, whatever the host says there are.
            Queue& queue = queues_[used_++] = {points, id, there - std::min(there, std::max(samples, 1)), there};
            queue.last = {-1, effect.values.get(id) / shell::kControls[id].maximum};
            queue.advance();
        }
    }

    /// Sets what holds from a sample on, or at the end of that on a line; gives the samples for which it does.
    int32_t take(int32_t at, int32_t left) noexcept {
        const auto queues = std::span(queues_).first(used_);
        int32_t count = left;
        for (Queue& queue : queues) {
            bool reached = false;
            for (; queue.next.has_value() && queue.next->sample <= at; queue.advance()) {
                queue.last = *queue.next;
                reached = true;
            }
            if (reached)
                effect_.set(queue.id, queue.last.value);
            if (queue.next.has_value())
                count = std::min({count, kAutomationStep, queue.next->sample - at});
        }
        for (const Queue& queue : queues)
            if (queue.next.has_value() && !shell::isChoice(shell::kControls[queue.id]))
                effect_.set(queue.id, queue.between(at + count - 1));
        return count;
    }

private:
    struct Point {
        int32_t sample;
        double value;
    };
    struct Queue {
        ParamValueQueue* points;
        uint32_t id;
        int32_t index, count;
        Point last{};
        std::optional<Point> next{};

        /// Reads the next point that is one.
        void advance() noexcept {
            next.reset();
            for (Point point{}; index < count && !next.has_value();)
                if (points->getPoint(index++, point.sample, point.value) == kResultOk && point.value >= 0.0 &&
                    point.value <= 1.0)
                    next = point;
        }

        /// The line's value between both.
        double between(int32_t sample) const noexcept {
            const double way = (double{1} * sample - last.sample) / (double{1} * next->sample - last.sample);
            return std::clamp(last.value + way * (next->value - last.value), 0.0, 1.0);
        }
    };
    Effect& effect_;
    std::array<Queue, 2 * shell::kControlCount> queues_;
    std::size_t used_ = 0;
};

Result Component::process(ProcessData& data) {
    Automation automation(data.inputParameterChanges, data.numSamples, effect_);
    const Result result = render(data, automation);
    automation.take(std::numeric_limits<int32_t>::max(), 0);
    return result;
}

Result Component::render(ProcessData& data, Automation& automation) noexcept {
    if (data.numSamples <= 0 || data.numOutputs < 1 || data.outputs == nullptr)
        return kResultOk;
    if (data.symbolicSampleSize != kSample32)
        return kInvalidArgument;

    AudioBusBuffers& out = data.outputs[0];
    shell::Instance::Running* running = effect_.running();
    if (running == nullptr || data.numInputs < 1 || data.inputs == nullptr ||
        !hasChannels(data.inputs[0], running->channels) || !hasChannels(out, running->channels)) {
        clear(out, data.numSamples);
        return running == nullptr ? kNotInitialized : kInvalidArgument;
    }
    std::array<const float*, kMostChannels> from;
    std::array<float*, kMostChannels> to;
    for (int32_t at = 0, count = 0; at < data.numSamples; at += count) {
        count = automation.take(at, data.numSamples - at);
        for (int c = 0; c < running->channels; ++c) {
            from[c] = data.inputs[0].channelBuffers32[c] + at;
            to[c] = out.channelBuffers32[c] + at;
        }
        running->denoiser.process(from.data(), to.data(), count, effect_.controls());
    }
    out.silenceFlags = silentChannels(out, data.numSamples);
    return kResultOk;
}

uint32_t Component::getProcessContextRequirements() { return 0; }

} // namespace deepdenoise::plugin
