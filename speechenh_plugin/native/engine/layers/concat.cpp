// Joins along frequency, or the channels.
#include "layers/layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class Concat final : public Layer {
public:
    explicit Concat(Definition& node) {
        require(node.inputs.size() >= 2, "there must be two or more inputs");
        inputs_ = node.inputs;
        overFrequency_ = node.attributes.choice("axis", {"channel", "frequency"}) == 1;
        const Shape first = inputs_[0];
        Shape total;
        for (const Shape s : inputs_) {
            require(overFrequency_ ? s.channels == first.channels : s.positions == first.positions,
                    "the inputs differ along the other axis");
            total = {total.positions + s.positions, total.channels + s.channels};
        }
        output_ = overFrequency_ ? Shape{total.positions, first.channels} : Shape{first.positions, total.channels};
    }

    void run(const Call& call) const noexcept override {
        for (int t = 0; t < call.frames; ++t) {
            float* y = call.output[t];
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                const Shape shape = inputs_[i];
                const float* x = call.inputs[i][t];
                if (overFrequency_) {
                    y = std::copy_n(x, shape.size(), y);
                    continue;
                }
                for (int f = 0; f < output_.positions; ++f)
                    std::copy_n(x + f * shape.channels, shape.channels, y + f * output_.channels);
                y += shape.channels;
            }
        }
    }

private:
    std::vector<Shape> inputs_;
    bool overFrequency_;
};

} // namespace

std::unique_ptr<Layer> concat(Definition& node) { return std::make_unique<Concat>(node); }

} // namespace deepdenoise::layers
