#pragma once
// Reads one map of the file into a struct by its description. Strict: what is not described is a
// fault, with the nearest key that is. Collects faults and never throws. [main]

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/environment.hpp"
#include "core/config/fields.hpp"
#include "core/config/plugin_keys.hpp"
#include "core/config/schema_validator.hpp"

namespace headgate::config {

// What all readers of one file share.
struct ReadContext {
  std::shared_ptr<const Document> document;
  const PluginKeys& plugins;
  const Environment& environment;
  Faults faults;
  std::set<std::string> files;  // that the configuration refers to
  std::map<const PluginKey*, ParsedSchema> schemas;
  std::set<std::string> plugin_paths;  // PathUse::collected
  std::vector<AcceptedPlugin> accepted;
};

class Reader final : public Fields {
 public:
  // `node` is a map, or null in place of an empty one. `what` is what faults call it.
  Reader(ReadContext& context, const Node& node, std::string what)
      : context_(context), node_(node), what_(std::move(what)) {}

  // Reports the keys that nobody asked for. Call it last.
  void finish();

  void value(const Key& key, const ScalarForm& form, const Take& take) override;
  void values(const Key& key, const ScalarForm& form, const Take& take_one) override;
  void named_values(const Key& key, const ScalarForm& form, const NamedTake& take) override;
  void map(const Key& key, const Inside& inside) override;
  void list(const Key& key, const Inside& inside) override;
  void entries(const Key& key, const NamedInside& inside) override;
  void exactly_one(std::span<const std::string_view> keys) override;
  void form(std::string_view marker, const Inside& with, const Inside& without) override;
  void provider_plugin(const Key& key, std::string& chosen, std::string& id,
                       PluginConfig& config) override;
  void policy_plugins(std::vector<PluginPolicy>& policies) override;
  void plugins_by_id(const Key& key, std::vector<PluginPolicy>& policies) override;
  void title(std::string_view kind, std::string_view name) override;
  Position position() const override { return node_.position; }
  void check_file(std::string_view key, const std::string& path) override;
  void fault(std::string_view pointer, std::string message) override;
  void fault(const PlacedText& text, std::string message) override;

 private:
  // The value of a key, which is known from now on. Null when it is missing, or was reported.
  const Node* take_key(const Key& key);
  const Node* take_map(const Key& key);
  const Node* take_list(const Key& key);
  void take_scalar(const Node& node, const std::string& name, const ScalarForm& form,
                   const Take& take);
  void read_map(const Node& node, const Inside& inside);
  void report(const Node& node, std::string message) {
    report(node.position, node.path, std::move(message));
  }
  void report(Position position, const std::string& path, std::string message);
  const ParsedSchema& schema_of(const PluginKey& plugin);
  PluginConfig plugin_config(const PluginKey& plugin, const Node& node);
  // Notes that nothing was wrong with it since there were so many faults.
  void accept(const PluginKey& plugin, const PluginConfig& config, const Node& node,
              std::size_t faults_before);
  // The policy plugin of a `use`. Null when there is none, which was reported, or when its path was
  // collected.
  const PluginKey* used_plugin(const Node& use, const std::string& written);
  const PluginKey* plugin_at(const Node& use, const std::string& path);
  void read_attached(const Node& item, std::vector<PluginPolicy>& policies);

  ReadContext& context_;
  const Node& node_;
  std::string what_;
  std::vector<std::string> known_;
};

}  // namespace headgate::config
