// The models that lie in the plug-in's own bundle, Contents/Resources/NAME.ddn.
#pragma once

#include "../engine/deepdenoise.h"

#include <memory>
#include <string>

namespace deepdenoise::plugin {

/// Name of the model that a new instance uses: the first of fullband, voice-8k, cr_ced that the bundle holds,
/// else the first in alphabetical order; empty if it holds none.
std::string defaultModel();

/// The bundled model of that name, shared by all instances; null if there is none or its file is damaged.
std::shared_ptr<const Model> bundledModel(const std::string& name);

} // namespace deepdenoise::plugin
