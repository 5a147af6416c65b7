#include "kernels/linear.h"

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

Linear::Linear(const Kernels& kernels, const LinearSettings& settings)
    : kernels_(&kernels), smooth_(settings.smooth), columns_(settings.output.channels),
      outStep_(settings.output.channels), outSize_(settings.output.size()) {
    if (settings.perPosition)
        packPositions(settings);
    else
        packConvolution(settings);
}

/// A dense layer is the convolution one position wide.
void Linear::packConvolution(const LinearSettings& settings) {
    const Shape input = settings.input, output = settings.output;
    const int lanes = kernels_->lanes, filters = output.channels;
    const int groups = settings.groups, inChannels = input.channels / groups, outChannels = filters / groups;
    const int kernel = settings.kernelFrequency, stride = settings.stride;
    const bool transposed = settings.transposed;
    const int positions = transposed ? input.positions : output.positions; // that rows divide among them
    depthwise_ = groups > 1 && inChannels == 1 && outChannels == 1;

    // 'same' padding as TensorFlow pads
    const int total = transposed ? std::max(kernel - stride, 0)
                                 : std::max((output.positions - 1) * stride + kernel - input.positions, 0);
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
    const int start = geometry.first * input.channels;
    rows_ = (positions + fold - 1) / fold;
    rowStep_ = (transposed ? fold : fold * stride) * input.channels;
    outStep_ = outputs * filters;
    columns_ = outputs * outChannels;
    history_ = (settings.kernelTime - 1) * settings.dilation;
    left_ = std::max(0, -start);
    right_ = std::max(0, start + (rows_ - 1) * rowStep_ + window * input.channels - input.size());
    overrun_ = rows_ * outStep_ - outSize_;

    // One chunk a frame where all channels are wanted, else one a tap.
    chunkLength_ = groups == 1 ? window * inChannels : inChannels;
    for (int t = 0; t < settings.kernelTime; ++t)
        for (int w = 0; w < (groups == 1 ? 1 : window); ++w)
            chunks_.push_back({(t - settings.kernelTime + 1) * settings.dilation, start + w * input.channels});
    if (depthwise_)
        return packDepthwise(settings);

    const auto weightAt = [&](int t, int k, int in, int out) {
        const int row = t * kernel + k;
        const int at = transposed ? (row * filters + out) * inChannels + in : (row * inChannels + in) * filters + out;
        return settings.kernel[at];
    };
    const int depth = static_cast<int>(chunks_.size()) * chunkLength_;
    for (int g = 0; g < groups; ++g) {
        const Part part = addPart(g * inChannels, g * outChannels, depth);
        for (int j = 0; j < outputs; ++j)
            for (int c = 0; c < outChannels; ++c) {
                const int column = j * outChannels + c, filter = g * outChannels + c;
                bias_[part.bias + column] = settings.bias.empty() ? 0.0f : settings.bias[filter];
                slope_[part.bias + column] = settings.slopes[filter];
                for (int t = 0; t < settings.kernelTime; ++t)
                    for (int w = 0; w < window; ++w) {
                        const int k = geometry.tap(w, j);
                        for (int i = 0; k >= 0 && i < inChannels; ++i)
                            weights_[part.weights + packedAt(lanes, depth, (t * window + w) * inChannels + i, column)] =
                                weightAt(t, k, i, filter);
                    }
            }
    }
}

/// Makes room for one more product of `depth` rows.
Linear::Part Linear::addPart(std::ptrdiff_t input, std::ptrdiff_t output, std::ptrdiff_t depth) {
    const Part part{input, output, std::ssize(weights_), std::ssize(bias_)};
    weights_.resize(weights_.size() + packedSize(kernels_->lanes, depth, columns_));
    bias_.resize(bias_.size() + packedSize(kernels_->lanes, 1, columns_));
    slope_.resize(bias_.size());
    parts_.push_back(part);
    return part;
}

void Linear::packPositions(const LinearSettings& settings) {
    const int in = settings.input.channels;
    chunkLength_ = in;
    chunks_.push_back({0, 0});
    for (int f = 0; f < settings.input.positions; ++f) {
        const Part part = addPart(static_cast<std::ptrdiff_t>(f) * in, static_cast<std::ptrdiff_t>(f) * columns_, in);
        const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(f) * columns_;
        for (int c = 0; c < columns_; ++c) {
            bias_[part.bias + c] = settings.bias.empty() ? 0.0f : settings.bias[first + c];
            slope_[part.bias + c] = settings.slopes[c];
            for (int i = 0; i < in; ++i)
                weights_[part.weights + packedAt(kernels_->lanes, in, i, c)] =
                    settings.kernel[first * in + i * columns_ + c];
        }
    }
}

void Linear::packDepthwise(const LinearSettings& settings) {
    columns_ = outStep_ = settings.output.channels;
    const std::ptrdiff_t taps = std::ssize(chunks_), padded = packedSize(kernels_->lanes, 1, columns_);
    const Part part = addPart(0, 0, taps);
    for (int c = 0; c < columns_; ++c) {
        bias_[part.bias + c] = settings.bias.empty() ? 0.0f : settings.bias[c];
        slope_[part.bias + c] = settings.slopes[c];
        for (std::ptrdiff_t i = 0; i < taps; ++i)
            weights_[i * padded + c] = settings.kernel[i * columns_ + c];
    }
}

void Linear::run(const float* x, std::ptrdiff_t xStride, float* out, std::ptrdiff_t outStride,
                 int frames) const noexcept {
    // Many rows share each load of the weights: take them along time where a frame has few.
    const bool alongTime = rows_ < 6 && rows_ < frames;
    const int outer = alongTime ? rows_ : frames;
    Product product{};
    product.rows = alongTime ? frames : rows_;
    product.rowStride = alongTime ? xStride : rowStep_;
    product.outStride = alongTime ? outStride : outStep_;
    product.frameStride = xStride;
    product.chunks = chunks_.data();
    product.chunkCount = static_cast<int>(chunks_.size());
    product.chunkLength = chunkLength_;
    product.columns = columns_;
    const auto multiply = depthwise_ ? kernels_->multiplyDepthwise : kernels_->multiply;
    for (int i = 0; i < outer; ++i)
        for (const Part& part : parts_) {
            product.x = x + (alongTime ? i * rowStep_ : i * xStride) + part.input;
            product.out = out + (alongTime ? i * outStep_ : i * outStride) + part.output;
            product.weights = weights_.data() + part.weights;
            product.bias = bias_.data() + part.bias;
            product.slope = slope_.data() + part.bias;
            multiply(product);
        }
    for (int t = 0; t < frames; ++t) {
        float* frame = out + t * outStride;
        std::fill_n(frame + outSize_, overrun_, 0.0f);
        if (smooth_ != Activation::linear)
            kernels_->activate(smooth_, frame, outSize_);
    }
}

} // namespace deepdenoise
