#include "core/config/static_config.hpp"

#include <string>

#include "core/base/expression_variables.hpp"
#include "core/config/fields.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

namespace {

constexpr milliseconds kDay = std::chrono::hours(24);

// `auto`, or a number.
void worker_threads(Fields& fields, std::uint32_t& threads) {
  std::string written = "auto";
  text(fields, {"workerThreads", "Number of worker threads, or auto: one per core."}, written,
       {.expects = "auto or a number from 1 to 1024",
        .pattern = "auto|[1-9][0-9]{0,2}|10[01][0-9]|102[0-4]",
        .or_number = true});
  if (written != "auto") threads = static_cast<std::uint32_t>(std::stoul(written));
}

void describe_log_fields(Fields& fields, LoggingConfig& logging) {
  constexpr std::size_t kAddedMax = 32;
  expressions(fields,
              {"add",
               "Further fields of the access log: NAME: expression (docs/expressions.md). One of a "
               "name that is there already stands in its place; one without a value is left out."},
              logging.add_fields,
              {.variables = variables::kOfLog, .result = hg::expression::Type::any});
  for (const NamedExpression& added : logging.add_fields) {
    const std::string pointer = "/add/" + added.name;
    const hg::expression::Type type = added.value.program()->type();
    if (type == hg::expression::Type::list || type == hg::expression::Type::map) {
      fields.fault(pointer, "'" + added.name + "' must be one value, not a list or a map");
    }
    check_headers(fields, pointer, added.value);
  }
  if (logging.add_fields.size() > kAddedMax) {
    fields.fault("/add", "at most " + std::to_string(kAddedMax) + " fields can be added");
  }
  texts(fields, {"remove", "Fields that are left out of the access log."}, logging.remove_fields,
        {.expects = "the name of a field"});
}

}  // namespace

void describe(Fields& fields, LoggingConfig& logging) {
  static constexpr Choice<log::Level> kLevels[] = {
      {"trace", log::Level::trace}, {"debug", log::Level::debug}, {"info", log::Level::info},
      {"warn", log::Level::warn},   {"error", log::Level::error}, {"off", log::Level::off}};
  static constexpr Choice<log::Format> kFormats[] = {{"text", log::Format::text},
                                                     {"json", log::Format::json}};
  choice(fields, {"level", "What the program says about itself."}, kLevels, logging.level);
  choice(fields, {"format", "The form of all log lines."}, kFormats, logging.format);
  expression(fields,
             {"filter",
              "Expression (docs/expressions.md): requests of which it is not true are not in the "
              "access log."},
             logging.filter, {.variables = variables::kOfLog});
  check_headers(fields, "/filter", logging.filter);
  fields.map({"fields", "Fields of the access log."},
             [&](Fields& inside) { describe_log_fields(inside, logging); });
}

void describe(Fields& fields, MetricsConfig& metrics) {
  texts(fields, {"remove", "Names of metrics that are not exported."}, metrics.remove,
        {.expects = "the name of a metric"});
}

void describe(Fields& fields, KeepalivesConfig& keepalives) {
  flag(fields, {"enabled", "Whether idle upstream connections are probed."}, keepalives.enabled);
  duration(fields, {"time", "Silence before the first probe."}, keepalives.time, kDay);
  duration(fields, {"interval", "Between two probes."}, keepalives.interval, kDay);
  count(fields, {"retries", "Unanswered probes until the connection is given up."},
        keepalives.retries, {1, 127});
}

void describe(Fields& fields, UpstreamConfig& upstream) {
  duration(fields, {"connectTimeout", "Finding the name, connecting and TLS together."},
           upstream.connect_timeout, kHour);
  duration(fields, {"poolIdleTimeout", "An idle connection is closed after this."},
           upstream.pool_idle_timeout, kDay);
  count(fields, {"poolMaxSize", "Idle connections that are kept, per endpoint and worker."},
        upstream.pool_size_max, {0, 100'000});
  part(fields, {"keepalives", "TCP keep-alive of upstream connections."}, upstream.keepalives);
}

void describe(Fields& fields, DnsConfig& dns) {
  duration(fields, {"ttl", "How long an answer is used, instead of what it says itself."}, dns.ttl,
           kDay);
  addresses(fields, {"servers", "Servers to ask, as ip:port, instead of the system's."},
            dns.servers, AddressUse::server);
}

void describe(Fields& fields, PluginsConfig& plugins) {
  texts(fields, {"path", "Folders with plugins, besides the built-in one."}, plugins.path,
        {.expects = "the path of a folder", .pattern = ".+"});
  describe_upstreams(fields, plugins.upstreams);
  texts(fields,
        {"bundles",
         "Installed bundles of plugins (docs/bundles.md), each as NAME, which is its active "
         "version, or NAME@VERSION."},
        plugins.bundles,
        {.expects = "the name of an installed bundle, NAME or NAME@VERSION",
         .pattern = "[a-z0-9][a-z0-9_.-]{0,63}(@[0-9A-Za-z][0-9A-Za-z_.+-]{0,63})?"});
  text(fields,
       {"lock",
        "The file that says which bundles may be loaded, by their hashes. A bundle that is not in "
        "it, or has another hash, stops the start or the reload."},
       plugins.lock, {.expects = "the path of a file", .pattern = ".+"});
  flag(fields,
       {"allowPaths",
        "Whether 'use' in a list of policy plugins may be the absolute path of a plugin's file "
        "(docs/plugins.md)."},
       plugins.allow_paths);
}

void describe(Fields& fields, StaticConfig& config) {
  worker_threads(fields, config.worker_threads);
  address(fields, {"adminAddr", "Where state, metrics and health are served, or 'off'."},
          config.admin_addr, AddressUse::listen);
  address(fields, {"statsAddr", "Where /metrics is served. Default: the admin listener."},
          config.stats_addr, AddressUse::listen);
  address(fields, {"readinessAddr", "Where /healthz/* is served. Default: the admin listener."},
          config.readiness_addr, AddressUse::listen);
  flag(fields, {"enableIpv6", "Whether IPv6 is used, to listen and to connect."},
       config.enable_ipv6);
  duration(fields,
           {"connectionMinTerminationDeadline",
            "When the program is asked to stop: how long new connections are still served while "
            "readiness fails already, for load balancers to take notice. Default: not at all."},
           config.connection_min_termination_deadline, kDay);
  duration(fields,
           {"connectionTerminationDeadline",
            "When the program is asked to stop: how long requests in flight may go on, once no new "
            "connections are let in."},
           config.connection_termination_deadline, kDay);
  part(fields, {"logging", "What is logged, and how."}, config.logging);
  part(fields, {"metrics", "What is measured."}, config.metrics);
  part(fields, {"tracing", "Traces to an OpenTelemetry collector."}, config.tracing);
  part(fields, {"backend", "Connections to upstreams."}, config.backend);
  part(fields, {"dns", "How names are found."}, config.dns);
  part(fields, {"plugins", "Where plugins come from, and what they may reach."}, config.plugins);
}

}  // namespace headgate::config
