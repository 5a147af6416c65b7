// The plan of a graph: its layers in order, and where each tensor lies.
#pragma once

#include "kernels/kernels.h"
#include "layers/layer.h"

#include <memory>
#include <string>
#include <vector>

namespace deepdenoise {

struct Node {
    std::string name;
    std::vector<int> inputs; // indices of earlier nodes; none where frames come from outside
    std::unique_ptr<Layer> layer;
};

/// A tensor's frames lie `stride` floats apart, each between margins that stay zero: the padding of the convolutions
/// that read it. Before them lie `history` past frames, kept from call to call in a state.
///
/// Immutable, and shared by the runners of all streams.
class Plan {
public:
    /// `outputs`: nodes whose frames are read after a run.
    Plan(const Kernels& kernels, std::vector<Node> nodes, const std::vector<int>& outputs);

    struct Tensor {
        Shape shape;
        std::ptrdiff_t left = 0, right = 0, stride = 0; // floats
        int history = 0;                                // frames
        int buffer = 0;                                 // tensors that never meet share one
        std::ptrdiff_t pastState = 0;                   // where its history is kept
        std::ptrdiff_t layerState = 0;                  // where its layer's own state is kept
    };

    const Kernels& kernels() const noexcept { return *kernels_; }
    const std::vector<Node>& nodes() const noexcept { return nodes_; }
    const Tensor& tensor(int node) const noexcept { return tensors_[node]; }
    std::ptrdiff_t stateSize() const noexcept { return stateSize_; }

    /// Floats of working memory for a number of frames at once.
    std::ptrdiff_t bufferSize(int buffer, int frames) const noexcept;
    int buffers() const noexcept { return static_cast<int>(bufferTensor_.size()); }
    std::ptrdiff_t scratchSize(int frames) const noexcept;

    /// Floats of state and working memory for one frame.
    std::ptrdiff_t memory() const noexcept;

    /// How many frames to run at once: as many as fit the cache, at most `wanted`.
    int batchFor(int wanted) const noexcept;

private:
    void placeBuffers(const std::vector<int>& outputs);

    const Kernels* kernels_;
    std::vector<Node> nodes_;
    std::vector<Tensor> tensors_;
    std::vector<int> bufferTensor_; // one tensor of each buffer, for its size
    std::ptrdiff_t stateSize_ = 0;
};

} // namespace deepdenoise
