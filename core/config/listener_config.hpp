#pragma once
// Ports, and the listeners that share them by host name.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/policies_config.hpp"
#include "core/config/route_config.hpp"

namespace headgate::config {

// `tls` of a listener: what the gateway shows to clients. All are PEM files.
struct ListenerTlsConfig {
  enum class MinVersion : std::uint8_t { tls_1_2, tls_1_3 };

  std::string cert;
  std::string key;
  std::string root;  // set: clients must show a certificate that it signed
  MinVersion min_version = MinVersion::tls_1_2;
};

struct ListenerConfig {
  enum class Protocol : std::uint8_t { http, https };

  std::string name;      // default `listener0` and so on, by place; unique in the bind
  std::string hostname;  // `api.example.com` or `*.example.com`; empty: any
  Protocol protocol = Protocol::http;
  std::optional<ListenerTlsConfig> tls;  // set exactly when the protocol is https
  PoliciesConfig policies;               // for all routes of the listener
  std::vector<RouteConfig> routes;
  Position position;
};

// One port. Its listeners all speak HTTP or all speak HTTPS.
struct BindConfig {
  std::uint16_t port = 0;  // unique in the file; 0 lets the system choose one
  std::string address;     // IP address; empty: all interfaces, IPv6 too where it is enabled
  std::vector<ListenerConfig> listeners;
  Position position;
};

void describe(Fields& fields, ListenerTlsConfig& tls);
void describe(Fields& fields, ListenerConfig& listener);
void describe(Fields& fields, BindConfig& bind);

}  // namespace headgate::config
