#pragma once
// The JSON Schema of the whole file, for editors and for the reference. It is made by the very
// descriptions that the loader reads with, so the two cannot drift apart. [main]

#include <string>

#include "core/config/plugin_keys.hpp"

namespace headgate::config {

// Pretty-printed JSON Schema (2020-12), the schemas of all plugins merged in.
// REQUIRES: the plugins' schemas parse (parse_schema).
std::string write_schema(const PluginKeys& plugins);

}  // namespace headgate::config
