#include "core/plugin/config_keys.hpp"

#include "core/plugin/registry.hpp"

namespace headgate::plugin {

config::PluginKeys config_keys(const Registry& registry) {
  config::PluginKeys keys;
  for (const Plugin* plugin : registry.all()) {
    if (plugin->kind() == Kind::dialect) continue;
    config::PluginKey entry;
    entry.kind = plugin->kind() == Kind::provider ? config::PluginKey::Kind::provider
                                                  : config::PluginKey::Kind::policy;
    entry.key = plugin->manifest.key;
    entry.id = plugin->id();
    entry.schema = plugin->manifest.schema;
    keys.add(std::move(entry));
  }
  return keys;
}

}  // namespace headgate::plugin
