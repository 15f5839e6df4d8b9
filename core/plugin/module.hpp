#pragma once
// Loading one shared library. It is never unloaded: a library may have left threads, thread-local
// destructors or static strings behind, and glibc would hand out old code for the same path anyway.
// [main]

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/plugin/fault.hpp"
#include "core/plugin/plugin.hpp"

namespace headgate::plugin {

class Host;

inline constexpr std::uint32_t kPluginsPerModuleMax = 64;

struct Module {
  std::string path;    // canonical
  std::string sha256;  // hexadecimal
  std::vector<std::unique_ptr<Plugin>> plugins;
};

struct LoadedModule {
  std::optional<Module> module;  // empty when there are faults
  std::vector<LoadFault> faults;
};

// Loads the library at `path`, which must be absolute, and checks all that it declares: ABI
// version, sizes, kinds, required functions, manifests. Nothing of a library with a fault is used.
LoadedModule load_module(const std::string& path, Host& host);

// The bytes' SHA-256, hexadecimal; empty if the file cannot be read.
std::string file_sha256(const std::string& path);

}  // namespace headgate::plugin
