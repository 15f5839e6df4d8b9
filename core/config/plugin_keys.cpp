#include "core/config/plugin_keys.hpp"

namespace headgate::config {

const PluginKey* PluginKeys::find(PluginKey::Kind kind, std::string_view key) const {
  for (const PluginKey& entry : entries_) {
    if (entry.kind == kind && !entry.key.empty() && entry.key == key) return &entry;
  }
  return nullptr;
}

const PluginKey* PluginKeys::find_policy_id(std::string_view id) const {
  for (const PluginKey& entry : entries_) {
    if (entry.kind == PluginKey::Kind::policy && entry.id == id) return &entry;
  }
  return nullptr;
}

const PluginPath* PluginKeys::find_path(std::string_view path) const {
  const auto found = paths_.find(path);
  return found == paths_.end() ? nullptr : &found->second;
}

std::vector<std::string> PluginKeys::keys(PluginKey::Kind kind) const {
  std::vector<std::string> keys;
  for (const PluginKey& entry : entries_) {
    if (entry.kind == kind && !entry.key.empty()) keys.push_back(entry.key);
  }
  return keys;
}

std::vector<std::string> PluginKeys::policy_ids() const {
  std::vector<std::string> ids;
  for (const PluginKey& entry : entries_) {
    if (entry.kind == PluginKey::Kind::policy) ids.push_back(entry.id);
  }
  return ids;
}

}  // namespace headgate::config
