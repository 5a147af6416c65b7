// Some of the positions, or of the channels.
#include "layers/layer.h"

#include <algorithm>

namespace deepdenoise::layers {
namespace {

class Slice final : public Layer {
public:
    explicit Slice(Definition& node) {
        in_ = node.input();
        overFrequency_ = node.attributes.choice("axis", {"channel", "frequency"}) == 1;
        start_ = node.attributes.number("start", 0, kMostSize);
        const int size = node.attributes.number("size", 1, kMostSize);
        const int length = overFrequency_ ? in_.positions : in_.channels;
        require(start_ < length && size <= length - start_, "the slice lies outside its input");
        output_ = overFrequency_ ? Shape{size, in_.channels} : Shape{in_.positions, size};
    }

    void run(const Call& call) const noexcept override {
        for (int t = 0; t < call.frames; ++t) {
            const float* x = call.inputs[0][t];
            float* y = call.output[t];
            if (overFrequency_)
                std::copy_n(x + start_ * in_.channels, output_.size(), y);
            else
                for (int f = 0; f < output_.positions; ++f)
                    std::copy_n(x + f * in_.channels + start_, output_.channels, y + f * output_.channels);
        }
    }

private:
    Shape in_;
    bool overFrequency_;
    int start_;
};

} // namespace

std::unique_ptr<Layer> slice(Definition& node) { return std::make_unique<Slice>(node); }

} // namespace deepdenoise::layers
