#include "core/config/plugin_upstream_config.hpp"

#include <algorithm>
#include <string_view>

#include "core/config/fields.hpp"

namespace headgate::config {
namespace {

constexpr std::size_t kAliasBytesMax = 64;

// It is a label of metrics and stands in logs.
bool is_alias(std::string_view text) {
  return !text.empty() && text.size() <= kAliasBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

void describe(Fields& fields, PluginUpstreamConfig& upstream) {
  upstream.position = fields.position();
  fields.title("upstream", upstream.alias);
  address(fields, {"host", "Where to connect: host:port or unix:/path.", true}, upstream.host,
          AddressUse::upstream);
  part(fields, {"backendTLS", "TLS towards it; {} is TLS with the system's roots. Default: none."},
       upstream.backend_tls);
  duration(fields,
           {"timeout",
            "The longest that one call may take, connecting included; a plugin may ask "
            "for less."},
           upstream.timeout, std::chrono::minutes(10));
}

void describe_upstreams(Fields& fields, std::vector<PluginUpstreamConfig>& upstreams) {
  fields.entries(
      {"upstreams",
       "What the HTTP calls of plugins may reach, by the name that a plugin is told. Nothing else "
       "can be called."},
      [&](Fields& inside, std::string_view name) {
        PluginUpstreamConfig& upstream = upstreams.emplace_back();
        upstream.alias = name;
        describe(inside, upstream);
        if (!is_alias(name)) {
          inside.fault("", "the name of an upstream has up to " + std::to_string(kAliasBytesMax) +
                               " letters, digits, '-', '_' and '.'");
        }
      });
  if (upstreams.size() > PluginUpstreamConfig::kUpstreamsMax) {
    fields.fault("/upstreams", "at most " + std::to_string(PluginUpstreamConfig::kUpstreamsMax) +
                                   " upstreams can be named");
  }
}

}  // namespace headgate::config
