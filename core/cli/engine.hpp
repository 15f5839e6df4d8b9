#pragma once
// What lives as long as the process and is independent of any configuration: plugins, statistics,
// metrics. `check` needs it as much as `run`. [main]

#include <memory>
#include <string>
#include <vector>

#include "core/cli/loaded_bundles.hpp"
#include "core/cli/plugin_paths.hpp"
#include "core/cli/services.hpp"
#include "core/config/config.hpp"
#include "core/exchange/snapshot_builder.hpp"
#include "core/plugin/host.hpp"
#include "core/upstream/target.hpp"

namespace headgate::cli {

inline constexpr std::string_view kVersion = HEADGATE_VERSION;

class Engine {
 public:
  // `workers`: how many there will be.
  Engine(Clock& clock, std::size_t workers, std::vector<std::string> hidden_metrics);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Loads the plugins of these folders. What is wrong with them, one a line; empty: nothing.
  std::string load_plugins(const std::vector<std::string>& folders);

  // Loads the bundles that the configuration names, after those. `file`: its name in faults.
  config::Faults load_bundles(const config::PluginsConfig& config, const std::string& file,
                              const std::string& bundle_folder);

  // Reads the file with the plugins that are loaded, and with those that it names by their paths.
  config::LoadedConfig load_config(const std::string& file, bool allow_paths);

  exchange::SnapshotSources sources();

  Clock& clock;
  observe::MetricRegistry metric_registry;
  observe::GatewayMetrics metrics;
  exchange::EndpointDirectory directory;
  exchange::Wakers wakers;
  GatewayServices services;
  plugin::Host host;
  plugin::Registry plugins;
  LoadedBundles bundles;
  plugin::InstanceStore instances;
  select::CellTable cells;
  upstream::TargetTable targets;
  upstream::TlsContextCache tls;

 private:
  void warn_of_plugins();
  void ask_plugins(config::LoadedConfig& loaded);
};

// Where the plugins that belong to this binary are: beside it, in ../lib/headgate/plugins.
std::string built_in_plugin_folder();

// Where bundles are installed: beside them. `chosen` where it is not empty.
std::string bundle_folder(const std::string& chosen);

// The folders to load plugins from: the built-in one, those of the configuration, those of the
// command line; without repetitions.
std::vector<std::string> plugin_folders(const config::StaticConfig& config,
                                        const std::vector<std::string>& more);

}  // namespace headgate::cli
