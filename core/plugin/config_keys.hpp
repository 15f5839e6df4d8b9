#pragma once
// The registry as core/config wants it: which keys the installed plugins add to the file. [main]

#include "core/config/plugin_keys.hpp"

namespace headgate::plugin {

class Registry;

config::PluginKeys config_keys(const Registry& registry);

}  // namespace headgate::plugin
