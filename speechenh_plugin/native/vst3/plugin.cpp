#include "plugin.h"

#include <exception>
#include <iterator>
#include <string_view>

namespace deepdenoise::plugin {

using namespace vst3;

namespace {

bool hostIs(Unknown* context, std::u16string_view name) {
    void* found = nullptr;
    if (context == nullptr || context->queryInterface(HostApplication::iid.bytes, &found) != kResultOk ||
        found == nullptr)
        return false;
    auto* host = static_cast<HostApplication*>(found);
    String128 told{};
    const bool named = host->getName(told) == kResultOk;
    host->release();
    told[std::size(told) - 1] = 0;
    return named && std::u16string_view(told).starts_with(name);
}

} // namespace

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
Result Plugin::initialize(Unknown* context) {
    // Ardour 7.3 waits for itself when it is told of values while it sets a state; it reads them afterwards.
    quiet_ = quiet_ || hostIs(context, u"Ardour");
    try {
        useBestModel();
    } catch (const std::exception&) {
        return kInternalError;
    }
    return kResultOk;
}

void Plugin::stateChanged(shell::Changes changes) {
    if (!quiet_)
        notify(changes);
}

Result Plugin::terminate() { return setComponentHandler(nullptr); }

} // namespace deepdenoise::plugin
