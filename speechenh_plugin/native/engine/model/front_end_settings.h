// What a model file says of its front end.
#pragma once

#include "model/model.h"

namespace deepdenoise {

/// Takes the settings; throws ModelError.
FrontEndSettings takeFrontEnd(Attributes& attributes);

/// Refuses a model whose inputs and outputs are not those of its front end.
void checkPorts(const ModelData& model, const std::vector<Node>& nodes);

} // namespace deepdenoise
