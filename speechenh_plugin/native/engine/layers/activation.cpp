// An activation function by itself, as after a sum.
#include "layers/layer.h"
#include "layers/shared/nonlinearity.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class ActivationLayer final : public Layer {
public:
    explicit ActivationLayer(Definition& node) {
        output_ = node.input();
        function_ = takeNonlinearity(node, output_.channels);
    }

    Needs prepare(const Kernels& kernels) override {
        kernels_ = &kernels;
        return {};
    }

    void run(const Call& call) const noexcept override {
        const int channels = output_.channels;
        for (int t = 0; t < call.frames; ++t) {
            const float* x = call.inputs[0][t];
            float* y = call.output[t];
            for (int f = 0; f < output_.positions; ++f)
                for (int c = 0; c < channels; ++c) {
                    const float v = x[f * channels + c];
                    y[f * channels + c] = std::max(v, 0.0f) + function_.slopes[c] * std::min(v, 0.0f);
                }
            if (function_.smooth != Activation::linear)
                kernels_->activate(function_.smooth, y, output_.size());
        }
    }

private:
    Nonlinearity function_;
    const Kernels* kernels_ = nullptr;
};

} // namespace

std::unique_ptr<Layer> activation(Definition& node) { return std::make_unique<ActivationLayer>(node); }

} // namespace deepdenoise::layers
