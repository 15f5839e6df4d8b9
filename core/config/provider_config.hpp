#pragma once
// One provider of a group: an endpoint that requests are balanced over.

#include <cstdint>
#include <optional>
#include <string>

#include "core/config/plugin_config.hpp"
#include "core/config/policies_config.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

struct ProviderConfig {
  // Unique in its backend; seen in metrics, logs and headers. Default: the provider's key.
  std::string name;

  // `provider: {KEY: {...}}`: the plugin by the key it declares, and its configuration.
  std::string provider_key;
  std::string plugin_id;
  PluginConfig provider;

  // Where to connect instead of the provider's own host. Removes the provider's default TLS.
  std::optional<Address> host_override;
  // Replaces path and query of every request. Starts with `/`.
  std::optional<std::string> path_override;
  // Replaces the provider's base path. Starts with `/`, ends without.
  std::optional<std::string> path_prefix;

  // Relative share inside the group. 1 to 1000000.
  std::uint32_t weight = 1;
  // At most so many requests in flight; a full endpoint is not picked. Default: no limit.
  std::optional<std::uint32_t> max_concurrency;

  // For this provider only. Any policy may stand under `policies:` or directly on the provider;
  // both are equal, and one in both places is a fault.
  PoliciesConfig policies;

  Position position;
};

void describe(Fields& fields, ProviderConfig& provider);

}  // namespace headgate::config
