// Matrix product along the channels: the same at each position, or with weights of its own for each.
#include "layers/shared/linear_layer.h"

namespace deepdenoise::layers {
namespace {

class Dense final : public LinearLayer {
public:
    explicit Dense(Definition& node) {
        const Shape in = node.input();
        const int units = node.attributes.number("units", 1, kMostSize);

        output_ = {in.positions, units};
        settings_.input = in;
        settings_.output = output_;
        settings_.perPosition = node.attributes.flag("per_position", false);
        std::vector<int> kernel{in.channels, units}, bias{units};
        if (settings_.perPosition) {
            kernel.insert(kernel.begin(), in.positions);
            bias.insert(bias.begin(), in.positions);
        }
        settings_.kernel = node.weights.take("kernel", kernel);
        takeBiasAndActivation(node, bias);
    }

    Cost cost() const override {
        const Shape in = settings_.input;
        const double size = output_.size();
        const double vectors = settings_.perPosition ? (in.channels + 2.0) * in.positions * kMostLanes : 0.0;
        return {size * in.channels, size + vectors};
    }
};

} // namespace

std::unique_ptr<Layer> dense(Definition& node) { return std::make_unique<Dense>(node); }

} // namespace deepdenoise::layers
