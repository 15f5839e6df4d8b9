#include "core/config/plugin_config.hpp"

#include <utility>

namespace headgate::config {

PluginConfig::PluginConfig(std::shared_ptr<const Document> document, const Node* node,
                           std::string json, std::string redacted)
    : document_(std::move(document)),
      node_(node),
      json_(std::move(json)),
      redacted_(std::move(redacted)) {}

ConfigFault PluginConfig::fault_at(std::string_view json_pointer, std::string message) const {
  if (!node_) return {{}, {}, {}, std::move(message)};
  const Node& place = node_->at_pointer(json_pointer);
  return {document_->file, place.position, place.path, std::move(message)};
}

}  // namespace headgate::config
