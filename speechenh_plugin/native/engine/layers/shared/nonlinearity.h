// The attributes `activation` and `alpha`, which convolutions, dense layers and the activation layer share.
#pragma once

#include "kernels/kernels.h"
#include "layers/shared/definition.h"

#include <vector>

namespace deepdenoise {

/// f(v) = max(v, 0) + slope * min(v, 0) of each channel, then `smooth`. One of the two is the identity.
struct Nonlinearity {
    std::vector<float> slopes;
    Activation smooth = Activation::linear;
};

/// Takes the attributes, and the weight of a PReLU, for an output of so many channels.
Nonlinearity takeNonlinearity(Definition& node, int channels);

} // namespace deepdenoise
