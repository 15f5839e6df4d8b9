#pragma once
// Plugins that the configuration names by the absolute paths of their files (`use: /PATH` with
// config.plugins.allowPaths): found in the file, loaded, and the file read again with them. [main]

#include <string>

#include "core/config/config.hpp"
#include "core/plugin/registry.hpp"

namespace headgate::cli {

// Reads a file with the plugins of `registry`, to which those are added that it names by a path,
// where that is allowed (config.plugins.allowPaths, as it was at the start). What is wrong with one
// of them is a fault at its `use`. What is loaded stays, also if the file has other faults.
config::LoadedConfig load_config_file(const std::string& file, bool allow_paths,
                                      plugin::Registry& registry);

}  // namespace headgate::cli
