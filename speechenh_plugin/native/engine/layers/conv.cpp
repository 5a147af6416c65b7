// Convolution over time (causal) and frequency, with stride along frequency, dilation in time and groups.
#include "layers/shared/linear_layer.h"

namespace deepdenoise::layers {
namespace {

class Conv final : public LinearLayer {
public:
    explicit Conv(Definition& node) {
        const Shape in = node.input();
        Attributes& attributes = node.attributes;
        const int filters = attributes.number("filters", 1, kMostSize);
        const std::vector<int> kernel = attributes.numbers("kernel", 2, 1, 4096);
        require(kernel[0] <= 256, "kernel reaches further back than 256 frames");
        const int stride = attributes.number("stride", 1, 64);
        const int groups = attributes.number("groups", 1, kMostSize);
        require(in.channels % groups == 0 && filters % groups == 0, "groups must divide the channels and the filters");

        output_ = {(in.positions + stride - 1) / stride, filters};
        settings_.input = in;
        settings_.output = output_;
        settings_.kernelTime = kernel[0];
        settings_.kernelFrequency = kernel[1];
        settings_.stride = stride;
        settings_.dilation = attributes.number("dilation", 1, 256);
        settings_.groups = groups;
        settings_.kernel = node.weights.take("kernel", {kernel[0], kernel[1], in.channels / groups, filters});
        takeBiasAndActivation(node, {filters});
    }

    Cost cost() const override {
        const Shape in = settings_.input;
        const int groups = settings_.groups;
        const double size = output_.size(), width = settings_.kernelFrequency;
        const double taps = settings_.kernelTime * width * in.channels / groups;
        const double padded = in.size() + width * in.channels;
        const double history = (settings_.kernelTime - 1.0) * settings_.dilation;
        const bool depthwise = groups == in.channels && groups == output_.channels;
        const double vectors = groups == 1 || depthwise ? 0.0 : groups * (taps + 2) * kMostLanes; // filled up
        return {size * taps, size + (history + 1) * padded + vectors};
    }
};

} // namespace

std::unique_ptr<Layer> conv(Definition& node) { return std::make_unique<Conv>(node); }

} // namespace deepdenoise::layers
