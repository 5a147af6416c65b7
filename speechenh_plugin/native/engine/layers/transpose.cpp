// Swaps positions and channels.
#include "layers/layer.h"

namespace deepdenoise::layers {
namespace {

class Transpose final : public Layer {
public:
    explicit Transpose(Definition& node) {
        const Shape in = node.input();
        output_ = {in.channels, in.positions};
    }

    void run(const Call& call) const noexcept override {
        const int positions = output_.positions, channels = output_.channels;
        for (int t = 0; t < call.frames; ++t) {
            const float* x = call.inputs[0][t];
            float* y = call.output[t];
            for (int f = 0; f < positions; ++f)
                for (int c = 0; c < channels; ++c)
                    y[f * channels + c] = x[c * positions + f];
        }
    }
};

} // namespace

std::unique_ptr<Layer> transpose(Definition& node) { return std::make_unique<Transpose>(node); }

} // namespace deepdenoise::layers
