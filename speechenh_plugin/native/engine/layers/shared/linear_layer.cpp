#include "layers/shared/linear_layer.h"

namespace deepdenoise {

void LinearLayer::takeBiasAndActivation(Definition& node, const std::vector<int>& biasShape) {
    if (node.attributes.flag("use_bias"))
        settings_.bias = node.weights.take("bias", biasShape);
    Nonlinearity f = takeNonlinearity(node, biasShape.back());
    settings_.slopes = std::move(f.slopes);
    settings_.smooth = f.smooth;
}

Needs LinearLayer::prepare(const Kernels& kernels) {
    linear_.emplace(kernels, settings_);
    settings_ = {};
    return {.history = linear_->history(),
            .left = linear_->leftMargin(),
            .right = linear_->rightMargin(),
            .overrun = linear_->outputMargin()};
}

void LinearLayer::run(const Call& call) const noexcept {
    const Frames in = call.inputs[0], out = call.output;
    linear_->run(in.first, in.stride, out.first, out.stride, call.frames);
}

} // namespace deepdenoise
