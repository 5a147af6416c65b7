// The plug-in object: component, processor and controller in one.
#pragma once

#include "../engine/deepdenoise.h"
#include "handover.h"
#include "parameters.h"
#include "state.h"
#include "vst3.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace deepdenoise::plugin {

/// Hosts call `process` from an audio thread and everything else from others. The two sides share only the
/// parameter values, a few flags and the handed-over denoiser, none of which `process` ever waits for.
class Plugin final : public vst3::Component,
                     public vst3::AudioProcessor,
                     public vst3::ProcessContextRequirements,
                     public vst3::EditController {
public:
    using Result = vst3::Result;

    Result VST3_CALL queryInterface(const char* iid, void** object) override;
    uint32_t VST3_CALL addRef() override;
    uint32_t VST3_CALL release() override;

    Result VST3_CALL initialize(vst3::Unknown* context) override;
    Result VST3_CALL terminate() override;

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

private:
    /// The model in use, as sessions store it.
    struct Choice {
        State::ModelKind kind = State::ModelKind::bundled;
        std::string source; ///< name, or bytes of a model file
        std::shared_ptr<const Model> model;
    };
    /// What a denoiser was made for.
    struct Setup {
        std::shared_ptr<const Model> model;
        double sampleRate = 0.0; ///< Hz; 0 = not set up
        int channels = 0;
        bool operator==(const Setup&) const = default;
    };
    class Automation;
    struct Voice {
        int channels;
        Denoiser denoiser;
    };

    ~Plugin();
    bool choose(State::ModelKind kind, const std::string& source);
    Result chooseListed(double value);
    int32_t listed() const;
    void notify(int32_t changes);
    Result prepare();
    int latency() const;
    Controls controls() const noexcept;
    Result render(vst3::ProcessData& data, Automation& automation) noexcept;
    void setHandler(vst3::ComponentHandler* handler);

    std::atomic<uint32_t> references_{1};
    Values values_;
    Handover<Voice> voice_;
    std::atomic<bool> ready_{false}; ///< voice_ is for the present setup
    std::atomic<bool> reset_{false}; ///< asks `process` to forget the past
    std::atomic<bool> processing_{false};

    std::mutex mutex_; ///< guards the rest; `process` never takes it
    Choice choice_;
    std::string custom_; ///< the last model that a state brought whole
    double sampleRate_ = 0.0;
    vst3::SpeakerArrangement arrangement_ = vst3::kStereo;
    Setup prepared_;
    bool active_ = false;
    vst3::ComponentHandler* handler_ = nullptr;
};

} // namespace deepdenoise::plugin
