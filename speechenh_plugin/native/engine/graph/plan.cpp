#include "graph/plan.h"

#include "kernels/aligned.h"

#include <algorithm>

namespace deepdenoise {
namespace {

constexpr std::ptrdiff_t kCacheFloats = 192 * 1024; // three quarters of a megabyte: fits most second-level caches

} // namespace

Plan::Plan(const Kernels& kernels, std::vector<Node> nodes, const std::vector<int>& outputs)
    : kernels_(&kernels), nodes_(std::move(nodes)), tensors_(nodes_.size()) {
    std::vector<std::ptrdiff_t> layerStates;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Needs needs = nodes_[i].layer->prepare(kernels);
        tensors_[i].shape = nodes_[i].layer->output();
        tensors_[i].right = needs.overrun;
        layerStates.push_back(needs.state);
        for (const int input : nodes_[i].inputs) {
            Tensor& tensor = tensors_[input];
            tensor.left = std::max(tensor.left, needs.left);
            tensor.right = std::max(tensor.right, needs.right);
            tensor.history = std::max(tensor.history, needs.history);
        }
    }
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
        Tensor& tensor = tensors_[i];
        tensor.left = roundUp(tensor.left);
        tensor.stride = roundUp(tensor.left + tensor.shape.size() + tensor.right);
        tensor.pastState = stateSize_;
        tensor.layerState = tensor.pastState + tensor.history * tensor.stride;
        stateSize_ = tensor.layerState + roundUp(layerStates[i]);
    }
    placeBuffers(outputs);
}

/// A buffer is free once the last reader of what it held has run; its margins fit only the same geometry.
void Plan::placeBuffers(const std::vector<int>& outputs) {
    const int count = static_cast<int>(nodes_.size());
    std::vector<int> lastUse(nodes_.size());
    for (int i = 0; i < count; ++i) {
        lastUse[i] = nodes_[i].inputs.empty() ? count : i; // inputs are filled beforehand
        for (const int input : nodes_[i].inputs)
            lastUse[input] = std::max(lastUse[input], i);
    }
    for (const int output : outputs)
        lastUse[output] = count;

    std::vector<bool> busy;
    for (int i = 0; i < count; ++i) {
        Tensor& tensor = tensors_[i];
        const bool shares = tensor.history == 0 && !nodes_[i].inputs.empty();
        tensor.buffer = -1;
        for (int b = 0; shares && b < buffers(); ++b) {
            const Tensor& other = tensors_[bufferTensor_[b]];
            if (!busy[b] && other.history == 0 && other.left == tensor.left && other.stride == tensor.stride &&
                other.shape.size() == tensor.shape.size()) {
                tensor.buffer = b;
                break;
            }
        }
        if (tensor.buffer < 0) {
            tensor.buffer = buffers();
            bufferTensor_.push_back(i);
            busy.push_back(true);
        }
        busy[tensor.buffer] = true;
        for (int j = 0; j <= i; ++j)
            if (lastUse[j] == i)
                busy[tensors_[j].buffer] = false;
    }
}

std::ptrdiff_t Plan::bufferSize(int buffer, int frames) const noexcept {
    const Tensor& tensor = this->tensor(bufferTensor_[buffer]);
    return tensor.stride * (tensor.history + frames);
}

std::ptrdiff_t Plan::scratchSize(int frames) const noexcept {
    std::ptrdiff_t most = 0;
    for (const Node& node : nodes_)
        most = std::max(most, node.layer->scratch(frames));
    return most;
}

std::ptrdiff_t Plan::memory() const noexcept {
    std::ptrdiff_t floats = stateSize_ + scratchSize(1);
    for (int b = 0; b < buffers(); ++b)
        floats += bufferSize(b, 1);
    return floats;
}

int Plan::batchFor(int wanted) const noexcept {
    std::ptrdiff_t one = scratchSize(2) - scratchSize(1);
    for (int b = 0; b < buffers(); ++b)
        one += tensor(bufferTensor_[b]).stride;
    return static_cast<int>(std::clamp<std::ptrdiff_t>(kCacheFloats / one, 1, std::clamp(wanted, 1, 32)));
}

} // namespace deepdenoise
