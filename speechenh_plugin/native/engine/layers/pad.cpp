// Zeros before and after the positions.
#include "layers/layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class Pad final : public Layer {
public:
    explicit Pad(Definition& node) {
        in_ = node.input();
        before_ = node.attributes.number("before", 0, kMostSize);
        const int after = node.attributes.number("after", 0, kMostSize);
        output_ = {in_.positions + before_ + after, in_.channels};
    }

    void run(const Call& call) const noexcept override {
        for (int t = 0; t < call.frames; ++t) {
            std::fill_n(call.output[t], output_.size(), 0.0f);
            std::copy_n(call.inputs[0][t], in_.size(), call.output[t] + before_ * in_.channels);
        }
    }

private:
    Shape in_;
    int before_;
};

} // namespace

std::unique_ptr<Layer> pad(Definition& node) { return std::make_unique<Pad>(node); }

} // namespace deepdenoise::layers
