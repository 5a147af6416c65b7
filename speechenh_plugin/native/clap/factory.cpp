// What the library exports: the entry point and the factory of the one plug-in.
#include "plugin.h"

#include <cstring>
#include <exception>

namespace deepdenoise::clap_plugin {
namespace {

constexpr const char* kFeatures[] = {"audio-effect", "restoration", "mono", "stereo", nullptr};

} // namespace

const clap::Descriptor kDescriptor{
    clap::kVersion,      "deepdenoise.deepdenoise",    "DeepDenoise", "DeepDenoise", "", "", "",
    DEEPDENOISE_VERSION, "Removes noise from speech.", kFeatures};

namespace {

uint32_t CLAP_CALL count(const clap::Factory*) { return 1; }

const clap::Descriptor* CLAP_CALL descriptor(const clap::Factory*, uint32_t index) {
    return index == 0 ? &kDescriptor : nullptr;
}

const clap::Plugin* CLAP_CALL create(const clap::Factory*, const clap::Host* host, const char* id) {
    if (host == nullptr || id == nullptr || std::strcmp(id, kDescriptor.id) != 0)
        return nullptr;
    try {
        return (new Plugin(host))->table();
    } catch (const std::exception&) {
        return nullptr;
    }
}

bool CLAP_CALL init(const char*) { return true; }
void CLAP_CALL deinit() {}

const void* CLAP_CALL getFactory(const char* id) {
    static constexpr clap::Factory factory{count, descriptor, create};
    return id != nullptr && std::strcmp(id, clap::kFactoryId) == 0 ? &factory : nullptr;
}

} // namespace
} // namespace deepdenoise::clap_plugin

CLAP_EXPORT const clap::Entry clap_entry;
const clap::Entry clap_entry{clap::kVersion, deepdenoise::clap_plugin::init, deepdenoise::clap_plugin::deinit,
                             deepdenoise::clap_plugin::getFactory};
