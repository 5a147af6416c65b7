// DeepDenoise engine: streaming speech enhancement, samples in, samples out.
// Plain C++20; no dependency, no knowledge of any plug-in format.
#pragma once

#include "constants.h"

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace deepdenoise {

inline constexpr float kNoLimit = std::numeric_limits<float>::infinity();

struct ModelData;

/// A network with its weights and front end: validated, immutable, shared between denoisers and threads.
class Model {
public:
    explicit Model(std::unique_ptr<const ModelData> data);
    ~Model();
    const ModelData& data() const noexcept { return *data_; }
    const std::string& name() const noexcept;

private:
    std::unique_ptr<const ModelData> data_;
};

struct LoadResult {
    std::shared_ptr<const Model> model; ///< null when refused
    std::string error;                  ///< why it was refused, one sentence; else empty
};

/// Reads the flat binary written by speechenh_plugin/modelfile.py. The bytes are untrusted, and copied.
LoadResult loadModel(std::span<const std::byte> bytes);

/// What a model file says of itself before all else.
struct ModelLabel {
    std::string name;
    int rank = 0; ///< place in a list of models: the least comes first
};

/// Reads the label off the first kilobyte of a model file, without checking what follows; empty where there is none.
std::optional<ModelLabel> readLabel(std::span<const std::byte> head);

/// What a host may change while audio runs. Changes glide: over one analysis window, that of `listen` over one hop.
struct Controls {
    float strength = 1.0f;             ///< 0 = untouched input, 1 = the full effect
    float reductionLimitDb = kNoLimit; ///< the most that is ever taken away, in dB, >= 0
    bool stereoLink = true;            ///< one gain for all channels, from their mean power
    bool listenRemoved = false;        ///< hear what is taken away instead of the result
};

/// One stream of `channels` channels. The constructor allocates everything; `process` and `reset` never
/// allocate, lock, throw or call the system. One thread at a time may use an instance.
class Denoiser {
public:
    /// Throws std::invalid_argument when the rate is outside kMinSampleRate..kMaxSampleRate, when channels or
    /// maxBlock is below one, or when the model has no audio front end. maxBlock only sizes the buffers.
    Denoiser(std::shared_ptr<const Model> model, double sampleRate, int channels, int maxBlock);
    ~Denoiser();
    Denoiser(Denoiser&&) noexcept;
    Denoiser& operator=(Denoiser&&) noexcept;

    /// Delay in samples from input to output: one window plus the model's look-ahead.
    static int latency(const Model& model, double sampleRate);
    int latency() const noexcept;

    /// Samples until the output of a sound that has ended is zero: the latency, and the last frame that holds some of
    /// it, or that filters or combs one that does.
    static int tail(const Model& model, double sampleRate);

    /// Forgets all past input, as if newly made.
    void reset() noexcept;

    /// Any number of samples; in[c] == out[c] is allowed. The output does not depend on how a stream is cut.
    void process(const float* const* in, float* const* out, int samples, const Controls& controls) noexcept;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace deepdenoise
