// A factor and an offset for each channel: what a batch norm is once trained.
#include "layers/layer.h"

namespace deepdenoise::layers {
namespace {

class Affine final : public Layer {
public:
    explicit Affine(Definition& node) {
        output_ = node.input();
        scale_ = node.weights.take("scale", {output_.channels});
        shift_ = node.weights.take("shift", {output_.channels});
    }

    void run(const Call& call) const noexcept override {
        const int channels = output_.channels;
        for (int t = 0; t < call.frames; ++t) {
            const float* x = call.inputs[0][t];
            float* y = call.output[t];
            for (int f = 0; f < output_.positions; ++f)
                for (int c = 0; c < channels; ++c)
                    y[f * channels + c] = x[f * channels + c] * scale_[c] + shift_[c];
        }
    }

private:
    std::vector<float> scale_, shift_;
};

} // namespace

std::unique_ptr<Layer> affine(Definition& node) { return std::make_unique<Affine>(node); }

} // namespace deepdenoise::layers
