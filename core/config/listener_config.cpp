#include "core/config/listener_config.hpp"

#include <map>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/config/fields.hpp"

namespace headgate::config {

namespace {

// Gives the unnamed their names by place, and finds names that are used twice.
template <class T>
void name_by_place(Fields& fields, std::vector<T>& all, const std::string& kind,
                   const std::string& list) {
  std::map<std::string, Position> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].name.empty()) all[i].name = kind + std::to_string(i);
    const auto [first, is_new] = names.emplace(all[i].name, all[i].position);
    if (is_new) continue;
    fields.fault("/" + list + "/" + std::to_string(i) + "/name",
                 kind + " name '" + all[i].name + "' is used twice; the first is in line " +
                     std::to_string(first->second.line));
  }
}

// Listeners of one port are told apart by host name, before a byte of HTTP is read.
void check_sharing(Fields& fields, const std::vector<ListenerConfig>& listeners) {
  std::map<std::string, Position> hostnames;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const ListenerConfig& listener = listeners[i];
    const std::string place = "/listeners/" + std::to_string(i);
    const auto [first, is_new] = hostnames.emplace(lowered(listener.hostname), listener.position);
    if (!is_new) {
      const std::string name =
          listener.hostname.empty() ? "no hostname" : "hostname '" + listener.hostname + "'";
      fields.fault(place + "/hostname", "two listeners of one port with " + name +
                                            "; the first is in line " +
                                            std::to_string(first->second.line));
    }
    if (listener.protocol != listeners.front().protocol) {
      fields.fault(place + "/protocol",
                   "the listeners of one port must all be HTTP or all be HTTPS");
    }
  }
}

}  // namespace

void describe(Fields& fields, ListenerTlsConfig& tls) {
  static constexpr Choice<ListenerTlsConfig::MinVersion> kVersions[] = {
      {"TLS_V1_2", ListenerTlsConfig::MinVersion::tls_1_2},
      {"TLS_V1_3", ListenerTlsConfig::MinVersion::tls_1_3}};
  file(fields, {"cert", "PEM file of the certificate and its chain.", true}, tls.cert);
  file(fields, {"key", "PEM file of the certificate's key.", true}, tls.key);
  file(fields, {"root", "PEM file of the roots that clients' certificates must be signed by."},
       tls.root);
  choice(fields, {"minTLSVersion", "The oldest version of TLS that is accepted."}, kVersions,
         tls.min_version);
}

void describe(Fields& fields, ListenerConfig& listener) {
  static constexpr Choice<ListenerConfig::Protocol> kProtocols[] = {
      {"HTTP", ListenerConfig::Protocol::http}, {"HTTPS", ListenerConfig::Protocol::https}};
  listener.position = fields.position();
  text(fields, {"name", "Seen in logs and metrics. Default: listener0 and so on, by place."},
       listener.name, {.expects = "a name without spaces", .pattern = "[!-~]{1,128}"});
  fields.title("listener", listener.name);
  text(fields, {"hostname", "The host it serves; '*.example.com' is any below. Default: any."},
       listener.hostname, {.expects = "a host name"});
  if (!listener.hostname.empty() && !is_hostname(listener.hostname, true)) {
    fields.fault("/hostname", "'" + listener.hostname +
                                  "' is not a host name such as 'api.example.com' or "
                                  "'*.example.com'");
  }
  choice(fields, {"protocol", "What clients speak."}, kProtocols, listener.protocol);
  part(fields, {"tls", "Certificates; with the protocol HTTPS."}, listener.tls);
  const bool https = listener.protocol == ListenerConfig::Protocol::https;
  if (https && !listener.tls) fields.fault("/protocol", "protocol HTTPS needs 'tls'");
  if (!https && listener.tls) fields.fault("/tls", "'tls' needs protocol: HTTPS");
  part(fields, {"policies", "Policies for all routes of the listener."}, listener.policies);
  parts(fields, {"routes", "Which requests go where."}, listener.routes);
  name_by_place(fields, listener.routes, "route", "routes");
}

void describe(Fields& fields, BindConfig& bind) {
  bind.position = fields.position();
  count(fields, {"port", "The port to listen on; 0 lets the system choose one.", true}, bind.port,
        {0, 65535});
  text(fields, {"address", "The IP address to listen on. Default: all interfaces."}, bind.address,
       {.expects = "an IP address"});
  if (!bind.address.empty() && !is_ip_address(bind.address)) {
    fields.fault("/address", "'" + bind.address + "' is not an IP address");
  }
  parts(fields, {"listeners", "Listeners that share the port by host name.", true}, bind.listeners);
  name_by_place(fields, bind.listeners, "listener", "listeners");
  check_sharing(fields, bind.listeners);
}

}  // namespace headgate::config
