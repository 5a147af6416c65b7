#include "linear.h"

#include <algorithm>

namespace deepdenoise {
namespace {

/// Which kernel element joins window position w and the row's j-th output; -1 for none.
struct Geometry {
    bool transposed;
    int stride, kernel, left;
    int first; // input position, relative to the row's, where the window starts

    int tap(int w, int j) const noexcept {
        const int k = transposed ? j + left - (first + w) * stride : w - j * stride;
        return k >= 0 && k < kernel ? k : -1;
    }
};

int floorDivide(int a, int b) noexcept { return a >= 0 ? a / b : -((-a + b - 1) / b); }

} // namespace

std::vector<float> slopesOf(const Node& node, int channels) {
    switch (node.activation) {
    case Activation::relu:
        return std::vector<float>(channels, 0.0f);
    case Activation::leakyRelu:
        return std::vector<float>(channels, node.alpha);
    case Activation::prelu:
        return node.weights.back().values;
    default:
        return std::vector<float>(channels, 1.0f);
    }
}

bool isSmooth(Activation activation) noexcept {
    return activation == Activation::elu || activation == Activation::sigmoid || activation == Activation::tanh;
}

Linear::Linear(const Kernels& kernels, const Node& node, Shape input)
    : kernels_(&kernels), activation_(node.activation), outSize_(node.shape.size()) {
    const int lanes = kernels.lanes;
    const int groups = node.groups, inChannels = input.channels / groups, outChannels = node.filters / groups;
    const int kernel = node.kernelFrequency, stride = node.stride;
    const bool transposed = node.type == NodeType::convTranspose;
    const int positions = transposed ? input.positions : node.shape.positions; // that rows divide among them
    depthwise_ = groups > 1 && inChannels == 1 && outChannels == 1;

    // 'same' padding as TensorFlow pads
    const int total = transposed ? std::max(kernel - stride, 0)
                                 : std::max((node.shape.positions - 1) * stride + kernel - input.positions, 0);
    Geometry geometry{transposed, stride, kernel, total / 2, -(total / 2)};
    if (transposed)
        geometry.first = -floorDivide(kernel - 1 - geometry.left, stride);
    const auto windowOf = [&](int fold) {
        return transposed ? floorDivide(fold * stride - 1 + geometry.left, stride) - geometry.first + 1
                          : (fold - 1) * stride + kernel;
    };
    const auto outputsOf = [&](int fold) { return transposed ? fold * stride : fold; };

    int fold = 1;
    if (groups == 1) {
        double best = 0;
        for (int candidate = 1; candidate <= std::min(positions, 32); ++candidate) {
            const int columns = outputsOf(candidate) * outChannels;
            const double rows = (positions + candidate - 1) / candidate;
            const double work = rows * ((columns + lanes - 1) / lanes) * windowOf(candidate);
            if (candidate == 1 || (columns <= 8 * lanes && work < 0.97 * best)) {
                best = work;
                fold = candidate;
            }
        }
    }
    const int window = windowOf(fold), outputs = outputsOf(fold);
    rows_ = (positions + fold - 1) / fold;
    rowStep_ = (transposed ? fold : fold * stride) * input.channels;
    start_ = geometry.first * input.channels;
    outStep_ = outputs * node.filters;
    columns_ = outputs * outChannels;
    history_ = (node.kernelTime - 1) * node.dilation;
    left_ = std::max(0, -start_);
    right_ = std::max(0, start_ + (rows_ - 1) * rowStep_ + window * input.channels - input.size());
    overrun_ = rows_ * outStep_ - outSize_;

    // One chunk a frame where all channels are wanted, else one a tap.
    chunkLength_ = groups == 1 ? window * inChannels : inChannels;
    for (int t = 0; t < node.kernelTime; ++t)
        for (int w = 0; w < (groups == 1 ? 1 : window); ++w)
            taps_.push_back({(t - node.kernelTime + 1) * node.dilation, w * input.channels});

    const Weight& weight = node.weights[0];
    const std::vector<float> slopes = slopesOf(node, node.filters);
    const auto weightAt = [&](int t, int k, int in, int out) {
        const int row = t * kernel + k;
        const int at =
            transposed ? (row * node.filters + out) * inChannels + in : (row * inChannels + in) * node.filters + out;
        return weight.values[at];
    };

    if (depthwise_) {
        columns_ = outStep_ = node.filters;
        const std::ptrdiff_t padded = packedSize(lanes, 1, columns_);
        Group group{Floats(taps_.size() * padded), Floats(padded), Floats(padded), 0, 0};
        for (std::size_t i = 0; i < taps_.size(); ++i)
            for (int c = 0; c < columns_; ++c)
                group.weights[i * padded + c] = weight.values[i * columns_ + c];
        for (int c = 0; c < columns_; ++c) {
            group.bias[c] = node.useBias ? node.weights[1].values[c] : 0.0f;
            group.slope[c] = slopes[c];
        }
        groups_.push_back(std::move(group));
        return;
    }

    const int depth = static_cast<int>(taps_.size()) * chunkLength_;
    for (int g = 0; g < groups; ++g) {
        Group group{Floats(packedSize(lanes, depth, columns_)), Floats(packedSize(lanes, 1, columns_)),
                    Floats(packedSize(lanes, 1, columns_)), g * inChannels, g * outChannels};
        for (int j = 0; j < outputs; ++j)
            for (int c = 0; c < outChannels; ++c) {
                const int column = j * outChannels + c, filter = g * outChannels + c;
                group.bias[column] = node.useBias ? node.weights[1].values[filter] : 0.0f;
                group.slope[column] = slopes[filter];
                for (int t = 0; t < node.kernelTime; ++t)
                    for (int w = 0; w < window; ++w) {
                        const int k = geometry.tap(w, j);
                        for (int i = 0; k >= 0 && i < inChannels; ++i)
                            group.weights[packedAt(lanes, depth, (t * window + w) * inChannels + i, column)] =
                                weightAt(t, k, i, filter);
                    }
            }
        groups_.push_back(std::move(group));
    }
}

void Linear::setInputStride(std::ptrdiff_t stride) {
    inputStride_ = stride;
    chunks_.clear();
    for (const Tap tap : taps_)
        chunks_.push_back(start_ + tap.frame * stride + tap.offset);
}

void Linear::multiply(const Product& product) const noexcept {
    if (depthwise_)
        kernels_->multiplyDepthwise(product);
    else
        kernels_->multiply(product);
}

void Linear::run(const float* x, float* out, std::ptrdiff_t outStride, int frames) const noexcept {
    // Many rows share each load of the weights: take them along time where a frame has few.
    const bool alongTime = rows_ < 6 && rows_ < frames;
    const int outer = alongTime ? rows_ : frames;
    for (int i = 0; i < outer; ++i) {
        Product product{};
        product.rows = alongTime ? frames : rows_;
        product.rowStride = alongTime ? inputStride_ : rowStep_;
        product.outStride = alongTime ? outStride : outStep_;
        product.chunks = chunks_.data();
        product.chunkCount = static_cast<int>(chunks_.size());
        product.chunkLength = chunkLength_;
        product.columns = columns_;
        for (const Group& group : groups_) {
            product.x = x + (alongTime ? i * rowStep_ : i * inputStride_) + group.input;
            product.out = out + (alongTime ? i * outStep_ : i * outStride) + group.output;
            product.weights = group.weights.data();
            product.bias = group.bias.data();
            product.slope = group.slope.data();
            multiply(product);
        }
    }
    for (int t = 0; t < frames; ++t) {
        float* frame = out + t * outStride;
        std::fill_n(frame + outSize_, overrun_, 0.0f);
        if (isSmooth(activation_))
            kernels_->activate(activation_, frame, outSize_);
    }
}

} // namespace deepdenoise
