// Row-major reshape: (F, r*C) to (F*r, C) is sub-pixel up-sampling.
#include "layers/layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class Reshape final : public Layer {
public:
    explicit Reshape(Definition& node) {
        const Shape in = node.input();
        const std::vector<int> shape = node.attributes.numbers("shape", 2, 1, kMostSize);
        require(static_cast<double>(shape[0]) * shape[1] == in.size(), "reshape must keep the number of values");
        output_ = {shape[0], shape[1]};
    }

    void run(const Call& call) const noexcept override {
        for (int t = 0; t < call.frames; ++t)
            std::copy_n(call.inputs[0][t], output_.size(), call.output[t]);
    }
};

} // namespace

std::unique_ptr<Layer> reshape(Definition& node) { return std::make_unique<Reshape>(node); }

} // namespace deepdenoise::layers
