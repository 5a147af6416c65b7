#include "layers/shared/nonlinearity.h"

#include "constants.h"

namespace deepdenoise {

Nonlinearity takeNonlinearity(Definition& node, int channels) {
    enum { linear, relu, leakyRelu, prelu, elu, sigmoid, tanh, silu };
    const int kind = node.attributes.choice(
        "activation", {"linear", "relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh", "silu"});
    Nonlinearity result{std::vector<float>(channels, 1.0f)};
    switch (kind) {
    case relu:
        result.slopes.assign(channels, 0.0f);
        break;
    case leakyRelu:
        result.slopes.assign(channels, node.attributes.real("alpha", -100.0f, 100.0f, kLeakyReluAlpha));
        break;
    case prelu:
        result.slopes = node.weights.take("alpha", {channels});
        break;
    case elu:
        result.smooth = Activation::elu;
        break;
    case sigmoid:
        result.smooth = Activation::sigmoid;
        break;
    case tanh:
        result.smooth = Activation::tanh;
        break;
    case silu:
        result.smooth = Activation::silu;
        break;
    default:
        break;
    }
    return result;
}

} // namespace deepdenoise
