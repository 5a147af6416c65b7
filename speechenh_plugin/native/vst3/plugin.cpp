#include "plugin.h"

#include <exception>

namespace deepdenoise::plugin {

using namespace vst3;

Result Plugin::queryInterface(const char* iid, void** object) {
    if (object == nullptr || iid == nullptr)
        return kInvalidArgument;
    *object = nullptr;
    if (sameId(iid, Unknown::iid) || sameId(iid, PluginBase::iid) || sameId(iid, vst3::Component::iid))
        *object = static_cast<vst3::Component*>(this);
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
    try {
        useBestModel();
    } catch (const std::exception&) {
        return kInternalError;
    }
    return kResultOk;
}

Result Plugin::terminate() { return setComponentHandler(nullptr); }

} // namespace deepdenoise::plugin
