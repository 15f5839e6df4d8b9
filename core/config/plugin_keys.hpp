#pragma once
// What the installed plugins add to the file: keys under `provider:` and `policies:`, with the JSON
// Schema of what stands below them. This layer knows no plugin; whoever knows them (the registry)
// fills this in and passes it to the loader and to the schema writer. [main]

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

class PluginKeys {
 public:
  PluginKeys() = default;
  explicit PluginKeys(std::vector<PluginKey> entries) : entries_(std::move(entries)) {}

  void add(PluginKey entry) { entries_.push_back(std::move(entry)); }
  const std::vector<PluginKey>& entries() const { return entries_; }

  const PluginKey* find(PluginKey::Kind kind, std::string_view key) const;
  // A policy by the plugin's id.
  const PluginKey* find_policy_id(std::string_view id) const;
  // All keys of a kind, for suggestions and for the schema.
  std::vector<std::string> keys(PluginKey::Kind kind) const;
  // The ids of all policies.
  std::vector<std::string> policy_ids() const;

 private:
  std::vector<PluginKey> entries_;
};

}  // namespace headgate::config
