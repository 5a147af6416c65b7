// Scaled dot-product attention across frequency, inside each frame: query, key and value.
#include "kernels/linear.h"
#include "layers/layer.h"

#include <algorithm>
#include <cmath>

namespace deepdenoise::layers {
namespace {

class Attention final : public Layer {
public:
    explicit Attention(Definition& node) {
        require(node.inputs.size() == 3, "attention takes query, key and value");
        output_ = node.equalInputs();
        heads_ = node.attributes.number("heads", 1, kMostSize);
        require(output_.channels % heads_ == 0, "heads must divide the channels");
    }

    Cost cost() const override {
        const double size = output_.size(), positions = output_.positions;
        return {2 * size * positions, 3 * size + positions * positions};
    }

    Needs prepare(const Kernels& kernels) override {
        kernels_ = &kernels;
        const std::ptrdiff_t widest = roundUp(std::max(output_.positions, output_.channels));
        zeros_.assign(widest, 0.0f);
        ones_.assign(widest, 1.0f);
        return {};
    }

    std::ptrdiff_t scratch(int) const noexcept override {
        return keySize() + valueSize() + roundUp(output_.positions) * output_.positions;
    }

    void run(const Call& call) const noexcept override {
        const int positions = output_.positions, channels = output_.channels;
        const int width = channels / heads_, lanes = kernels_->lanes;
        float* keys = call.scratch;
        float* values = keys + keySize();
        float* scores = values + valueSize();
        const std::ptrdiff_t scoreStride = roundUp(positions);
        const Chunk whole{0, 0};
        std::fill_n(keys, scores - keys, 0.0f);

        for (int t = 0; t < call.frames; ++t)
            for (int head = 0; head < heads_; ++head) {
                const float* query = call.inputs[0][t] + head * width;
                const float* key = call.inputs[1][t] + head * width;
                const float* value = call.inputs[2][t] + head * width;
                for (int f = 0; f < positions; ++f) {
                    float* column = keys + packedAt(lanes, width, 0, f);
                    for (int c = 0; c < width; ++c)
                        column[c * lanes] = key[f * channels + c];
                    for (int c = 0; c < width; c += lanes)
                        std::copy_n(value + f * channels + c, std::min(lanes, width - c),
                                    values + packedAt(lanes, positions, f, c));
                }
                Product product{};
                product.rows = positions;
                product.chunks = &whole;
                product.chunkCount = 1;
                product.bias = zeros_.data();
                product.slope = ones_.data();

                product.x = query;
                product.rowStride = channels;
                product.chunkLength = width;
                product.weights = keys;
                product.columns = positions;
                product.out = scores;
                product.outStride = scoreStride;
                kernels_->multiply(product);
                for (int f = 0; f < positions; ++f)
                    kernels_->softmax(scores + f * scoreStride, positions, 1.0f / std::sqrt(static_cast<float>(width)));

                product.x = scores;
                product.rowStride = scoreStride;
                product.chunkLength = positions;
                product.weights = values;
                product.columns = width;
                product.out = call.output[t] + head * width;
                product.outStride = channels;
                kernels_->multiply(product);
            }
    }

private:
    std::ptrdiff_t keySize() const noexcept {
        return roundUp(packedSize(kernels_->lanes, output_.channels / heads_, output_.positions));
    }
    std::ptrdiff_t valueSize() const noexcept {
        return roundUp(packedSize(kernels_->lanes, output_.positions, output_.channels / heads_));
    }

    int heads_;
    const Kernels* kernels_ = nullptr;
    Floats zeros_, ones_; // bias and slope of a plain product
};

} // namespace

std::unique_ptr<Layer> attention(Definition& node) { return std::make_unique<Attention>(node); }

} // namespace deepdenoise::layers
