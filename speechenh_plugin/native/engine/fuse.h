// Simplifies a graph before it is planned.
#pragma once

#include "model.h"

#include <vector>

namespace deepdenoise {

/// An activation that alone reads a linear layer becomes a part of it. `inputs` and `outputs` follow the nodes' new
/// places.
void fuseActivations(std::vector<Node>& nodes, std::vector<Port>& inputs, std::vector<Port>& outputs);

} // namespace deepdenoise
