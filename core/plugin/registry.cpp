#include "core/plugin/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/plugin/file_trust.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/manifest_metrics.hpp"

namespace headgate::plugin {

namespace {

namespace fs = std::filesystem;

const Plugin* in(const std::map<std::string, const Plugin*, std::less<>>& map,
                 std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

// What only one of them can have, or empty.
std::string claimed_by_both(const Plugin& plugin, const Plugin& other) {
  const Manifest& manifest = plugin.manifest;
  if (manifest.id == other.manifest.id) return "the id '" + manifest.id + "'";
  const std::string name = shared_name(manifest.metrics, other.manifest.metrics);
  if (!name.empty()) return "the metric '" + name + "'";
  if (manifest.kind != other.manifest.kind) return "";
  if (!manifest.key.empty() && manifest.key == other.manifest.key) {
    return "the " + std::string(kind_name(manifest.kind)) + " key '" + manifest.key + "'";
  }
  const bool neutral = manifest.kind == Kind::dialect && manifest.dialect.neutral;
  return neutral && other.manifest.dialect.neutral ? "being the neutral dialect" : "";
}

}  // namespace

Registry::Registry(Host& host) : host_(host), program_(own_program()) {}

void Registry::add_folder(const std::string& path) {
  std::error_code error;
  std::vector<std::string> files;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".so") files.push_back(it->path().string());
  }
  if (error) {
    faults_.push_back({path, "plugin folder " + path + ": " + error.message()});
    return;
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) add_file(file);
}

// Of a library that is mapped: whether its file still has these bytes. Says so if not.
bool Registry::has_changed(const std::string& path, const std::string& sha256) {
  if (file_sha256(path) == sha256) return false;
  faults_.push_back({path, "plugin " + path +
                               ": the file has changed since it was loaded, and a loaded library "
                               "cannot be replaced; give the new version another file name, or "
                               "restart the gateway"});
  return true;
}

void Registry::add_file(const std::string& path) {
  // One library under two names (a link) is one library.
  std::error_code error;
  const std::string canonical = fs::canonical(path, error).string();
  if (error) {
    faults_.push_back({path, "plugin " + path + ": " + error.message()});
    return;
  }
  if (const auto known = modules_.find(canonical); known != modules_.end()) {
    (void)has_changed(canonical, known->second.sha256);
    return;
  }
  if (const auto known = refused_.find(canonical); known != refused_.end()) {
    const Refused& refused = known->second;
    if (has_changed(canonical, refused.sha256)) return;
    faults_.insert(faults_.end(), refused.faults.begin(), refused.faults.end());
    return;
  }
  const FileTrust trust = check_trust(fs::absolute(path).string(), program_);
  if (!trust.refused.empty()) {
    faults_.push_back({canonical, "plugin " + canonical + ": " + trust.refused});
    return;
  }
  group_writes_.insert(trust.group_writes.begin(), trust.group_writes.end());
  add_library({canonical});
}

void Registry::add_library(const LibraryFile& library) {
  LoadedModule loaded = load_module(library, host_);
  if (loaded.module) return add_module(std::move(*loaded.module));
  faults_.insert(faults_.end(), loaded.faults.begin(), loaded.faults.end());
  if (loaded.mapped_sha256.empty()) return;
  refused_.insert_or_assign(library.path, Refused{loaded.mapped_sha256, std::move(loaded.faults)});
}

std::vector<LoadFault> Registry::conflicts(const Module& module) const {
  std::vector<const Plugin*> others(all_.begin(), all_.end());
  std::vector<LoadFault> faults;
  for (const std::unique_ptr<Plugin>& plugin : module.plugins) {
    for (const Plugin* other : others) {
      const std::string what = claimed_by_both(*plugin, *other);
      if (what.empty()) continue;
      faults.push_back({plugin->path, "plugin " + plugin->path + ": " + plugin->id() + " and " +
                                          other->id() + " of " + other->path + " both claim " +
                                          what});
      break;
    }
    others.push_back(plugin.get());
  }
  return faults;
}

void Registry::add_module(Module module) {
  if (std::vector<LoadFault> faults = conflicts(module); !faults.empty()) {
    faults_.insert(faults_.end(), faults.begin(), faults.end());
    refused_.insert_or_assign(module.path, Refused{module.sha256, std::move(faults)});
    return;
  }
  Module& kept = modules_.emplace(module.path, std::move(module)).first->second;
  for (const std::unique_ptr<Plugin>& plugin : kept.plugins) {
    all_.push_back(plugin.get());
    by_id_.emplace(plugin->id(), plugin.get());
    const std::string& key = plugin->manifest.key;
    if (plugin->kind() == Kind::provider) providers_.emplace(key, plugin.get());
    if (plugin->kind() == Kind::policy && !key.empty()) policies_.emplace(key, plugin.get());
    if (plugin->kind() == Kind::dialect) dialects_.push_back(plugin.get());
  }
}

const Module* Registry::module_at(const std::string& path) const {
  std::error_code error;
  const auto found = modules_.find(fs::canonical(path, error).string());
  return found == modules_.end() ? nullptr : &found->second;
}

const Plugin* Registry::find(std::string_view id) const {
  return in(by_id_, id);
}
const Plugin* Registry::provider(std::string_view key) const {
  return in(providers_, key);
}
const Plugin* Registry::policy(std::string_view key) const {
  return in(policies_, key);
}

std::vector<LoadFault> Registry::take_faults() {
  return std::exchange(faults_, {});
}

std::string Registry::take_warning() {
  const std::set<std::string> paths = std::exchange(group_writes_, {});
  if (paths.empty()) return {};
  std::string text =
      "plugins could be exchanged by members of a group, who can write " + *paths.begin();
  if (paths.size() > 1) text += " and " + std::to_string(paths.size() - 1) + " more";
  return text + " (chmod g-w)";
}

}  // namespace headgate::plugin
