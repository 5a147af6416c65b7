#include "plugin.h"

#include "bundle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace deepdenoise::plugin {

using namespace vst3;

namespace {

/// Samples that the engine takes at once. Fixed, so that a host that grows its blocks keeps the stream.
constexpr int kEngineBlock = 8192;

void copyText(std::string_view text, String128& target) {
    const size_t size = std::min<size_t>(text.size(), 127);
    std::copy_n(text.begin(), size, target);
    target[size] = 0;
}

/// ASCII of a host's text; other characters become '?', which no parameter's text holds.
std::string plainText(const char16_t* text) {
    std::string result;
    for (; *text != 0 && result.size() < 127; ++text)
        result += *text < 128 ? static_cast<char>(*text) : '?';
    return result;
}

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

constexpr const char* kCustom = "custom"; // how the list of models calls one that a state brought

/// Text of an entry of the list of models.
std::string modelText(int32_t index) {
    const auto& names = bundledModels();
    return index < static_cast<int32_t>(names.size()) ? names[index] : kCustom;
}

/// Entries of the list of models, less one: the bundled ones and the custom one.
int32_t lastModel() { return static_cast<int32_t>(bundledModels().size()); }

/// The entry that a normalised value of a list means; the first for what is no value in 0..1.
int32_t entry(double value, int32_t last) {
    return value >= 0.0 && value <= 1.0 ? std::min(last, static_cast<int32_t>(value * (last + 1))) : 0;
}

double entryValue(double index, int32_t last) { return last > 0 ? index / last : 0.0; }

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

Plugin::~Plugin() { setHandler(nullptr); }

Result Plugin::queryInterface(const char* iid, void** object) {
    if (object == nullptr || iid == nullptr)
        return kInvalidArgument;
    *object = nullptr;
    if (sameId(iid, Unknown::iid) || sameId(iid, PluginBase::iid) || sameId(iid, Component::iid))
        *object = static_cast<Component*>(this);
    else if (sameId(iid, AudioProcessor::iid))
        *object = static_cast<AudioProcessor*>(this);
    else if (sameId(iid, ProcessContextRequirements::iid))
        *object = static_cast<ProcessContextRequirements*>(this);
    else if (sameId(iid, EditController::iid))
        *object = static_cast<EditController*>(this);
    else
        return kNoInterface;
    addRef();
    return kResultOk;
}

uint32_t Plugin::addRef() { return ++references_; }

uint32_t Plugin::release() {
    const uint32_t left = --references_;
    if (left == 0)
        delete this;
    return left;
}

// Called once for the component and, by some hosts, once more for the controller.
Result Plugin::initialize(Unknown*) {
    const std::lock_guard lock(mutex_);
    if (choice_.model != nullptr)
        return kResultOk;
    try {
        if (!bundledModels().empty()) // else a state may bring one
            choose(State::ModelKind::bundled, bundledModels().front());
    } catch (const std::exception&) {
        return kInternalError;
    }
    return kResultOk;
}

Result Plugin::terminate() {
    setHandler(nullptr);
    return kResultOk;
}

// --- component -------------------------------------------------------------------------------------------

Result Plugin::getControllerClassId(char*) { return kNotImplemented; } // this object is the controller

Result Plugin::setIoMode(int32_t) { return kNotImplemented; }

int32_t Plugin::getBusCount(int32_t type, int32_t direction) { return isMainBus(type, direction, 0) ? 1 : 0; }

Result Plugin::getBusInfo(int32_t type, int32_t direction, int32_t index, BusInfo& info) {
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

Result Plugin::getRoutingInfo(RoutingInfo&, RoutingInfo&) { return kNotImplemented; }

Result Plugin::activateBus(int32_t type, int32_t direction, int32_t index, uint8_t) {
    return isMainBus(type, direction, index) ? kResultOk : kInvalidArgument;
}

Result Plugin::setActive(uint8_t state) {
    const std::lock_guard lock(mutex_);
    if (state != 0 && !active_)
        reset_ = true;
    active_ = state != 0;
    return kResultOk;
}

Result Plugin::setState(Stream* stream) {
    if (stream == nullptr)
        return kInvalidArgument;
    try {
        const std::optional<State> state = readState(*stream);
        if (!state)
            return kResultFalse;
        int32_t changes = 0;
        {
            const std::lock_guard lock(mutex_);
            const int oldLatency = latency(), oldListed = listed();
            if (!choose(state->kind, state->model))
                return kResultFalse;
            changes |= latency() != oldLatency ? kLatencyChanged : 0;
            changes |= listed() != oldListed ? kParamValuesChanged : 0;
        }
        for (uint32_t id = 0; id < kParameterCount; ++id) {
            if (state->values[id] != values_.get(id))
                changes |= kParamValuesChanged;
            values_.set(id, state->values[id]);
        }
        notify(changes);
        return kResultOk;
    } catch (const std::exception&) {
        return kInternalError;
    }
}

Result Plugin::getState(Stream* stream) {
    if (stream == nullptr)
        return kInvalidArgument;
    try {
        const std::lock_guard lock(mutex_);
        State state{{}, choice_.kind, choice_.source};
        for (uint32_t id = 0; id < kParameterCount; ++id)
            state.values[id] = values_.get(id);
        return writeState(state, *stream) ? kResultOk : kResultFalse;
    } catch (const std::exception&) {
        return kInternalError;
    }
}

/// A block's points, taken in the order of time: the stream does not depend on how the host cuts it.
class Plugin::Automation {
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
    void apply(int32_t sample, Values& values) noexcept {
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
    std::array<Queue, 2 * (kParameterCount + 1)> queues_;
    std::size_t used_ = 0;
};

// --- processor -------------------------------------------------------------------------------------------

Result Plugin::setBusArrangements(SpeakerArrangement* inputs, int32_t numInputs, SpeakerArrangement* outputs,
                                  int32_t numOutputs) {
    if (numInputs < 0 || numOutputs < 0)
        return kInvalidArgument;
    if (numInputs != 1 || numOutputs != 1 || inputs == nullptr || outputs == nullptr)
        return kResultFalse;
    if (inputs[0] != outputs[0] || inputs[0] == 0)
        return kResultFalse;
    const std::lock_guard lock(mutex_);
    arrangement_ = inputs[0];
    return prepare() == kInternalError ? kInternalError : kResultOk;
}

Result Plugin::getBusArrangement(int32_t direction, int32_t index, SpeakerArrangement& arrangement) {
    if (!isMainBus(kAudio, direction, index))
        return kInvalidArgument;
    const std::lock_guard lock(mutex_);
    arrangement = arrangement_;
    return kResultOk;
}

Result Plugin::canProcessSampleSize(int32_t symbolicSampleSize) {
    return symbolicSampleSize == kSample32 ? kResultOk : kResultFalse;
}

uint32_t Plugin::getLatencySamples() {
    const std::lock_guard lock(mutex_);
    return static_cast<uint32_t>(latency());
}

uint32_t Plugin::getTailSamples() {
    const std::lock_guard lock(mutex_);
    return choice_.model != nullptr && sampleRate_ != 0.0 ? Denoiser::tail(*choice_.model, sampleRate_) : 0;
}

Result Plugin::setupProcessing(ProcessSetup& setup) {
    const std::lock_guard lock(mutex_);
    const bool supported = setup.symbolicSampleSize == kSample32 && setup.sampleRate >= kMinSampleRate &&
                           setup.sampleRate <= kMaxSampleRate;
    sampleRate_ = supported ? setup.sampleRate : 0.0;
    const Result result = prepare();
    return supported ? result : kResultFalse;
}

// May come from the audio thread.
Result Plugin::setProcessing(uint8_t state) {
    const bool before = processing_.exchange(state != 0);
    if (state != 0 && !before)
        reset_ = true;
    return kResultOk;
}

Result Plugin::process(ProcessData& data) {
    Automation automation(data.inputParameterChanges, data.numSamples);
    const Result result = render(data, automation);
    automation.apply(std::numeric_limits<int32_t>::max(), values_);
    return result;
}

Result Plugin::render(ProcessData& data, Automation& automation) noexcept {
    if (data.numSamples <= 0 || data.numOutputs < 1 || data.outputs == nullptr)
        return kResultOk;
    if (data.symbolicSampleSize != kSample32)
        return kInvalidArgument;

    AudioBusBuffers& out = data.outputs[0];
    Voice* voice = ready_ ? voice_.current() : nullptr;
    if (voice == nullptr || data.numInputs < 1 || data.inputs == nullptr ||
        !hasChannels(data.inputs[0], voice->channels) || !hasChannels(out, voice->channels)) {
        clear(out, data.numSamples);
        return voice == nullptr ? kNotInitialized : kInvalidArgument;
    }
    if (reset_.exchange(false))
        voice->denoiser.reset();
    std::array<const float*, kMostChannels> from;
    std::array<float*, kMostChannels> to;
    for (int32_t at = 0, count = 0; at < data.numSamples; at += count) {
        automation.apply(at, values_);
        count = std::min(data.numSamples - at, automation.finished() ? data.numSamples : kAutomationStep);
        for (int c = 0; c < voice->channels; ++c) {
            from[c] = data.inputs[0].channelBuffers32[c] + at;
            to[c] = out.channelBuffers32[c] + at;
        }
        voice->denoiser.process(from.data(), to.data(), count, controls());
    }
    out.silenceFlags = silentChannels(out, data.numSamples);
    return kResultOk;
}

uint32_t Plugin::getProcessContextRequirements() { return 0; }

/// Takes up another model; false, and nothing changes, if it is not to be had or not usable.
bool Plugin::choose(State::ModelKind kind, const std::string& source) {
    if (kind == choice_.kind && source == choice_.source && choice_.model != nullptr)
        return true;
    const bool bundled = kind == State::ModelKind::bundled;
    if (bundled && source.empty())
        return true; // the state of an instance without a model: what is in use stays
    auto model = bundled ? bundledModel(source) : loadModel(std::as_bytes(std::span(source))).model;
    if (model == nullptr)
        return false;
    try {
        Denoiser(model, kMinSampleRate, 1, 1);
    } catch (const std::invalid_argument&) { // a bare graph, without a front end
        return false;
    }
    Choice before = std::exchange(choice_, {kind, source, std::move(model)});
    if (prepare() == kInternalError) { // not enough memory for these channels
        choice_ = std::move(before);
        prepare();
        return false;
    }
    if (!bundled)
        custom_ = source;
    return true;
}

/// Takes up the model that a value of the list means.
Result Plugin::chooseListed(double value) {
    if (!(value >= 0.0 && value <= 1.0))
        return kInvalidArgument;
    const int32_t index = entry(value, lastModel());
    const bool bundled = index < lastModel();
    int32_t changes = 0;
    bool chosen = false;
    try {
        const std::lock_guard lock(mutex_);
        const int oldLatency = latency();
        chosen = choose(bundled ? State::ModelKind::bundled : State::ModelKind::embedded,
                        bundled ? modelText(index) : std::string(custom_));
        changes |= latency() != oldLatency ? kLatencyChanged : 0;
    } catch (const std::exception&) {
        return kInternalError;
    }
    notify(chosen ? changes : kParamValuesChanged); // if not, the host shows again what is in use
    return chosen ? kResultOk : kResultFalse;
}

/// The present model's entry in the list.
int32_t Plugin::listed() const {
    if (choice_.kind == State::ModelKind::embedded)
        return lastModel();
    const auto& names = bundledModels();
    return static_cast<int32_t>(std::find(names.begin(), names.end(), choice_.source) - names.begin());
}

/// Tells the host what a new state has changed.
void Plugin::notify(int32_t changes) {
    ComponentHandler* handler = nullptr;
    {
        const std::lock_guard lock(mutex_);
        handler = handler_;
        if (changes == 0 || handler == nullptr)
            return;
        handler->addRef();
    }
    handler->restartComponent(changes); // the host may call back from here
    handler->release();
}

/// Makes a denoiser for the present model, rate and channels, unless the one in use already fits.
Result Plugin::prepare() {
    const Setup setup{choice_.model, sampleRate_, std::popcount(arrangement_)};
    if (setup.model == nullptr || setup.sampleRate == 0.0) {
        ready_ = false;
        return kNotInitialized;
    }
    if (setup != prepared_) {
        try {
            voice_.publish({setup.channels, Denoiser(setup.model, setup.sampleRate, setup.channels, kEngineBlock)});
        } catch (const std::exception&) {
            ready_ = false;
            return kInternalError;
        }
        prepared_ = setup;
    }
    ready_ = true;
    return kResultOk;
}

int Plugin::latency() const {
    return choice_.model != nullptr && sampleRate_ != 0.0 ? Denoiser::latency(*choice_.model, sampleRate_) : 0;
}

Controls Plugin::controls() const noexcept {
    const bool bypass = values_.get(kBypass) != 0.0;
    const double limit = values_.get(kReductionLimit);
    return {.strength = bypass ? 0.0f : static_cast<float>(values_.get(kStrength) / 100.0),
            .reductionLimitDb = limit < kReductionLimitOffDb ? static_cast<float>(limit) : kNoLimit,
            .stereoLink = values_.get(kStereoLink) != 0.0,
            .listenRemoved = !bypass && values_.get(kListen) != 0.0};
}

// --- controller ------------------------------------------------------------------------------------------

Result Plugin::setComponentState(Stream* state) { return state != nullptr ? kResultOk : kInvalidArgument; }

// The component's state holds everything.
Result Plugin::setControllerState(Stream*) { return kResultOk; }
Result Plugin::getControllerState(Stream*) { return kResultOk; }

int32_t Plugin::getParameterCount() { return kParameterCount + 1; }

Result Plugin::getParameterInfo(int32_t index, ParameterInfo& info) {
    if (index < 0 || index > static_cast<int32_t>(kModel))
        return kInvalidArgument;
    info = {};
    info.id = static_cast<uint32_t>(index);
    if (info.id == kModel) {
        copyText("Model", info.title);
        copyText("Model", info.shortTitle);
        info.stepCount = lastModel();
        info.flags = ParameterInfo::kIsList;
        return kResultOk;
    }
    const Parameter& parameter = kParameters[info.id];
    copyText(parameter.title, info.title);
    copyText(parameter.shortTitle, info.shortTitle);
    copyText(parameter.unit, info.units);
    info.stepCount = isChoice(parameter) ? 1 : 0;
    info.defaultNormalizedValue = parameter.initial / parameter.maximum;
    info.flags = ParameterInfo::kCanAutomate;
    if (info.id == kListen)
        info.flags |= ParameterInfo::kIsList;
    if (info.id == kBypass)
        info.flags |= ParameterInfo::kIsBypass;
    return kResultOk;
}

Result Plugin::getParamStringByValue(uint32_t id, double value, char16_t* string) {
    if (id > kModel || string == nullptr || !(value >= 0.0 && value <= 1.0))
        return kInvalidArgument;
    copyText(id == kModel ? modelText(entry(value, lastModel()))
                          : toText(kParameters[id], value * kParameters[id].maximum),
             *reinterpret_cast<String128*>(string));
    return kResultOk;
}

Result Plugin::getParamValueByString(uint32_t id, char16_t* string, double& value) {
    if (id > kModel || string == nullptr)
        return kInvalidArgument;
    const std::string text = plainText(string);
    if (id == kModel) {
        for (int32_t index = 0; index <= lastModel(); ++index)
            if (text == modelText(index)) {
                value = entryValue(index, lastModel());
                return kResultOk;
            }
        return kResultFalse;
    }
    const auto plain = fromText(kParameters[id], text);
    if (!plain)
        return kResultFalse;
    value = *plain / kParameters[id].maximum;
    return kResultOk;
}

double Plugin::normalizedParamToPlain(uint32_t id, double value) {
    if (id == kModel)
        return entry(value, lastModel());
    return id < kParameterCount ? value * kParameters[id].maximum : value;
}

double Plugin::plainParamToNormalized(uint32_t id, double value) {
    if (id == kModel)
        return entryValue(value, lastModel());
    return id < kParameterCount ? value / kParameters[id].maximum : value;
}

double Plugin::getParamNormalized(uint32_t id) {
    if (id == kModel) {
        const std::lock_guard lock(mutex_);
        return entryValue(listed(), lastModel());
    }
    return id < kParameterCount ? values_.get(id) / kParameters[id].maximum : 0.0;
}

Result Plugin::setParamNormalized(uint32_t id, double value) {
    if (id == kModel)
        return chooseListed(value);
    return values_.setNormalised(id, value) ? kResultOk : kInvalidArgument;
}

Result Plugin::setComponentHandler(ComponentHandler* handler) {
    setHandler(handler);
    return kResultOk;
}

void* Plugin::createView(const char*) { return nullptr; } // hosts show their own sliders

void Plugin::setHandler(ComponentHandler* handler) {
    if (handler != nullptr)
        handler->addRef();
    {
        const std::lock_guard lock(mutex_);
        std::swap(handler_, handler);
    }
    if (handler != nullptr)
        handler->release();
}

} // namespace deepdenoise::plugin
