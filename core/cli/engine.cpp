#include "core/cli/engine.hpp"

#include <algorithm>
#include <filesystem>

#include "core/base/log.hpp"
#include "core/plugin/file_trust.hpp"

namespace headgate::cli {

Engine::Engine(Clock& clock, std::size_t workers, std::vector<std::string> hidden_metrics)
    : clock(clock),
      metric_registry(workers, std::move(hidden_metrics)),
      metrics(metric_registry, kVersion),
      services(directory, wakers, clock),
      host(services, std::string(kVersion), &metric_registry),
      plugins(host),
      instances(static_cast<std::uint32_t>(workers)) {}

std::string Engine::load_plugins(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) plugins.add_folder(folder);
  std::string problems;
  for (const plugin::LoadFault& fault : plugins.take_faults()) {
    if (!problems.empty()) problems += '\n';
    problems += fault.message;
  }
  warn_of_plugins();
  return problems;
}

config::Faults Engine::load_bundles(const config::PluginsConfig& config, const std::string& file,
                                    const std::string& bundle_folder) {
  return bundles.load(config, file, bundle_folder, plugins);
}

config::LoadedConfig Engine::load_config(const std::string& file, bool allow_paths) {
  config::LoadedConfig loaded = load_config_file(file, allow_paths, plugins);
  warn_of_plugins();
  if (!loaded.accepted.empty()) ask_plugins(loaded);
  return loaded;
}

// Faults of the file keep its snapshot from being built, but not its plugins from being asked.
void Engine::ask_plugins(config::LoadedConfig& loaded) {
  for (const config::AcceptedPlugin& each : loaded.accepted) {
    plugin::InstanceSpec spec;
    spec.plugin = plugins.find(each.id);
    spec.config = each.config.json();
    spec.place = each.config.path();
    if (spec.plugin == nullptr) continue;
    const std::vector<plugin::PluginFault> problems =
        each.is_provider ? instances.provider(spec).faults : instances.policy(spec).faults;
    for (const plugin::PluginFault& problem : problems) {
      loaded.faults.push_back(each.config.fault_at(problem.json_pointer, problem.message));
    }
  }
  config::sort_by_place(loaded.faults);
  loaded.accepted.clear();
}

void Engine::warn_of_plugins() {
  if (const std::string warning = plugins.take_warning(); !warning.empty()) log::warn(warning);
}

exchange::SnapshotSources Engine::sources() {
  return {plugins, instances, cells, targets, tls, metrics, directory, clock};
}

std::string built_in_plugin_folder() {
  const std::filesystem::path binary = plugin::own_program();
  if (binary.empty()) return {};
  return (binary.parent_path().parent_path() / "lib" / "headgate" / "plugins").string();
}

std::string bundle_folder(const std::string& chosen) {
  if (!chosen.empty()) return std::filesystem::absolute(chosen).lexically_normal().string();
  return (std::filesystem::path(built_in_plugin_folder()).parent_path() / "bundles").string();
}

std::vector<std::string> plugin_folders(const config::StaticConfig& config,
                                        const std::vector<std::string>& more) {
  std::vector<std::string> folders{built_in_plugin_folder()};
  for (const auto* list : {&config.plugins.path, &more}) {
    for (const std::string& folder : *list) {
      if (std::find(folders.begin(), folders.end(), folder) == folders.end())
        folders.push_back(folder);
    }
  }
  return folders;
}

}  // namespace headgate::cli
