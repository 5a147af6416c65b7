// Runs a model's nodes over one or many frames. `Graph` is the immutable plan, `Runner` the working memory.
#pragma once

#include "aligned.h"
#include "linear.h"
#include "model.h"

#include <optional>
#include <vector>

namespace deepdenoise {

/// The plan: weights packed for the vectors of this CPU, and where each tensor lies.
///
/// A tensor's frames lie `stride` floats apart, each between margins that stay zero: the padding of the convolutions
/// that read it. Before them lie `history` past frames, kept from call to call in a state.
class Graph {
public:
    Graph(const Kernels& kernels, std::vector<Node> nodes, const std::vector<Port>& outputs);

    struct Tensor {
        Shape shape;
        std::ptrdiff_t left = 0, right = 0, stride = 0; // floats
        int history = 0;                                // frames
        int buffer = 0;                                 // tensors that never meet share one
        std::ptrdiff_t state = 0;                       // where its history is kept
    };
    struct Step {
        Node node; // weights not needed any more are gone
        std::optional<Linear> linear;
        std::optional<Linear> recurrent; // gru
        std::ptrdiff_t state = 0;        // gru over time: [positions][units]
        std::vector<float> slopes;       // activation
    };

    const Kernels& kernels() const noexcept { return *kernels_; }
    const std::vector<Step>& steps() const noexcept { return steps_; }
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
    const Kernels* kernels_;
    std::vector<Step> steps_;
    std::vector<Tensor> tensors_;
    std::vector<int> bufferTensor_; // one tensor of each buffer, for its size
    std::ptrdiff_t stateSize_ = 0;
};

/// Working memory for one graph. The state is the caller's: `stateSize()` floats, zero at the start of a stream.
class Runner {
public:
    Runner(const Graph& graph, int maxFrames);

    int maxFrames() const noexcept { return maxFrames_; }
    float* frame(int node, int t) noexcept;
    void run(int frames, float* state) noexcept;
    void clear() noexcept; ///< after values that are not finite

private:
    void runStep(int index, int frames, float* state) noexcept;
    void gru(const Graph::Step& step, int index, int frames, float* state) noexcept;
    void attention(const Graph::Step& step, int index, int frames) noexcept;

    const Graph* graph_;
    int maxFrames_;
    std::vector<Floats> buffers_;
    Floats scratch_;
    Floats zeros_, ones_;
};

} // namespace deepdenoise
