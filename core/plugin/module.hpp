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

// A library to load.
struct LibraryFile {
  std::string path;  // absolute
  // Open on the bytes that are to be loaded, whatever lies at the path by then. It stays open for
  // as long as the process lives: the loader knows a library by the name that it was opened by.
  int descriptor = -1;
  std::string sha256 = {};  // of these bytes, when it is known
};

struct Module {
  std::string path;    // canonical
  std::string sha256;  // hexadecimal
  std::vector<std::unique_ptr<Plugin>> plugins;
};

struct LoadedModule {
  std::optional<Module> module;  // empty when there are faults
  std::vector<LoadFault> faults;
  // Of a library with faults that was mapped all the same, and stays so: the hash of its bytes.
  // Empty: it was not, so another file at its path can be loaded.
  std::string mapped_sha256 = {};
};

// Loads the library and checks all that it declares: ABI version, sizes, kinds, required functions,
// manifests. Nothing of a library with a fault is used.
LoadedModule load_module(const LibraryFile& library, Host& host);

// The bytes' SHA-256, hexadecimal; empty if the file cannot be read.
std::string file_sha256(const std::string& path);

}  // namespace headgate::plugin
