#pragma once
// What the installed plugins add to the file: keys under `provider:` and `policies:`, with the JSON
// Schema of what stands below them. This layer knows no plugin; whoever knows them (the registry)
// fills this in and passes it to the loader and to the schema writer. [main]

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {

struct PluginKey {
  enum class Kind : std::uint8_t { provider, policy };

  Kind kind = Kind::policy;
  // The key in the file. A policy without one can be attached by its id only (`plugins: [{use}]`).
  std::string key;
  std::string id;      // of the plugin
  std::string schema;  // JSON Schema text (schema_validator.hpp says which part of it); empty: any
};

// What becomes of `use: /PATH`, a plugin that is named by the absolute path of its file.
enum class PathUse : std::uint8_t {
  refused,
  collected,  // listed in LoadedConfig::plugin_paths for whoever loads them; not looked at
  known,      // what add_path() said of it
};

// A library that was named by its path.
struct PluginPath {
  std::string id;     // of its policy plugin
  std::string fault;  // why it cannot be used, in place of the id
};

class PluginKeys {
 public:
  PluginKeys() = default;
  explicit PluginKeys(std::vector<PluginKey> entries) : entries_(std::move(entries)) {}

  void add(PluginKey entry) { entries_.push_back(std::move(entry)); }
  void add_path(std::string path, PluginPath entry) {
    paths_.insert_or_assign(std::move(path), std::move(entry));
  }
  void set_path_use(PathUse use) { path_use_ = use; }
  PathUse path_use() const { return path_use_; }

  const std::vector<PluginKey>& entries() const { return entries_; }

  const PluginKey* find(PluginKey::Kind kind, std::string_view key) const;
  // A policy by the plugin's id.
  const PluginKey* find_policy_id(std::string_view id) const;
  // A library by its path as it was written.
  const PluginPath* find_path(std::string_view path) const;
  // All keys of a kind, for suggestions and for the schema.
  std::vector<std::string> keys(PluginKey::Kind kind) const;
  // The ids of all policies.
  std::vector<std::string> policy_ids() const;

 private:
  std::vector<PluginKey> entries_;
  std::map<std::string, PluginPath, std::less<>> paths_;
  PathUse path_use_ = PathUse::refused;
};

}  // namespace headgate::config
