#pragma once
// The configuration as the program uses it, and how it is loaded: text -> tree -> typed structs ->
// checks across the file. Either everything is right, or nothing is returned but the faults.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/environment.hpp"
#include "core/config/fault.hpp"
#include "core/config/frontend_config.hpp"
#include "core/config/listener_config.hpp"
#include "core/config/plugin_keys.hpp"
#include "core/config/static_config.hpp"

namespace headgate::config {

struct Config {
  StaticConfig fixed;       // `config`
  FrontendConfig frontend;  // `frontendPolicies`
  std::vector<BindConfig> binds;

  std::string file;
  // Every file that was read for it besides itself (secrets, certificates), sorted: a change of one
  // of them is a change of the configuration.
  std::vector<std::string> referenced_files;
};

void describe(Fields& fields, Config& config);

struct LoadedConfig {
  std::shared_ptr<const Config> config;  // null when there are faults
  Faults faults;                         // all of them, by place
  // What `use: /PATH` names, once each, where the plugin keys ask to collect it. Then there is no
  // config, as nothing is known of these plugins.
  std::vector<std::string> plugin_paths = {};
  // Where there are faults: what plugins can be asked about all the same, so that theirs are told
  // in the same run.
  std::vector<AcceptedPlugin> accepted = {};

  explicit operator bool() const { return config != nullptr; }
};

// Loads a file's text; `file` is its name in faults. Never throws for what the text says. [main]
LoadedConfig load_config(std::string_view text, std::string file, const PluginKeys& plugins,
                         const Environment& environment);

// Reads and loads a file. YAML and JSON are read alike. [main]
LoadedConfig load_config_file(const std::string& path, const PluginKeys& plugins,
                              const Environment& environment);

// Only the `config` section, for what must be known before plugins are: where they are. Everything
// else in the file is ignored here and checked by load_config. [main]
struct LoadedStaticConfig {
  std::optional<StaticConfig> config;
  Faults faults;
};
LoadedStaticConfig load_static_config(std::string_view text, std::string file,
                                      const Environment& environment);

}  // namespace headgate::config
