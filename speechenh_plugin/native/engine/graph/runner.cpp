#include "graph/runner.h"

#include <algorithm>

namespace deepdenoise {

Runner::Runner(const Plan& plan, int maxFrames)
    : plan_(&plan), maxFrames_(maxFrames), scratch_(plan.scratchSize(maxFrames)) {
    for (int b = 0; b < plan.buffers(); ++b)
        buffers_.emplace_back(plan.bufferSize(b, maxFrames));
    const int count = static_cast<int>(plan.nodes().size());
    for (int i = 0; i < count; ++i) {
        const Plan::Tensor& tensor = plan.tensor(i);
        outputs_.push_back(
            {buffers_[tensor.buffer].data() + tensor.left + tensor.history * tensor.stride, tensor.stride});
        for (const int input : plan.nodes()[i].inputs)
            inputs_.push_back(outputs_[input]);
    }
}

void Runner::clear() noexcept {
    for (Floats& buffer : buffers_)
        std::fill(buffer.begin(), buffer.end(), 0.0f);
}

void Runner::run(int frames, float* state) noexcept {
    std::span<const Frames> rest(inputs_);
    const int count = static_cast<int>(plan_->nodes().size());
    for (int i = 0; i < count; ++i) {
        const Node& node = plan_->nodes()[i];
        const Plan::Tensor& tensor = plan_->tensor(i);
        const std::ptrdiff_t past = tensor.history * tensor.stride;
        float* buffer = buffers_[tensor.buffer].data();
        std::copy_n(state + tensor.pastState, past, buffer);
        node.layer->run(
            {rest.first(node.inputs.size()), outputs_[i], frames, state + tensor.layerState, scratch_.data()});
        std::copy_n(buffer + frames * tensor.stride, past, state + tensor.pastState);
        rest = rest.subspan(node.inputs.size());
    }
}

} // namespace deepdenoise
