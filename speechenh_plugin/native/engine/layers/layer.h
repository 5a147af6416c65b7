// What a layer is to the engine. Each type is one file, layers/NAME.cpp, and one line of layers/registry.def.
#pragma once

#include "kernels/kernels.h"
#include "layers/shared/definition.h"

#include <cstddef>
#include <memory>
#include <span>

namespace deepdenoise {

/// Frames of a tensor, `stride` floats apart; one frame is [positions][channels].
struct Frames {
    float* first;
    std::ptrdiff_t stride;
    float* operator[](int t) const noexcept { return first + t * stride; }
};

/// What `run` works on.
struct Call {
    std::span<const Frames> inputs;
    Frames output;
    int frames;
    float* state;   ///< `Needs::state` floats
    float* scratch; ///< `Layer::scratch(frames)` floats, of any content
};

/// What a layer needs around its frames and from call to call, in floats if nothing else is said.
struct Needs {
    int history = 0;            ///< past frames of each input: inputs[i][-1] is the last of them
    std::ptrdiff_t left = 0;    ///< zeros before each frame of the inputs
    std::ptrdiff_t right = 0;   ///< zeros after it
    std::ptrdiff_t overrun = 0; ///< floats that `run` may write after each frame of the output, if it zeroes them again
    std::ptrdiff_t state = 0;   ///< kept from call to call, zero at the start of a stream
};

/// Work of one frame in multiply-adds, and the floats it keeps; estimated before anything is allocated.
struct Cost {
    double multiplyAdds = 0;
    double floats = 0;
};

/// Made from a `Definition`: the constructor takes attributes and weights, refuses what is wrong, and sets `output_`.
class Layer {
public:
    virtual ~Layer() = default;

    /// One frame of the output.
    Shape output() const noexcept { return output_; }

    virtual Cost cost() const;

    /// Lays the weights out for the vectors of this CPU. Called once, before `run`.
    virtual Needs prepare(const Kernels&) { return {}; }

    /// Floats of working memory for a number of frames at once.
    virtual std::ptrdiff_t scratch(int /*frames*/) const noexcept { return 0; }

    /// Computes `call.frames` frames of the output. Never allocates, locks or throws; threads share a layer.
    virtual void run(const Call& call) const noexcept = 0;

protected:
    Shape output_;
};

using MakeLayer = std::unique_ptr<Layer> (*)(Definition&);

/// Makes the layer that `definition.type` names; throws ModelError.
std::unique_ptr<Layer> makeLayer(Definition& definition);

/// Names of all types, in the order of registry.def.
std::span<const char* const> layerNames() noexcept;

} // namespace deepdenoise
