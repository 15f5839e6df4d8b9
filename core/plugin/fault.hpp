#pragma once
// What is wrong with a plugin: its library (LoadFault), or its configuration (PluginFault). Values,
// collected and shown all at once.

#include <string>

namespace headgate::plugin {

// A library that is not used, and why. `message` names the path itself, so that it can be shown as
// it is.
struct LoadFault {
  std::string path;
  std::string message;
};

// What a plugin's create() says about the configuration it was given.
struct PluginFault {
  std::string json_pointer;  // into the plugin's config; empty: all of it
  std::string message;
};

}  // namespace headgate::plugin
