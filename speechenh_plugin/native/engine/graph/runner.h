// Runs a plan over one or many frames.
#pragma once

#include "graph/plan.h"
#include "kernels/aligned.h"

#include <vector>

namespace deepdenoise {

/// Working memory for one plan. The state is the caller's: `stateSize()` floats, zero at the start of a stream.
class Runner {
public:
    Runner(const Plan& plan, int maxFrames);
    Runner(const Runner&) = delete; // frames point into its buffers

    int maxFrames() const noexcept { return maxFrames_; }

    /// Frame t of a node: to fill before a run, if it is an input; to read after it, if it is an output.
    float* frame(int node, int t) const noexcept { return outputs_[node][t]; }

    void run(int frames, float* state) noexcept;
    void clear() noexcept; ///< after values that are not finite

private:
    const Plan* plan_;
    int maxFrames_;
    std::vector<Floats> buffers_;
    Floats scratch_;
    std::vector<Frames> outputs_, inputs_; // of each node; of all nodes, one after the other
};

} // namespace deepdenoise
