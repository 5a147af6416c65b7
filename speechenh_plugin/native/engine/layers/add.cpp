// Sum of inputs of one shape.
#include "layers/layer.h"

namespace deepdenoise::layers {
namespace {

class Add final : public Layer {
public:
    explicit Add(Definition& node) { output_ = node.equalInputs(); }

    void run(const Call& call) const noexcept override {
        for (int t = 0; t < call.frames; ++t) {
            float* y = call.output[t];
            for (std::size_t i = 1; i < call.inputs.size(); ++i) {
                const float *first = i == 1 ? call.inputs[0][t] : y, *other = call.inputs[i][t];
                for (int j = 0; j < output_.size(); ++j)
                    y[j] = first[j] + other[j];
            }
        }
    }
};

} // namespace

std::unique_ptr<Layer> add(Definition& node) { return std::make_unique<Add>(node); }

} // namespace deepdenoise::layers
