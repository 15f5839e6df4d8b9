#pragma once
// Where the build puts a plugin, and where its source is.

#include <string>

inline std::string plugin_path(const std::string& name) {
  return std::string(HEADGATE_BINARY_DIR) + "/lib/headgate/plugins/" + name + ".so";
}
inline std::string plugin_source(const std::string& kind_and_name) {
  return std::string(HEADGATE_SOURCE_DIR) + "/plugins/" + kind_and_name;
}
