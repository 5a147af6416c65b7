// LV2: urn:deepdenoise:mono and urn:deepdenoise:stereo. Their Turtle is written by turtle.py.
#include "lv2.h"

#include "bundled.h"
#include "ported.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

namespace deepdenoise::lv2_plugin {
namespace {

using namespace lv2;

constexpr const char* kModelUri = "urn:deepdenoise:model"; // a state's path of a model that is not in the list

template <class T> T* find(const Feature* const* features, const char* uri) {
    for (; features != nullptr && *features != nullptr; ++features)
        if (std::strcmp((*features)->uri, uri) == 0)
            return static_cast<T*>((*features)->data);
    return nullptr;
}

/// What one instance is.
struct Plugin {
    Plugin(double sampleRate, int channels) : effect(sampleRate, channels, true) {}

    shell::Ported effect;
    bool inList() const { return effect.instance.listed() < shell::lastModel(); }

    Urid modelKey = 0, pathType = 0, stringType = 0; ///< 0 if the host maps no URIs: then there is no state
    std::string custom;                              ///< path of the model that a state brought
};

template <int channels>
Handle instantiate(const Descriptor*, double sampleRate, const char*, const Feature* const* features) {
    try {
        auto* plugin = new Plugin(sampleRate, channels);
        if (const Map* map = find<Map>(features, kMapUri)) {
            plugin->modelKey = map->map(map->handle, kModelUri);
            plugin->pathType = map->map(map->handle, kPathUri);
            plugin->stringType = map->map(map->handle, kStringUri);
        }
        return plugin;
    } catch (const std::exception&) {
        return nullptr;
    }
}

shell::Ported& effect(Handle handle) { return static_cast<Plugin*>(handle)->effect; }

void connectPort(Handle handle, uint32_t port, void* place) {
    effect(handle).connect(port, static_cast<float*>(place));
}

void activate(Handle handle) {
    try {
        effect(handle).activate();
    } catch (const std::exception&) { // no memory for another model or a thread: what was there goes on
    }
}

void run(Handle handle, uint32_t samples) { effect(handle).run(samples); }

void deactivate(Handle handle) { effect(handle).deactivate(); }

void cleanup(Handle handle) { delete static_cast<Plugin*>(handle); }

/// Paths that the host made are the host's to free.
void release(const Feature* const* features, char* path) {
    if (const FreePath* free = find<FreePath>(features, kFreePathUri))
        free->free(free->handle, path);
    else
        std::free(path);
}

Status save(Handle handle, Store store, void* storage, uint32_t, const Feature* const* features) {
    const auto& plugin = *static_cast<Plugin*>(handle);
    if (plugin.modelKey == 0)
        return plugin.inList() ? kSuccess : kNoFeature;
    if (plugin.inList() && !plugin.effect.missesModel()) // a port has it
        return store(storage, plugin.modelKey, "", 1, plugin.stringType, kPod | kPortable);
    const MapPath* map = find<MapPath>(features, kMapPathUri);
    char* path = map != nullptr ? map->abstractPath(map->handle, plugin.custom.c_str()) : nullptr;
    const char* stored = path != nullptr ? path : plugin.custom.c_str();
    const Status status =
        store(storage, plugin.modelKey, stored, std::strlen(stored) + 1, plugin.pathType, kPod | kPortable);
    if (path != nullptr)
        release(features, path);
    return status;
}

Status restore(Handle handle, Retrieve retrieve, void* storage, uint32_t, const Feature* const* features) {
    auto& plugin = *static_cast<Plugin*>(handle);
    if (plugin.modelKey == 0)
        return kNoFeature;
    size_t size = 0;
    Urid type = 0;
    uint32_t flags = 0;
    const auto* value = static_cast<const char*>(retrieve(storage, plugin.modelKey, &size, &type, &flags));
    if (value == nullptr)
        return kSuccess; // a preset, which leaves the model alone
    if (type == plugin.stringType) {
        plugin.effect.forgetModel();
        return kSuccess;
    }
    if (type != plugin.pathType || size == 0 || value[size - 1] != 0)
        return kBadType;
    try {
        const MapPath* map = find<MapPath>(features, kMapPathUri);
        char* path = map != nullptr ? map->absolutePath(map->handle, value) : nullptr;
        std::string name = path != nullptr ? path : value;
        if (path != nullptr)
            release(features, path);
        const std::u8string utf8(name.begin(), name.end());
        plugin.custom = std::move(name); // stays in the session where it cannot be read today
        plugin.effect.missModel();
        if (!plugin.effect.instance.choose(shell::ModelKind::embedded, shell::readFile(utf8)))
            return kUnknownError;
        plugin.effect.keepModel();
        return kSuccess;
    } catch (const std::exception&) {
        return kUnknownError;
    }
}

const void* extensionData(const char* uri) {
    static constexpr StateInterface state{save, restore};
    return std::strcmp(uri, kStateUri) == 0 ? &state : nullptr;
}

template <int channels>
constexpr Descriptor kDescriptor{channels == 1 ? "urn:deepdenoise:mono" : "urn:deepdenoise:stereo",
                                 instantiate<channels>,
                                 connectPort,
                                 activate,
                                 run,
                                 deactivate,
                                 cleanup,
                                 extensionData};

} // namespace
} // namespace deepdenoise::lv2_plugin

LV2_EXPORT const lv2::Descriptor* lv2_descriptor(uint32_t index) {
    using namespace deepdenoise::lv2_plugin;
    return index == 0 ? &kDescriptor<1> : index == 1 ? &kDescriptor<2> : nullptr;
}
