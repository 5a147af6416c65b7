// Shape rules of each node type: what it takes, what it gives, which weights it needs.
#include "model.h"

#include <algorithm>
#include <string>

namespace deepdenoise {
namespace {

[[noreturn]] void refuse(std::string reason) { throw ModelError{std::move(reason)}; }

void require(bool good, const char* reason) {
    if (!good)
        refuse(reason);
}

/// Takes the weights off in the order they are stored.
class Weights {
public:
    explicit Weights(const Node& node) : node_(node) {}
    void next(const char* name, std::vector<int> shape) {
        if (used_ >= node_.weights.size())
            refuse(std::string("weight ") + name + " is missing");
        if (node_.weights[used_++].shape != shape) {
            std::string text;
            for (const int n : shape)
                text += (text.empty() ? "" : ", ") + std::to_string(n);
            refuse(std::string("weight ") + name + " must have shape (" + text + ")");
        }
    }
    void done() const { require(used_ == node_.weights.size(), "there are more weights than the node uses"); }

private:
    const Node& node_;
    std::size_t used_ = 0;
};

Shape checkShape(const std::vector<Shape>& in, const Node& node, Weights& weights) {
    const auto biasAndActivation = [&](int channels) {
        if (node.useBias && (node.type != NodeType::activation))
            weights.next("bias", {channels});
        if (node.activation == Activation::prelu)
            weights.next("alpha", {channels});
    };
    const Shape x = in.empty() ? Shape{} : in[0];
    switch (node.type) {
    case NodeType::input:
        return node.shape;
    case NodeType::conv:
        require(x.channels % node.groups == 0 && node.filters % node.groups == 0,
                "groups must divide the channels and the filters");
        weights.next("kernel", {node.kernelTime, node.kernelFrequency, x.channels / node.groups, node.filters});
        biasAndActivation(node.filters);
        return {(x.positions + node.stride - 1) / node.stride, node.filters};
    case NodeType::convTranspose:
        weights.next("kernel", {1, node.kernelFrequency, node.filters, x.channels});
        biasAndActivation(node.filters);
        return {x.positions * node.stride, node.filters};
    case NodeType::upsample:
        return {x.positions * node.factor, x.channels};
    case NodeType::slice: {
        const int length = node.overFrequency ? x.positions : x.channels;
        require(node.start < length && node.size <= length - node.start, "the slice lies outside its input");
        return node.overFrequency ? Shape{node.size, x.channels} : Shape{x.positions, node.size};
    }
    case NodeType::pad:
        return {x.positions + node.before + node.after, x.channels};
    case NodeType::reshape:
        require(static_cast<long long>(node.shape.positions) * node.shape.channels == x.size(),
                "reshape must keep the number of values");
        return node.shape;
    case NodeType::transpose:
        return {x.channels, x.positions};
    case NodeType::dense:
        weights.next("kernel", {x.channels, node.filters});
        biasAndActivation(node.filters);
        return {x.positions, node.filters};
    case NodeType::gru:
        weights.next("kernel", {x.channels, 3 * node.filters});
        weights.next("recurrent_kernel", {node.filters, 3 * node.filters});
        weights.next("bias", {2, 3 * node.filters});
        require(node.overFrequency || !node.reverse, "a stream cannot run backwards over time");
        return {x.positions, node.filters};
    case NodeType::add:
        require(std::all_of(in.begin(), in.end(), [&](Shape s) { return s == x; }), "the inputs differ in shape");
        return x;
    case NodeType::multiply: {
        Shape out = x;
        for (const Shape s : in)
            out = {std::max(out.positions, s.positions), std::max(out.channels, s.channels)};
        for (const Shape s : in)
            require((s.positions == out.positions || s.positions == 1) &&
                        (s.channels == out.channels || s.channels == 1),
                    "the inputs' shapes do not broadcast");
        return out;
    }
    case NodeType::concat: {
        Shape out{0, 0};
        for (const Shape s : in) {
            require(node.overFrequency ? s.channels == x.channels : s.positions == x.positions,
                    "the inputs differ along the other axis");
            out = {out.positions + s.positions, out.channels + s.channels};
        }
        return node.overFrequency ? Shape{out.positions, x.channels} : Shape{x.positions, out.channels};
    }
    case NodeType::affine:
        weights.next("scale", {x.channels});
        weights.next("shift", {x.channels});
        return x;
    case NodeType::layerNorm: {
        const std::vector<int> shape =
            node.wholeFrame ? std::vector<int>{x.positions, x.channels} : std::vector<int>{x.channels};
        weights.next("gamma", shape);
        weights.next("beta", shape);
        return x;
    }
    case NodeType::activation:
        biasAndActivation(x.channels);
        return x;
    case NodeType::attention:
        require(in[1].channels == x.channels && in[1].positions == in[2].positions, "q, k and v do not fit together");
        require(x.channels % node.heads == 0 && in[2].channels % node.heads == 0, "heads must divide the channels");
        return {x.positions, in[2].channels};
    default:
        refuse("unknown type");
    }
}

} // namespace

void checkNode(const std::vector<Node>& earlier, Node& node) {
    const std::size_t count = node.inputs.size();
    switch (node.type) {
    case NodeType::input:
        require(count == 0, "an input node takes no inputs");
        break;
    case NodeType::add:
    case NodeType::multiply:
    case NodeType::concat:
        require(count >= 1, "there is no input");
        break;
    case NodeType::attention:
        require(count == 3, "attention takes q, k and v");
        break;
    default:
        require(count == 1, "there must be one input");
    }
    std::vector<Shape> in;
    for (const int i : node.inputs)
        in.push_back(earlier[i].shape);
    Weights weights(node);
    node.shape = checkShape(in, node, weights);
    weights.done();
    require(node.shape.positions >= 1 && node.shape.channels >= 1 && node.shape.positions <= 1 << 16 &&
                node.shape.channels <= 1 << 16 &&
                static_cast<double>(node.shape.positions) * node.shape.channels <= 1 << 22,
            "its output is too large");
}

Cost costOf(const std::vector<Node>& earlier, const Node& node) {
    const double size = node.shape.size();
    const auto input = [&](std::size_t i) { return earlier[node.inputs[i]].shape; };
    switch (node.type) {
    case NodeType::conv: {
        const double taps = static_cast<double>(node.kernelTime) * node.kernelFrequency;
        const double frame = input(0).size() + static_cast<double>(node.kernelFrequency) * input(0).channels; // padded
        const double history = (node.kernelTime - 1.0) * node.dilation;
        return {size * taps * input(0).channels / node.groups, size + (history + 1) * frame};
    }
    case NodeType::convTranspose: { // each input value meets the whole kernel, and zeros up to the stride
        const double width = std::max(node.kernelFrequency, node.stride);
        const double zeros = (width - node.kernelFrequency) * input(0).channels * node.filters; // among the weights
        return {input(0).size() * width * node.filters, size + zeros};
    }
    case NodeType::dense:
        return {size * input(0).channels, size};
    case NodeType::gru:
        return {size * 3 * (input(0).channels + node.filters), 6 * size};
    case NodeType::attention:
        return {static_cast<double>(input(0).positions) * input(1).positions * (input(0).channels + input(2).channels),
                size + input(1).size() + input(2).size() +
                    static_cast<double>(input(0).positions) * input(1).positions};
    default:
        return {size, size};
    }
}

} // namespace deepdenoise
