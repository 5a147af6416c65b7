// What the front end, or a test, fills in before each run.
#include "layers/layer.h"

namespace deepdenoise::layers {
namespace {

class Input final : public Layer {
public:
    explicit Input(Definition& node) {
        require(node.inputs.empty(), "an input node takes no inputs");
        const std::vector<int> shape = node.attributes.numbers("shape", 2, 1, kMostSize);
        output_ = {shape[0], shape[1]};
    }

    void run(const Call&) const noexcept override {}
};

} // namespace

std::unique_ptr<Layer> input(Definition& node) { return std::make_unique<Input>(node); }

} // namespace deepdenoise::layers
