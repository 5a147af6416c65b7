// The models that lie in the plug-in's own bundle, Contents/Resources/NAME.ddn.
#pragma once

#include "../engine/deepdenoise.h"

#include <memory>
#include <string>
#include <vector>

namespace deepdenoise::plugin {

/// Names of the models, best first: fullband, voice-8k and cr_ced if the bundle holds them, then the others in
/// alphabetical order. A new instance uses the first.
const std::vector<std::string>& bundledModels();

/// The bundled model of that name, shared by all instances; null if there is none or its file is damaged.
std::shared_ptr<const Model> bundledModel(const std::string& name);

} // namespace deepdenoise::plugin
