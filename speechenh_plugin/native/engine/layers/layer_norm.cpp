// Normalisation to mean zero and deviation one, of each position or of each frame; then gain and offset.
#include "layers/layer.h"

namespace deepdenoise::layers {
namespace {

class LayerNorm final : public Layer {
public:
    explicit LayerNorm(Definition& node) {
        output_ = node.input();
        wholeFrame_ = node.attributes.choice("axes", {"channel", "all"}) == 1;
        epsilon_ = node.attributes.real("epsilon", 1e-12f, 1.0f);
        std::vector<int> shape{output_.channels};
        if (wholeFrame_)
            shape.insert(shape.begin(), output_.positions);
        gamma_ = node.weights.take("gamma", shape);
        beta_ = node.weights.take("beta", shape);
    }

    Needs prepare(const Kernels& kernels) override {
        kernels_ = &kernels;
        return {};
    }

    void run(const Call& call) const noexcept override {
        const int size = output_.size(), span = wholeFrame_ ? size : output_.channels;
        for (int t = 0; t < call.frames; ++t)
            for (int i = 0; i < size; i += span)
                kernels_->layerNorm(call.inputs[0][t] + i, call.output[t] + i, span, epsilon_, gamma_.data(),
                                    beta_.data());
    }

private:
    bool wholeFrame_;
    float epsilon_;
    std::vector<float> gamma_, beta_;
    const Kernels* kernels_ = nullptr;
};

} // namespace

std::unique_ptr<Layer> layer_norm(Definition& node) { return std::make_unique<LayerNorm>(node); }

} // namespace deepdenoise::layers
