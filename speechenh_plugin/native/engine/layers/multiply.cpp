// Product of inputs; one position, or one channel, stands for all.
#include "layers/layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class Multiply final : public Layer {
public:
    explicit Multiply(Definition& node) {
        require(node.inputs.size() >= 2, "there must be two or more inputs");
        inputs_ = node.inputs;
        for (const Shape s : inputs_)
            output_ = {std::max(output_.positions, s.positions), std::max(output_.channels, s.channels)};
        const Shape rows{output_.positions, 1}, columns{1, output_.channels};
        require(std::find(inputs_.begin(), inputs_.end(), output_) != inputs_.end() &&
                    std::all_of(inputs_.begin(), inputs_.end(),
                                [&](Shape s) { return s == output_ || s == rows || s == columns; }),
                "the inputs' shapes do not fit together");
    }

    void run(const Call& call) const noexcept override {
        for (int t = 0; t < call.frames; ++t) {
            float* y = call.output[t];
            std::fill_n(y, output_.size(), 1.0f);
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                const Shape shape = inputs_[i];
                const int stepF = shape.positions == 1 ? 0 : shape.channels, stepC = shape.channels == 1 ? 0 : 1;
                const float* x = call.inputs[i][t];
                for (int f = 0; f < output_.positions; ++f)
                    for (int c = 0; c < output_.channels; ++c)
                        y[f * output_.channels + c] *= x[f * stepF + c * stepC];
            }
        }
    }

private:
    std::vector<Shape> inputs_;
};

} // namespace

std::unique_ptr<Layer> multiply(Definition& node) { return std::make_unique<Multiply>(node); }

} // namespace deepdenoise::layers
