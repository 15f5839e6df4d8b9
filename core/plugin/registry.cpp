#include "core/plugin/registry.hpp"

#include <algorithm>
#include <filesystem>

#include "core/plugin/host.hpp"

namespace headgate::plugin {

namespace {

namespace fs = std::filesystem;

const Plugin* in(const std::map<std::string, const Plugin*, std::less<>>& map,
                 std::string_view key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

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

void Registry::add_file(const std::string& path) {
  // One library under two names (a link) is one library.
  std::error_code error;
  const std::string canonical = fs::canonical(path, error).string();
  if (error) {
    faults_.push_back({path, "plugin " + path + ": " + error.message()});
    return;
  }
  if (const auto known = modules_.find(canonical); known != modules_.end()) {
    if (file_sha256(canonical) == known->second.sha256) return;
    faults_.push_back({canonical, "plugin " + canonical +
                                      ": the file has changed since it was loaded, and a loaded "
                                      "library cannot be replaced; give the new version another "
                                      "file name, or restart the gateway"});
    return;
  }
  add_library({canonical});
}

void Registry::add_library(const LibraryFile& library) {
  LoadedModule loaded = load_module(library, host_);
  for (LoadFault& fault : loaded.faults) faults_.push_back(std::move(fault));
  if (loaded.module) add_module(std::move(*loaded.module));
}

// The plugin that has what `plugin` would need for itself, and what that is.
const Plugin* Registry::conflict(const Plugin& plugin, std::string& what) const {
  const Manifest& manifest = plugin.manifest;
  if (const Plugin* other = find(manifest.id)) {
    what = "the id '" + manifest.id + "'";
    return other;
  }
  const auto& keys = manifest.kind == Kind::provider ? providers_ : policies_;
  if (const Plugin* other = manifest.key.empty() ? nullptr : in(keys, manifest.key)) {
    what = "the " + std::string(kind_name(manifest.kind)) + " key '" + manifest.key + "'";
    return other;
  }
  if (manifest.kind == Kind::dialect && manifest.dialect.neutral) {
    for (const Plugin* other : dialects_) {
      if (!other->manifest.dialect.neutral) continue;
      what = "being the neutral dialect";
      return other;
    }
  }
  return nullptr;
}

void Registry::add_module(Module module) {
  Module& kept = modules_.emplace(module.path, std::move(module)).first->second;
  for (const std::unique_ptr<Plugin>& plugin : kept.plugins) {
    std::string what;
    if (const Plugin* other = conflict(*plugin, what)) {
      faults_.push_back({plugin->path, "plugin " + plugin->path + ": " + plugin->id() + " and " +
                                           other->id() + " of " + other->path + " both claim " +
                                           what});
      continue;
    }
    all_.push_back(plugin.get());
    by_id_.emplace(plugin->id(), plugin.get());
    const std::string& key = plugin->manifest.key;
    if (plugin->kind() == Kind::provider) providers_.emplace(key, plugin.get());
    if (plugin->kind() == Kind::policy && !key.empty()) policies_.emplace(key, plugin.get());
    if (plugin->kind() == Kind::dialect) dialects_.push_back(plugin.get());
  }
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

}  // namespace headgate::plugin
