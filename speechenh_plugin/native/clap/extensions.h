// What the plug-in offers beyond sound: ports, parameters, state, latency and tail.
#pragma once

#include "clap.h"

namespace deepdenoise::clap_plugin {

/// The table of an extension; null for one that is not known.
const void* CLAP_CALL extension(const clap::Plugin* plugin, const char* id);

} // namespace deepdenoise::clap_plugin
