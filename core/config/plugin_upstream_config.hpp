#pragma once
// `config.plugins.upstreams`: what the HTTP calls of plugins may reach, each by the name that a
// plugin is told in its configuration.

#include <optional>
#include <string>
#include <vector>

#include "core/config/policies_config.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

struct PluginUpstreamConfig {
  static constexpr std::size_t kUpstreamsMax = 256;

  std::string alias;
  Address host;                                 // required
  std::optional<BackendTlsConfig> backend_tls;  // unset: in clear
  milliseconds timeout{10'000};                 // of one call, connecting included
  Position position;

  // The same at another place is the same.
  bool operator==(const PluginUpstreamConfig& other) const {
    return alias == other.alias && host == other.host && backend_tls == other.backend_tls &&
           timeout == other.timeout;
  }
};

void describe(Fields& fields, PluginUpstreamConfig& upstream);
// The key itself, of the map that `fields` is.
void describe_upstreams(Fields& fields, std::vector<PluginUpstreamConfig>& upstreams);

}  // namespace headgate::config
