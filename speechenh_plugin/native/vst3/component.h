// The side of the plug-in that processes sound and holds the state.
#pragma once

#include "effect.h"
#include "vst3.h"

#include <mutex>

namespace deepdenoise::plugin {

/// One main bus in, one out, of any and equal numbers of channels. `process` may run beside everything else.
class Component : public vst3::Component, public vst3::AudioProcessor, public vst3::ProcessContextRequirements {
public:
    using Result = vst3::Result;

    explicit Component(Effect& effect) : effect_(effect) {}

    Result VST3_CALL getControllerClassId(char* classId) override;
    Result VST3_CALL setIoMode(int32_t mode) override;
    int32_t VST3_CALL getBusCount(int32_t type, int32_t direction) override;
    Result VST3_CALL getBusInfo(int32_t type, int32_t direction, int32_t index, vst3::BusInfo& info) override;
    Result VST3_CALL getRoutingInfo(vst3::RoutingInfo& in, vst3::RoutingInfo& out) override;
    Result VST3_CALL activateBus(int32_t type, int32_t direction, int32_t index, uint8_t state) override;
    Result VST3_CALL setActive(uint8_t state) override;
    Result VST3_CALL setState(vst3::Stream* state) override;
    Result VST3_CALL getState(vst3::Stream* state) override;

    Result VST3_CALL setBusArrangements(vst3::SpeakerArrangement* inputs, int32_t numInputs,
                                        vst3::SpeakerArrangement* outputs, int32_t numOutputs) override;
    Result VST3_CALL getBusArrangement(int32_t direction, int32_t index,
                                       vst3::SpeakerArrangement& arrangement) override;
    Result VST3_CALL canProcessSampleSize(int32_t symbolicSampleSize) override;
    uint32_t VST3_CALL getLatencySamples() override;
    Result VST3_CALL setupProcessing(vst3::ProcessSetup& setup) override;
    Result VST3_CALL setProcessing(uint8_t state) override;
    Result VST3_CALL process(vst3::ProcessData& data) override;
    uint32_t VST3_CALL getTailSamples() override;

    uint32_t VST3_CALL getProcessContextRequirements() override;

protected:
    ~Component() = default;
    virtual void stateChanged(shell::Changes changes) = 0;

private:
    class Automation;
    Result render(vst3::ProcessData& data, Automation& automation) noexcept;

    Effect& effect_;
    std::mutex mutex_; ///< guards the rest; `process` never takes it
    double sampleRate_ = 0.0;
    vst3::SpeakerArrangement arrangement_ = vst3::kStereo;
    bool active_ = false;
};

} // namespace deepdenoise::plugin
