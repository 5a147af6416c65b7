// Gated recurrent unit as Keras has it (reset_after): over time, each position by itself, with weights that all
// positions share or of its own for each; or over frequency, each frame by itself.
#include "kernels/linear.h"
#include "layers/layer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace deepdenoise::layers {
namespace {

class Gru final : public Layer {
public:
    explicit Gru(Definition& node) : in_(node.input()) {
        const int units = node.attributes.number("units", 1, kMostSize);
        overFrequency_ = node.attributes.choice("axis", {"time", "frequency"}) == 1;
        reverse_ = node.attributes.flag("reverse");
        perPosition_ = node.attributes.flag("per_position", false);
        require(overFrequency_ || !reverse_, "a stream cannot run backwards over time");
        require(!overFrequency_ || !perPosition_, "per_position is for axis time");
        output_ = {in_.positions, units};

        const auto shape = [&](std::vector<int> one) {
            if (perPosition_)
                one.insert(one.begin(), in_.positions);
            return one;
        };
        kernel_ = node.weights.take("kernel", shape({in_.channels, 3 * units}));
        recurrentKernel_ = node.weights.take("recurrent_kernel", shape({units, 3 * units}));
        bias_ = node.weights.take("bias", shape({2, 3 * units}));
    }

    Cost cost() const override {
        const double size = output_.size(), depth = in_.channels + output_.channels;
        const double vectors = perPosition_ ? (depth + 4) * in_.positions * kMostLanes : 0.0; // filled up
        return {size * 3 * depth, 6 * size + vectors};
    }

    Needs prepare(const Kernels& kernels) override {
        kernels_ = &kernels;
        const int gates = 3 * output_.channels, sets = perPosition_ ? in_.positions : 1;
        std::vector<float> inputBias;
        for (int set = 0; set < sets; ++set) {
            const auto bias = bias_.begin() + 2 * set * gates;
            inputBias.insert(inputBias.end(), bias, bias + gates);

            LinearSettings recurrent;
            const int rows = perPosition_ || overFrequency_ ? 1 : in_.positions;
            recurrent.input = {rows, output_.channels};
            recurrent.output = {rows, gates};
            const auto kernel = recurrentKernel_.begin() + set * output_.channels * gates;
            recurrent.kernel.assign(kernel, kernel + output_.channels * gates);
            recurrent.bias.assign(bias + gates, bias + 2 * gates);
            recurrent.slopes.assign(gates, 1.0f);
            recurrent_.emplace_back(kernels, recurrent);
        }
        LinearSettings input;
        input.input = in_;
        input.output = {in_.positions, gates};
        input.perPosition = perPosition_;
        input.kernel = std::exchange(kernel_, {});
        input.bias = std::move(inputBias);
        input.slopes.assign(gates, 1.0f);
        input_.emplace(kernels, input);
        bias_.clear();
        recurrentKernel_.clear();
        return {.left = input_->leftMargin(),
                .right = input_->rightMargin(),
                .state = overFrequency_ ? 0 : roundUp(output_.size())};
    }

    std::ptrdiff_t scratch(int frames) const noexcept override {
        const int most = std::max(in_.positions, frames);
        return inputStride() * frames + gates() * most + roundUp(output_.channels);
    }

    void run(const Call& call) const noexcept override {
        float* input = call.scratch; // [frames][positions][3 units]
        float* recurrent = input + inputStride() * call.frames;
        input_->run(call.inputs[0].first, call.inputs[0].stride, input, inputStride(), call.frames);
        if (overFrequency_)
            alongFrequency(call, input, recurrent);
        else
            alongTime(call, input, recurrent);
    }

private:
    std::ptrdiff_t gates() const noexcept { return roundUp(3 * static_cast<std::ptrdiff_t>(output_.channels)); }
    std::ptrdiff_t inputStride() const noexcept { return gates() * in_.positions; }

    /// Positions that share weights take each step together; with weights of its own, each runs through all frames.
    void alongTime(const Call& call, const float* input, float* recurrent) const noexcept {
        const int units = output_.channels, together = perPosition_ ? 1 : in_.positions;
        for (int first = 0; first < in_.positions; first += together) {
            const Linear& linear = recurrent_[perPosition_ ? first : 0];
            float* h = call.state + first * units;
            for (int t = 0; t < call.frames; ++t) {
                linear.run(h, 0, recurrent, 0, 1);
                const float* x = input + t * inputStride() + first * 3 * units;
                for (int f = 0; f < together; ++f)
                    kernels_->gruStep(x + f * 3 * units, recurrent + f * 3 * units, h + f * units, h + f * units,
                                      units);
                std::copy_n(h, together * units, call.output[t] + first * units);
            }
        }
    }

    /// The frames are independent: their states at one position are the rows of one product.
    void alongFrequency(const Call& call, const float* input, float* recurrent) const noexcept {
        const int units = output_.channels, positions = in_.positions;
        const std::ptrdiff_t outStride = call.output.stride;
        float* zero = recurrent + gates() * std::max(positions, call.frames);
        std::fill_n(zero, units, 0.0f);
        for (int n = 0; n < positions; ++n) {
            const int f = reverse_ ? positions - 1 - n : n, previous = reverse_ ? f + 1 : f - 1;
            float* out = call.output.first + f * units;
            const float* old = n == 0 ? zero : call.output.first + previous * units;
            recurrent_[0].run(old, outStride, recurrent, gates(), n == 0 ? 1 : call.frames);
            for (int t = 0; t < call.frames; ++t) {
                const std::ptrdiff_t row = n == 0 ? 0 : t;
                kernels_->gruStep(input + t * inputStride() + f * 3 * units, recurrent + row * gates(),
                                  old + row * outStride, out + t * outStride, units);
            }
        }
    }

    Shape in_;
    bool overFrequency_, reverse_, perPosition_;
    std::vector<float> kernel_, recurrentKernel_, bias_;
    const Kernels* kernels_ = nullptr;
    std::optional<Linear> input_;
    std::vector<Linear> recurrent_; // one, or one for each position
};

} // namespace

std::unique_ptr<Layer> gru(Definition& node) { return std::make_unique<Gru>(node); }

} // namespace deepdenoise::layers
