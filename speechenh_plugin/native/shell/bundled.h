// The models that lie beside the plug-in: the list from which its Model control chooses.
#pragma once

#include "deepdenoise.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace deepdenoise::shell {

/// Names of the models by their ranks, the least first. A new instance uses the first.
///
/// They are the files NAME.ddn of the first of these folders that holds any: ../Resources as seen from the plug-in's
/// binary (a bundle of VST3 or macOS); a folder beside the binary that bears its name without its extension; the
/// Resources of a DeepDenoise.vst3 one or two folders further up, as in the Python package.
const std::vector<std::string>& bundledModels();

/// The model of that name, shared by all instances; null if there is none or its file is damaged.
std::shared_ptr<const Model> bundledModel(const std::string& name);

/// A model from the bytes of its file; null if it is damaged.
std::shared_ptr<const Model> modelFrom(const std::string& bytes);

/// The first bytes of a file, all by default; none if it cannot be read.
std::string readFile(const std::filesystem::path& path, size_t most = SIZE_MAX);

} // namespace deepdenoise::shell
