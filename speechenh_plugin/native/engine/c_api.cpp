#include "c_api.h"

#include "deepdenoise.h"
#include "dsp/front_end.h"
#include "kernels/denormals.h"
#include "layers/layer.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

using namespace deepdenoise;

struct deepdenoise_network {
    std::shared_ptr<const Model> model;
    const ModelData& data() const { return model->data(); }
};

struct deepdenoise_stream {
    Denoiser denoiser;
};

namespace {

void say(char* error, std::size_t size, const char* reason) {
    if (error && size > 0)
        std::snprintf(error, size, "%s", reason);
}

constexpr const char* kNoMemory = "not enough memory";

} // namespace

const char* deepdenoise_layer(int index) {
    const auto names = layerNames();
    return index >= 0 && index < static_cast<int>(names.size()) ? names[index] : nullptr;
}

deepdenoise_network* deepdenoise_open(const void* bytes, size_t size, const char* name, char* error,
                                      size_t error_size) {
    const Kernels* kernels = name ? kernelsNamed(name) : &bestKernels();
    if (!kernels) {
        say(error, error_size, "this CPU or build has no such kernels");
        return nullptr;
    }
    try {
        const LoadResult result = loadModel({static_cast<const std::byte*>(bytes), size}, *kernels);
        if (result.model)
            return new deepdenoise_network{result.model};
        say(error, error_size, result.error.c_str());
    } catch (...) { // memory alone: loadModel gives its reasons
        say(error, error_size, kNoMemory);
    }
    return nullptr;
}

void deepdenoise_close(deepdenoise_network* network) { delete network; }

const char* deepdenoise_kernels(const deepdenoise_network* network) { return network->data().plan->kernels().name; }

const char* deepdenoise_port(const deepdenoise_network* network, int output, int index, int shape[2]) {
    const std::vector<Port>& ports = output ? network->data().outputs : network->data().inputs;
    if (index < 0 || index >= static_cast<int>(ports.size()))
        return nullptr;
    const Port& port = ports[index];
    const Shape found = network->data().plan->tensor(port.node).shape;
    shape[0] = found.positions;
    shape[1] = found.channels;
    return port.name.c_str();
}

int deepdenoise_run(const deepdenoise_network* network, const float* const* inputs, float* const* outputs, int frames,
                    int batch) {
    try {
        const FlushDenormals flush;
        const ModelData& data = network->data();
        Runner runner(*data.plan, batch > 0 ? batch : data.plan->batchFor(frames));
        Floats state(data.plan->stateSize());
        for (int done = 0; done < frames;) {
            const int count = std::min(frames - done, runner.maxFrames());
            for (int t = 0; t < count; ++t)
                for (std::size_t i = 0; i < data.inputs.size(); ++i) {
                    const int node = data.inputs[i].node, size = data.plan->tensor(node).shape.size();
                    std::copy_n(inputs[i] + static_cast<std::ptrdiff_t>(done + t) * size, size, runner.frame(node, t));
                }
            runner.run(count, state.data());
            for (int t = 0; t < count; ++t)
                for (std::size_t i = 0; i < data.outputs.size(); ++i) {
                    const int node = data.outputs[i].node, size = data.plan->tensor(node).shape.size();
                    std::copy_n(runner.frame(node, t), size, outputs[i] + static_cast<std::ptrdiff_t>(done + t) * size);
                }
            done += count;
        }
        return 0;
    } catch (...) { // memory
        return -1;
    }
}

int deepdenoise_features(const deepdenoise_network* network, double rate, const float* samples, int count,
                         float* const* features) {
    const ModelData& data = network->data();
    if (data.frontEnd.kind == FrontEndKind::none || hopFor(rate) == 0 || count < 0)
        return -1;
    try {
        const FlushDenormals flush;
        Stft stft(data.plan->kernels(), rate);
        FrontEnd front(data, rate, stft.size());
        const int frames = count / stft.hop();
        if (!features)
            return frames;
        Runner runner(*data.plan, 1);
        Level level;
        Floats line(static_cast<std::size_t>(stft.size() - stft.hop()) + count), re(stft.bins()), im(re.size()),
            power(re.size());
        std::copy_n(samples, count, line.end() - count);
        for (int t = 0; t < frames; ++t) {
            stft.analyse(line.data() + static_cast<std::ptrdiff_t>(t) * stft.hop(), re.data(), im.data());
            for (std::size_t k = 0; k < re.size(); ++k)
                power[k] = re[k] * re[k] + im[k] * im[k];
            front.features(power.data(), {re.data(), im.data()}, level, runner, 0);
            for (std::size_t i = 0; i < data.inputs.size(); ++i) {
                const int node = data.inputs[i].node, size = data.plan->tensor(node).shape.size();
                std::copy_n(runner.frame(node, 0), size, features[i] + static_cast<std::ptrdiff_t>(t) * size);
            }
        }
        return frames;
    } catch (...) { // memory
        return -1;
    }
}

deepdenoise_stream* deepdenoise_stream_open(const deepdenoise_network* network, double rate, int channels,
                                            int max_block, char* error, size_t error_size) {
    try {
        return new deepdenoise_stream{Denoiser(network->model, rate, channels, max_block)};
    } catch (const std::invalid_argument& reason) {
        say(error, error_size, reason.what());
    } catch (...) {
        say(error, error_size, kNoMemory);
    }
    return nullptr;
}

void deepdenoise_stream_close(deepdenoise_stream* stream) { delete stream; }
int deepdenoise_stream_latency(const deepdenoise_stream* stream) { return stream->denoiser.latency(); }
void deepdenoise_stream_reset(deepdenoise_stream* stream) { stream->denoiser.reset(); }

void deepdenoise_stream_process(deepdenoise_stream* stream, const float* const* in, float* const* out, int samples,
                                float strength, float reduction_limit_db, int stereo_link, int listen_removed) {
    stream->denoiser.process(in, out, samples,
                             {.strength = strength,
                              .reductionLimitDb = reduction_limit_db,
                              .stereoLink = stereo_link != 0,
                              .listenRemoved = listen_removed != 0});
}
