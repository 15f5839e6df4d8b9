#include "core/cli/plugin_paths.hpp"

#include <vector>

#include "core/plugin/config_keys.hpp"

namespace headgate::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// What a library that is loaded stands for in a list of policies: its only policy.
config::PluginPath policy_of(const std::string& path, const plugin::Module& module) {
  std::vector<std::string> policies;
  for (const auto& plugin : module.plugins) {
    if (plugin->kind() == plugin::Kind::policy) policies.push_back(plugin->id());
  }
  if (policies.size() == 1) return {policies.front(), {}};
  const std::string place =
      "; put its folder in config.plugins.path and name what you mean by its ";
  if (policies.empty()) {
    return {{}, "plugin " + path + ": there is no policy in this library" + place + "key"};
  }
  return {{},
          "plugin " + path + ": there are several policies in this library, " + joined(policies) +
              place + "id"};
}

// Loads it if it is not loaded yet, and looks whether it is still the same file if it is.
config::PluginPath load(const std::string& path, plugin::Registry& registry) {
  registry.add_file(path);
  std::string fault;
  for (const plugin::LoadFault& each : registry.take_faults()) {
    fault += (fault.empty() ? "" : "; ") + each.message;
  }
  if (!fault.empty()) return {{}, fault};
  return policy_of(path, *registry.module_at(path));
}

}  // namespace

config::LoadedConfig load_config_file(const std::string& file, bool allow_paths,
                                      plugin::Registry& registry) {
  const config::Environment environment = config::process_environment();
  config::PluginKeys keys = plugin::config_keys(registry);
  if (allow_paths) keys.set_path_use(config::PathUse::collected);
  config::LoadedConfig loaded = config::load_config_file(file, keys, environment);
  if (loaded.plugin_paths.empty()) return loaded;

  std::map<std::string, config::PluginPath> known;
  for (const std::string& path : loaded.plugin_paths) known.emplace(path, load(path, registry));
  keys = plugin::config_keys(registry);
  keys.set_path_use(config::PathUse::known);
  for (auto& [path, entry] : known) keys.add_path(path, std::move(entry));
  return config::load_config_file(file, keys, environment);
}

}  // namespace headgate::cli
