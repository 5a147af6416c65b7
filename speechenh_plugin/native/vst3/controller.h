// The side of the plug-in that shows parameters.
#pragma once

#include "effect.h"
#include "vst3.h"

#include <mutex>

namespace deepdenoise::plugin {

/// The controls, by their ids, and after them the list of models.
class Controller : public vst3::EditController {
public:
    using Result = vst3::Result;

    explicit Controller(Effect& effect) : effect_(effect) {}

    Result VST3_CALL setComponentState(vst3::Stream* state) override;
    Result VST3_CALL setControllerState(vst3::Stream* state) override;
    Result VST3_CALL getControllerState(vst3::Stream* state) override;
    int32_t VST3_CALL getParameterCount() override;
    Result VST3_CALL getParameterInfo(int32_t index, vst3::ParameterInfo& info) override;
    Result VST3_CALL getParamStringByValue(uint32_t id, double value, char16_t* string) override;
    Result VST3_CALL getParamValueByString(uint32_t id, char16_t* string, double& value) override;
    double VST3_CALL normalizedParamToPlain(uint32_t id, double value) override;
    double VST3_CALL plainParamToNormalized(uint32_t id, double value) override;
    double VST3_CALL getParamNormalized(uint32_t id) override;
    Result VST3_CALL setParamNormalized(uint32_t id, double value) override;
    Result VST3_CALL setComponentHandler(vst3::ComponentHandler* handler) override;
    void* VST3_CALL createView(const char* name) override;

    /// Tells the host what has changed.
    void notify(shell::Changes changes);

protected:
    ~Controller();

private:
    Effect& effect_;
    std::mutex mutex_; ///< guards the rest
    vst3::ComponentHandler* handler_ = nullptr;
};

} // namespace deepdenoise::plugin
