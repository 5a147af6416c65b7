// The plug-in object: component and controller in one.
#pragma once

#include "component.h"
#include "controller.h"

#include <atomic>

namespace deepdenoise::plugin {

/// The effect is a base, so that it lives before and after what refers to it.
class Plugin final : private Effect, public Component, public Controller {
public:
    using Result = vst3::Result;

    Plugin() : Component(static_cast<Effect&>(*this)), Controller(static_cast<Effect&>(*this)) {}

    Result VST3_CALL queryInterface(const char* iid, void** object) override;
    uint32_t VST3_CALL addRef() override;
    uint32_t VST3_CALL release() override;
    Result VST3_CALL initialize(vst3::Unknown* context) override;
    Result VST3_CALL terminate() override;

private:
    ~Plugin() = default;
    void stateChanged(shell::Changes changes) override;

    std::atomic<uint32_t> references_{1};
    std::atomic<bool> quiet_{false}; ///< the host is not to be told of a state while it sets it
};

} // namespace deepdenoise::plugin
