// Repeats each position.
#include "layers/layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class Upsample final : public Layer {
public:
    explicit Upsample(Definition& node) {
        const Shape in = node.input();
        factor_ = node.attributes.number("factor", 1, 64);
        output_ = {in.positions * factor_, in.channels};
    }

    void run(const Call& call) const noexcept override {
        const int channels = output_.channels;
        for (int t = 0; t < call.frames; ++t)
            for (int f = 0; f < output_.positions; ++f)
                std::copy_n(call.inputs[0][t] + f / factor_ * channels, channels, call.output[t] + f * channels);
    }

private:
    int factor_;
};

} // namespace

std::unique_ptr<Layer> upsample(Definition& node) { return std::make_unique<Upsample>(node); }

} // namespace deepdenoise::layers
