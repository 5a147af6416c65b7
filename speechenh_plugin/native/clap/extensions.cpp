#include "extensions.h"

#include "plugin.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

namespace deepdenoise::clap_plugin {

using namespace shell;

namespace {

Plugin& self(const clap::Plugin* plugin) { return *static_cast<Plugin*>(plugin->data); }

/// Cut to what fits, with its closing zero.
void copyText(std::string_view text, char* target, size_t size) {
    const size_t count = std::min(text.size(), size - 1);
    std::copy_n(text.begin(), count, target);
    target[count] = 0;
}

// --- ports

constexpr const char* kPortTypes[] = {"mono", "stereo"};
constexpr const char* kConfigNames[] = {"Mono", "Stereo"};

uint32_t CLAP_CALL portCount(const clap::Plugin*, bool) { return 1; }

bool CLAP_CALL port(const clap::Plugin* plugin, uint32_t index, bool input, clap::AudioPortInfo* info) {
    if (index != 0 || info == nullptr)
        return false;
    *info = {};
    copyText(input ? "Input" : "Output", info->name, sizeof info->name);
    info->flags = clap::kMainPort;
    info->channelCount = static_cast<uint32_t>(self(plugin).channels());
    info->type = kPortTypes[info->channelCount - 1];
    info->inPlacePair = 0; // the port of the other direction
    return true;
}

uint32_t CLAP_CALL configCount(const clap::Plugin*) { return 2; }

/// Its id is the number of channels.
bool CLAP_CALL config(const clap::Plugin*, uint32_t index, clap::AudioPortsConfigInfo* info) {
    if (index > 1 || info == nullptr)
        return false;
    *info = {};
    info->id = index + 1;
    copyText(kConfigNames[index], info->name, sizeof info->name);
    info->inputPorts = info->outputPorts = 1;
    info->hasMainInput = info->hasMainOutput = true;
    info->mainInputChannels = info->mainOutputChannels = index + 1;
    info->mainInputType = info->mainOutputType = kPortTypes[index];
    return true;
}

bool CLAP_CALL selectConfig(const clap::Plugin* plugin, uint32_t id) {
    return id >= 1 && id <= 2 && self(plugin).selectChannels(static_cast<int>(id));
}

// --- parameters

uint32_t CLAP_CALL paramCount(const clap::Plugin*) { return kControlCount + 1; }

bool CLAP_CALL paramInfo(const clap::Plugin*, uint32_t index, clap::ParamInfo* info) {
    if (index > kControlCount || info == nullptr)
        return false;
    *info = {};
    info->id = index == kControlCount ? kModel : index;
    if (info->id == kModel) {
        info->flags = clap::kStepped | clap::kEnum; // loading takes time: nothing to automate
        copyText(kModelTitle, info->name, sizeof info->name);
        info->maximum = lastModel();
        return true;
    }
    const Control& control = kControls[index];
    info->flags = clap::kAutomatable;
    if (isChoice(control))
        info->flags |= clap::kStepped | (index == kBypass ? clap::kIsBypass : clap::kEnum);
    copyText(control.title, info->name, sizeof info->name);
    info->maximum = control.maximum;
    info->initial = control.initial;
    return true;
}

bool CLAP_CALL paramValue(const clap::Plugin* plugin, uint32_t id, double* value) {
    if (!isParameter(id) || value == nullptr)
        return false;
    *value = self(plugin).value(id);
    return true;
}

bool CLAP_CALL valueToText(const clap::Plugin*, uint32_t id, double value, char* text, uint32_t size) {
    if (!isParameter(id) || text == nullptr || size == 0)
        return false;
    if (!(value >= 0.0 && value <= (id == kModel ? lastModel() : kControls[id].maximum)))
        return false;
    copyText(id == kModel ? modelText(static_cast<int>(value + 0.5)) : toText(kControls[id], value), text, size);
    return true;
}

bool CLAP_CALL textToValue(const clap::Plugin*, uint32_t id, const char* text, double* value) {
    if (!isParameter(id) || text == nullptr || value == nullptr)
        return false;
    if (id == kModel) {
        for (int entry = 0; entry <= lastModel(); ++entry)
            if (modelText(entry) == text) {
                *value = entry;
                return true;
            }
        return false;
    }
    const auto plain = fromText(kControls[id], text);
    if (plain)
        *value = *plain;
    return plain.has_value();
}

void CLAP_CALL flush(const clap::Plugin* plugin, const clap::InputEvents* in, const clap::OutputEvents*) {
    self(plugin).takeEvents(in);
}

// --- state, latency, tail

bool CLAP_CALL save(const clap::Plugin* plugin, const clap::OutputStream* stream) {
    try {
        return stream != nullptr && self(plugin).save(*stream);
    } catch (const std::exception&) {
        return false;
    }
}

bool CLAP_CALL load(const clap::Plugin* plugin, const clap::InputStream* stream) {
    try {
        return stream != nullptr && self(plugin).load(*stream);
    } catch (const std::exception&) {
        return false;
    }
}

uint32_t CLAP_CALL latency(const clap::Plugin* plugin) { return static_cast<uint32_t>(self(plugin).latency()); }

uint32_t CLAP_CALL tail(const clap::Plugin* plugin) { return static_cast<uint32_t>(self(plugin).tail()); }

} // namespace

const void* CLAP_CALL extension(const clap::Plugin*, const char* id) {
    static constexpr clap::AudioPorts audioPorts{portCount, port};
    static constexpr clap::AudioPortsConfig audioPortsConfig{configCount, config, selectConfig};
    static constexpr clap::Params params{paramCount, paramInfo, paramValue, valueToText, textToValue, flush};
    static constexpr clap::State state{save, load};
    static constexpr clap::Latency latencies{latency};
    static constexpr clap::Tail tails{tail};
    static constexpr struct {
        const char* id;
        const void* table;
    } known[] = {{clap::kAudioPortsId, &audioPorts}, {clap::kAudioPortsConfigId, &audioPortsConfig},
                 {clap::kParamsId, &params},         {clap::kStateId, &state},
                 {clap::kLatencyId, &latencies},     {clap::kTailId, &tails}};
    for (const auto& [name, table] : known)
        if (id != nullptr && std::strcmp(id, name) == 0)
            return table;
    return nullptr;
}

} // namespace deepdenoise::clap_plugin
