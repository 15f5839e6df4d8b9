#pragma once
// One plugin of a loaded library: its manifest and its table of functions. Lives as long as the
// Registry that loaded it, which is as long as the process; never changes. [any]
//
// The tables are copies, as long as the gateway knows them: what the plugin's own, perhaps shorter,
// table does not have is NULL here, and what it has beyond is left out. So nobody behind the loader
// looks at `size`.

#include <headgate/abi.h>
#include <headgate/dialect.h>
#include <headgate/policy.h>
#include <headgate/provider.h>

#include <string>

#include "core/plugin/manifest.hpp"

namespace headgate::plugin {

struct Plugin {
  Manifest manifest;
  std::string manifest_json;      // as the library has it
  std::string path;               // of the library, absolute
  std::string sha256;             // of the library's bytes, hexadecimal
  const hg_host* host = nullptr;  // this plugin's own: it knows whose log line it writes

  hg_instance_api instance{};
  // The one of manifest.kind is filled.
  hg_provider_api provider{};
  hg_policy_api policy{};
  hg_dialect_api dialect{};

  Kind kind() const { return manifest.kind; }
  const std::string& id() const { return manifest.id; }
};

}  // namespace headgate::plugin
