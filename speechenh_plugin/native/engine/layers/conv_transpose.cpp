// Transposed convolution along frequency: the way up.
#include "layers/shared/linear_layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class ConvTranspose final : public LinearLayer {
public:
    explicit ConvTranspose(Definition& node) {
        const Shape in = node.input();
        const int filters = node.attributes.number("filters", 1, kMostSize);
        const std::vector<int> kernel = node.attributes.numbers("kernel", 2, 1, 4096);
        require(kernel[0] == 1, "kernel must be [1, width]: it runs along frequency only");
        const int stride = node.attributes.number("stride", 1, 64);

        output_ = {in.positions * stride, filters};
        settings_.input = in;
        settings_.output = output_;
        settings_.kernelFrequency = kernel[1];
        settings_.stride = stride;
        settings_.transposed = true;
        settings_.kernel = node.weights.take("kernel", {1, kernel[1], filters, in.channels});
        takeBiasAndActivation(node, {filters});
    }

    /// Each input value meets the whole kernel, and zeros up to the stride.
    Cost cost() const override {
        const Shape in = settings_.input;
        const double kernel = settings_.kernelFrequency, width = std::max(settings_.kernelFrequency, settings_.stride);
        const double zeros = (width - kernel) * in.channels * output_.channels; // among the weights
        return {in.size() * width * output_.channels, output_.size() + zeros};
    }
};

} // namespace

std::unique_ptr<Layer> conv_transpose(Definition& node) { return std::make_unique<ConvTranspose>(node); }

} // namespace deepdenoise::layers
