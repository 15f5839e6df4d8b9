#pragma once
// `config`: what is read at the start only. A reload that changes it says so and keeps the old.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.hpp"
#include "core/config/expression.hpp"
#include "core/config/plugin_upstream_config.hpp"
#include "core/config/policies_config.hpp"
#include "core/config/tracing_config.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

// `logging`
struct LoggingConfig {
  log::Level level = log::Level::info;
  log::Format format = log::Format::text;
  // The variables of both are variables::kOfLog.
  Expression filter;                        // requests of which it is not true are not logged
  std::vector<NamedExpression> add_fields;  // fields.add: further fields of the access log
  std::vector<std::string> remove_fields;   // fields.remove: left out of the access log

  bool operator==(const LoggingConfig&) const = default;
};

// `metrics`
struct MetricsConfig {
  std::vector<std::string> remove;  // names of metrics that are not exported

  bool operator==(const MetricsConfig&) const = default;
};

// `backend.keepalives`: TCP keep-alive of upstream connections.
struct KeepalivesConfig {
  bool enabled = true;
  milliseconds time{180'000};      // of silence before the first probe
  milliseconds interval{180'000};  // between probes
  std::uint32_t retries = 9;       // unanswered probes until the connection is given up

  bool operator==(const KeepalivesConfig&) const = default;
};

// `backend`: connections to upstreams.
struct UpstreamConfig {
  milliseconds connect_timeout{10'000};    // name, TCP and TLS together
  milliseconds pool_idle_timeout{90'000};  // an idle connection is closed after this
  std::uint32_t pool_size_max = 128;       // poolMaxSize: idle connections per endpoint and worker
  KeepalivesConfig keepalives;

  bool operator==(const UpstreamConfig&) const = default;
};

// `dns`
struct DnsConfig {
  std::optional<milliseconds> ttl;  // set: instead of what the answer says
  std::vector<Address> servers;     // set: instead of the system's

  bool operator==(const DnsConfig&) const = default;
};

// `plugins`: where plugins come from, and what they may reach.
struct PluginsConfig {
  std::vector<std::string> path;                // folders besides the built-in one
  std::vector<PlacedText> bundles;              // installed ones: NAME or NAME@VERSION
  std::optional<PlacedText> lock;               // path of the file that says what they must be
  std::vector<PluginUpstreamConfig> upstreams;  // of their HTTP calls, in the order of the file
  bool allow_paths = false;  // a policy may be named by the path of its plugin's file

  bool operator==(const PluginsConfig&) const = default;
};

struct StaticConfig {
  std::uint32_t worker_threads = 0;  // 0 is `auto`: one per core
  Address admin_addr = Address::tcp("127.0.0.1", 15000);
  std::optional<Address> stats_addr;      // unset: the admin listener serves it
  std::optional<Address> readiness_addr;  // unset: the admin listener serves it
  bool enable_ipv6 = true;
  // Drain: how long new connections are still served while readiness fails already. Unset: not.
  std::optional<milliseconds> connection_min_termination_deadline;
  // Drain: how long requests in flight may go on after that.
  milliseconds connection_termination_deadline{30'000};
  LoggingConfig logging;
  MetricsConfig metrics;
  std::optional<TracingConfig> tracing;  // unset: nothing is traced
  UpstreamConfig backend;
  DnsConfig dns;
  PluginsConfig plugins;

  bool operator==(const StaticConfig&) const = default;
};

void describe(Fields& fields, LoggingConfig& logging);
void describe(Fields& fields, MetricsConfig& metrics);
void describe(Fields& fields, KeepalivesConfig& keepalives);
void describe(Fields& fields, UpstreamConfig& upstream);
void describe(Fields& fields, DnsConfig& dns);
void describe(Fields& fields, PluginsConfig& plugins);
void describe(Fields& fields, StaticConfig& config);

}  // namespace headgate::config
