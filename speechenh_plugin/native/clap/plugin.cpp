#include "plugin.h"

#include "extensions.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

namespace deepdenoise::clap_plugin {

using namespace shell;

namespace {

Plugin& self(const clap::Plugin* plugin) { return *static_cast<Plugin*>(plugin->data); }

bool CLAP_CALL init(const clap::Plugin* plugin) { return self(plugin).init(); }
void CLAP_CALL destroy(const clap::Plugin* plugin) { delete &self(plugin); }
bool CLAP_CALL activate(const clap::Plugin* plugin, double sampleRate, uint32_t, uint32_t) {
    return self(plugin).activate(sampleRate);
}
void CLAP_CALL deactivate(const clap::Plugin* plugin) { self(plugin).deactivate(); }
bool CLAP_CALL startProcessing(const clap::Plugin*) { return true; }
void CLAP_CALL stopProcessing(const clap::Plugin*) {}
void CLAP_CALL reset(const clap::Plugin* plugin) { self(plugin).reset(); }
clap::Status CLAP_CALL process(const clap::Plugin* plugin, const clap::Process* data) {
    return data != nullptr ? self(plugin).process(*data) : clap::kError;
}
void CLAP_CALL onMainThread(const clap::Plugin* plugin) { self(plugin).onMainThread(); }

bool hasChannels(const clap::AudioBuffer& buffer, int channels) {
    return buffer.channelCount == static_cast<uint32_t>(channels) && buffer.data32 != nullptr &&
           std::none_of(buffer.data32, buffer.data32 + channels, [](const float* data) { return data == nullptr; });
}

void clear(clap::AudioBuffer& buffer, uint32_t frames) {
    for (uint32_t channel = 0; buffer.data32 != nullptr && channel < buffer.channelCount; ++channel)
        if (float* data = buffer.data32[channel])
            std::fill_n(data, frames, 0.0f);
}

} // namespace

Plugin::Plugin(const clap::Host* host)
    : table_{&kDescriptor,
             this,
             clap_plugin::init,
             destroy,
             clap_plugin::activate,
             clap_plugin::deactivate,
             startProcessing,
             stopProcessing,
             clap_plugin::reset,
             clap_plugin::process,
             extension,
             clap_plugin::onMainThread},
      host_(host) {}

bool Plugin::init() {
    try {
        instance_.useBestModel();
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

bool Plugin::activate(double sampleRate) {
    try {
        active_ = false;
        onMainThread();
        const bool fits = instance_.setUp(sampleRate, channels_) && instance_.latency() > 0;
        instance_.requestReset();
        const auto* told = static_cast<const clap::HostLatency*>(host_->getExtension(host_, clap::kLatencyId));
        if (const int latency = instance_.latency(); std::exchange(latency_, latency) != latency && told != nullptr)
            told->changed(host_);
        active_ = fits;
        return fits;
    } catch (const std::exception&) {
        return false;
    }
}

void Plugin::deactivate() { active_ = false; }

bool Plugin::selectChannels(int channels) {
    if (active_ || channels < 1 || channels > 2)
        return false;
    channels_ = channels;
    return true;
}

double Plugin::value(uint32_t param) const {
    if (param < kControlCount)
        return instance_.values.get(param);
    const int wanted = wantedModel_.load(std::memory_order_relaxed);
    return wanted >= 0 ? wanted : instance_.listed();
}

void Plugin::take(const clap::EventHeader* event) noexcept {
    if (event == nullptr || event->space != clap::kCoreSpace || event->type != clap::kParamValue ||
        event->size < sizeof(clap::ParamValueEvent))
        return;
    const auto& change = *reinterpret_cast<const clap::ParamValueEvent*>(event);
    if (change.param < kControlCount) {
        instance_.values.set(change.param, change.value); // a value out of range changes nothing
    } else if (change.param == kModel && change.value >= 0.0 && change.value <= lastModel()) {
        wantedModel_.store(static_cast<int>(std::lround(change.value)), std::memory_order_relaxed);
        host_->requestCallback(host_);
    }
}

void Plugin::takeEvents(const clap::InputEvents* events) noexcept {
    const uint32_t count = events != nullptr ? events->size(events) : 0;
    for (uint32_t i = 0; i < count; ++i)
        take(events->get(events, i));
}

clap::Status Plugin::process(const clap::Process& process) noexcept {
    if (process.outputCount < 1 || process.outputs == nullptr) {
        takeEvents(process.inEvents);
        return clap::kContinue;
    }
    const clap::Status status = render(process);
    if (status == clap::kError)
        clear(process.outputs[0], process.frames);
    return status;
}

/// Events count from the sample that they name; the host sends them in the order of time.
clap::Status Plugin::render(const clap::Process& process) noexcept {
    const clap::InputEvents* events = process.inEvents;
    const uint32_t count = events != nullptr ? events->size(events) : 0;
    uint32_t next = 0; // of the events
    /// Takes those up to a sample; gives the time of the next one.
    const auto takeUntil = [&](uint32_t sample) {
        for (; next < count; ++next) {
            const clap::EventHeader* event = events->get(events, next);
            if (event != nullptr && event->time > sample)
                return std::min(event->time, process.frames);
            take(event);
        }
        return process.frames;
    };
    bool ready = process.inputCount >= 1 && process.inputs != nullptr && hasChannels(process.inputs[0], channels_) &&
                 hasChannels(process.outputs[0], channels_);
    for (uint32_t at = 0; ready && at < process.frames;) {
        const uint32_t until = takeUntil(at);
        std::array<const float*, 2> from{};
        std::array<float*, 2> to{};
        for (int c = 0; c < channels_; ++c) {
            from[c] = process.inputs[0].data32[c] + at;
            to[c] = process.outputs[0].data32[c] + at;
        }
        ready = instance_.process(from.data(), to.data(), channels_, static_cast<int>(until - at));
        at = until;
    }
    takeUntil(0xFFFFFFFF);
    process.outputs[0].constantMask = 0;
    return ready ? clap::kContinue : clap::kError;
}

/// Loads the model that an event asked for.
void Plugin::onMainThread() {
    const int wanted = wantedModel_.exchange(-1, std::memory_order_relaxed);
    if (wanted < 0)
        return;
    try {
        if (const auto changes = instance_.chooseListed(wanted))
            changed({.values = false, .latency = changes->latency}); // the host knows that value already
        else
            changed({.values = true, .latency = false}); // the host shows again what is in use
    } catch (const std::exception&) {                    // no memory: the present one stays
        changed({.values = true, .latency = false});
    }
}

/// A host may hear of another latency only while it activates the plug-in.
void Plugin::changed(Changes changes) {
    const auto* params = static_cast<const clap::HostParams*>(host_->getExtension(host_, clap::kParamsId));
    if (changes.values && params != nullptr)
        params->rescan(host_, clap::kRescanValues);
    if (changes.latency && active_)
        host_->requestRestart(host_);
}

bool Plugin::save(const clap::OutputStream& stream) {
    onMainThread(); // the model that an event asked for may still be to come
    const auto bytes = packState(instance_.state());
    for (size_t done = 0; done < bytes.size();) {
        const int64_t count = stream.write(&stream, bytes.data() + done, bytes.size() - done);
        if (count <= 0 || static_cast<uint64_t>(count) > bytes.size() - done)
            return false;
        done += static_cast<size_t>(count);
    }
    return true;
}

bool Plugin::load(const clap::InputStream& stream) {
    const auto bytes = readAll(
        [&stream](void* target, int64_t size) { return stream.read(&stream, target, static_cast<uint64_t>(size)); });
    const auto state = bytes ? unpackState(*bytes) : std::nullopt;
    wantedModel_.store(-1, std::memory_order_relaxed); // the state says which
    if (!state)
        return false;
    const Loaded loaded = instance_.setState(*state);
    changed(loaded.changes);
    return loaded.model;
}

} // namespace deepdenoise::clap_plugin
