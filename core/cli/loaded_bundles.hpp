#pragma once
// The bundles that the configuration names: found in the index, held against the lock file, checked
// whole, and loaded from the very files that were checked. Bundles are read at the start; a reload
// holds those that are loaded against the lock file again. [main]

#include <string>
#include <vector>

#include "core/bundle/installed.hpp"
#include "core/bundle/pins.hpp"
#include "core/config/static_config.hpp"
#include "core/plugin/registry.hpp"

namespace headgate::cli {

// What this gateway is, for what a bundle says that it needs.
bundle::AbiVersion own_abi();

class LoadedBundles {
 public:
  // Loads all of them into `registry`. Each fault stands where the bundle is named in `file`.
  config::Faults load(const config::PluginsConfig& config, const std::string& file,
                      const std::string& bundle_folder, plugin::Registry& registry);

  // Whether the lock file still has those that are loaded.
  config::Faults check_lock(const config::PluginsConfig& config, const std::string& file) const;

  // In the order of the configuration.
  const std::vector<bundle::Pin>& pins() const { return pins_; }

 private:
  std::vector<bundle::Pin> pins_;
};

// The lock file's content; nothing where none is configured.
Result<std::vector<bundle::Pin>> read_lock(const std::string& path);

}  // namespace headgate::cli
