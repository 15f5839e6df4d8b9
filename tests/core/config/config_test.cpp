// What a right file becomes.

#include "core/config/config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

std::string read_source(const std::string& path) {
  std::ifstream file(std::string(HEADGATE_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::shared_ptr<const Config> load(const std::string& text, const World& world = {}) {
  const LoadedConfig loaded = load_config(text, "config.yaml", test_plugins(), world.environment());
  EXPECT_EQ(to_string(loaded.faults), "");
  return loaded.config;
}

const std::vector<ProviderConfig>& providers_of(const Config& config) {
  return config.binds.at(0).listeners.at(0).routes.at(0).backends.at(0).ai->groups.at(0).providers;
}

TEST(Config, LoadsTheReferenceFile) {
  const World world{{{"OPENAI_API_KEY", "sk-one"}, {"GEMINI_API_KEY", "two: 2"}}, {}};
  const auto config = load(read_source("config/multiple-providers.yaml"), world);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->binds[0].port, 3000);
  EXPECT_EQ(config->binds[0].listeners[0].name, "listener0");
  EXPECT_EQ(config->binds[0].listeners[0].routes[0].name, "route0");
  const auto& providers = providers_of(*config);
  ASSERT_EQ(providers.size(), 2u);
  EXPECT_EQ(providers[0].name, "openai");
  EXPECT_EQ(providers[0].provider_key, "openAI");
  EXPECT_EQ(providers[0].plugin_id, "test.openai");
  EXPECT_EQ(providers[0].provider.json(), R"({"model":"gpt-3.5-turbo"})");
  EXPECT_EQ(providers[0].policies.plugins[0].key, "backendAuth");
  EXPECT_EQ(providers[0].policies.plugins[0].config.json(), R"({"key":"sk-one"})");
  EXPECT_EQ(providers[0].policies.plugins[0].config.redacted(), R"({"key":"***"})");
  EXPECT_EQ(providers[1].provider.json(), R"({"model":"gemini-1.5-flash-latest"})");
  EXPECT_EQ(providers[1].policies.plugins[0].config.json(), R"({"key":"two: 2"})");
}

TEST(Config, NamesTheMissingVariablesOfTheReferenceFile) {
  EXPECT_EQ(faults_of(read_source("config/multiple-providers.yaml")),
            "config.yaml:16:22: variable 'OPENAI_API_KEY' is not defined; set it, or write "
            "${OPENAI_API_KEY:-default}, or '$$' for a literal '$'\n"
            "config.yaml:23:22: variable 'GEMINI_API_KEY' is not defined; set it, or write "
            "${GEMINI_API_KEY:-default}, or '$$' for a literal '$'");
}

TEST(Config, LoadsTheFileOfTheDemo) {
  const auto config = load(read_source("config/demo.yaml"));
  ASSERT_TRUE(config);
  const auto& providers = providers_of(*config);
  ASSERT_EQ(providers.size(), 2u);
  EXPECT_EQ(providers[0].host_override, Address::tcp("127.0.0.1", 9001));
  EXPECT_EQ(providers[1].host_override, Address::tcp("127.0.0.1", 9002));
  EXPECT_EQ(providers[1].policies.plugins[0].config.json(), R"({"key":"demo-key-gemini"})");
}

TEST(Config, LoadsTheFileOfFailover) {
  const World world{{{"OPENAI_API_KEY", "a"}, {"GEMINI_API_KEY", "b"}}, {}};
  const auto config = load(read_source("config/failover.yaml"), world);
  ASSERT_TRUE(config);
  const RouteConfig& route = config->binds[0].listeners[0].routes[0];
  EXPECT_EQ(route.policies.retry->attempts, 3u);
  EXPECT_EQ(route.policies.timeout->first_token_timeout, std::chrono::seconds(30));
  ASSERT_EQ(route.backends[0].ai->groups.size(), 2u);
  EXPECT_EQ(route.backends[0].ai->groups[0].providers[0].policies.plugins[1].config.json(),
            R"({"eviction":{"consecutiveFailures":3,"duration":"5s","maxDuration":"20s"}})");
}

TEST(Config, HasTheDocumentedDefaults) {
  const auto config = load("binds: [{port: 0, listeners: [{routes: [{}]}]}]\n");
  const StaticConfig& fixed = config->fixed;
  EXPECT_EQ(fixed.worker_threads, 0u);
  EXPECT_EQ(fixed.admin_addr, Address::tcp("127.0.0.1", 15000));
  EXPECT_FALSE(fixed.stats_addr || fixed.readiness_addr);
  EXPECT_TRUE(fixed.enable_ipv6);
  EXPECT_EQ(fixed.connection_termination_deadline, std::chrono::seconds(30));
  EXPECT_EQ(fixed.backend.connect_timeout, std::chrono::seconds(10));
  EXPECT_EQ(fixed.backend.pool_idle_timeout, std::chrono::seconds(90));
  EXPECT_EQ(fixed.backend.keepalives.retries, 9u);
  const HttpLimits& http = config->frontend.http;
  EXPECT_EQ(http.head_bytes_max, 64u << 10);
  EXPECT_EQ(http.headers_max, 100u);
  EXPECT_EQ(http.body_bytes_max, 20u << 20);
  EXPECT_EQ(http.total_body_bytes_max, 1u << 30);
  EXPECT_EQ(http.head_timeout, std::chrono::seconds(10));
  EXPECT_EQ(http.body_timeout, std::chrono::seconds(30));
  EXPECT_EQ(http.body_rate_min, 1024u);
  EXPECT_EQ(http.pending_connections_max, 1024u);
  const RouteConfig& route = config->binds[0].listeners[0].routes[0];
  ASSERT_EQ(route.matches.size(), 1u);
  EXPECT_EQ(route.matches[0].path.kind, PathMatchConfig::Kind::prefix);
  EXPECT_EQ(route.matches[0].path.value, "/");
  EXPECT_TRUE(route.backends.empty());
  EXPECT_EQ(RetryConfig().attempts, 3u);
  EXPECT_EQ(RetryConfig().wait_for_retry_after, std::chrono::seconds(3));
  EXPECT_EQ(TimeoutConfig().first_token_timeout, std::chrono::minutes(2));
  EXPECT_EQ(TimeoutConfig().stream_idle_timeout, std::chrono::seconds(30));
}

TEST(Config, ReadsTheStaticSection) {
  const World world{{{"THREADS", "4"}, {"V6", "false"}, {"PORT", "81"}}, {}};
  const auto config = load(R"(
config:
  workerThreads: $THREADS
  adminAddr: unix:/run/admin
  statsAddr: 0.0.0.0:15020
  readinessAddr: "off"
  enableIpv6: $V6
  connectionTerminationDeadline: 1m
  logging: {level: warn, format: json, fields: {remove: [a, b]}}
  metrics: {remove: [m]}
  backend:
    connectTimeout: 2s
    poolIdleTimeout: 20s
    poolMaxSize: 7
    keepalives: {enabled: false, time: 1s, interval: 2s, retries: 3}
  dns: {ttl: 5s, servers: ["8.8.8.8:53"]}
  plugins:
    path: [/opt/plugins]
    bundles: [acme, tag@1.0]
    lock: headgate.lock.toml
frontendPolicies:
  http:
    maxBufferSize: 1MiB
    maxTotalBufferSize: 2MiB
    http1MaxHeadSize: 8192
    http1MaxHeaders: 50
    headTimeout: 1s
    bodyTimeout: 2s
    minBodyRate: 4KiB
    http1IdleTimeout: 3s
    maxPendingConnections: 9
    forwardHeaders: [X-Tenant]
binds: [{port: $PORT, address: "::1", listeners: [{}]}]
)",
                           world);
  ASSERT_TRUE(config);
  const StaticConfig& fixed = config->fixed;
  EXPECT_EQ(fixed.worker_threads, 4u);
  EXPECT_EQ(fixed.admin_addr.path, "/run/admin");
  EXPECT_EQ(fixed.stats_addr, Address::tcp("0.0.0.0", 15020));
  EXPECT_EQ(fixed.readiness_addr->kind, Address::Kind::off);
  EXPECT_FALSE(fixed.enable_ipv6);
  EXPECT_EQ(fixed.connection_termination_deadline, std::chrono::minutes(1));
  EXPECT_EQ(fixed.logging.level, log::Level::warn);
  EXPECT_EQ(fixed.logging.format, log::Format::json);
  EXPECT_EQ(fixed.logging.remove_fields.size(), 2u);
  EXPECT_EQ(fixed.metrics.remove[0], "m");
  EXPECT_EQ(fixed.backend.connect_timeout, std::chrono::seconds(2));
  EXPECT_EQ(fixed.backend.pool_size_max, 7u);
  EXPECT_FALSE(fixed.backend.keepalives.enabled);
  EXPECT_EQ(fixed.backend.keepalives.interval, std::chrono::seconds(2));
  EXPECT_EQ(fixed.dns.ttl, std::chrono::seconds(5));
  EXPECT_EQ(fixed.dns.servers[0], Address::tcp("8.8.8.8", 53));
  EXPECT_EQ(fixed.plugins.path[0], "/opt/plugins");
  ASSERT_EQ(fixed.plugins.bundles.size(), 2u);
  EXPECT_EQ(fixed.plugins.bundles[1].text, "tag@1.0");
  EXPECT_EQ(fixed.plugins.bundles[1].position.column, 21u);
  EXPECT_EQ(fixed.plugins.lock->text, "headgate.lock.toml");
  // What is the same at another place is the same.
  EXPECT_EQ(*fixed.plugins.lock, (PlacedText{"headgate.lock.toml", {1, 1}, "elsewhere"}));
  EXPECT_NE(*fixed.plugins.lock, (PlacedText{"other.toml", fixed.plugins.lock->position, ""}));
  const HttpLimits& http = config->frontend.http;
  EXPECT_EQ(http.body_bytes_max, 1u << 20);
  EXPECT_EQ(http.total_body_bytes_max, 2u << 20);
  EXPECT_EQ(http.head_bytes_max, 8192u);
  EXPECT_EQ(http.headers_max, 50u);
  EXPECT_EQ(http.head_timeout, std::chrono::seconds(1));
  EXPECT_EQ(http.body_timeout, std::chrono::seconds(2));
  EXPECT_EQ(http.body_rate_min, 4096u);
  EXPECT_EQ(http.idle_timeout, std::chrono::seconds(3));
  EXPECT_EQ(http.pending_connections_max, 9u);
  ASSERT_EQ(http.forward_headers.size(), 1u);
  EXPECT_EQ(http.forward_headers[0].text, "x-tenant");
  EXPECT_EQ(config->binds[0].port, 81);
  EXPECT_EQ(config->binds[0].address, "::1");
}

TEST(Config, ReadsListenersAndRoutes) {
  const World world{{}, {{"c.pem", "x"}, {"k.pem", "x"}, {"r.pem", "x"}}};
  const auto config = load(R"(
binds:
- port: 443
  listeners:
  - name: public
    hostname: "*.example.com"
    protocol: HTTPS
    tls: {cert: c.pem, key: k.pem, root: r.pem, minTLSVersion: TLS_V1_3}
    policies: {timeout: {requestTimeout: 10s, backendRequestTimeout: 5s}}
    routes:
    - name: chat
      hostnames: [api.example.com]
      matches:
      - path: {exact: /x}
        method: POST
        headers: [{name: x-team, value: {exact: a}}]
        query: [{name: v, value: {regex: "[0-9]"}}]
      - path: {regex: "^/x$"}
      backends:
      - host: "127.0.0.1:8080"
        weight: 3
      - host: unix:/run/x
)",
                           world);
  ASSERT_TRUE(config);
  const ListenerConfig& listener = config->binds[0].listeners[0];
  EXPECT_EQ(listener.name, "public");
  EXPECT_EQ(listener.hostname, "*.example.com");
  EXPECT_EQ(listener.protocol, ListenerConfig::Protocol::https);
  EXPECT_EQ(listener.tls->root, "r.pem");
  EXPECT_EQ(listener.tls->min_version, ListenerTlsConfig::MinVersion::tls_1_3);
  EXPECT_EQ(listener.policies.timeout->request_timeout, std::chrono::seconds(10));
  EXPECT_EQ(listener.policies.timeout->backend_request_timeout, std::chrono::seconds(5));
  const RouteConfig& route = listener.routes[0];
  EXPECT_EQ(route.hostnames[0], "api.example.com");
  ASSERT_EQ(route.matches.size(), 2u);
  EXPECT_EQ(route.matches[0].path.kind, PathMatchConfig::Kind::exact);
  EXPECT_EQ(route.matches[0].method, "POST");
  EXPECT_EQ(route.matches[0].headers[0].value, "a");
  EXPECT_FALSE(route.matches[0].headers[0].regex);
  EXPECT_TRUE(route.matches[0].query[0].regex);
  EXPECT_EQ(route.matches[1].path.value, "^/x$");
  EXPECT_EQ(route.backends[0].weight, 3u);
  EXPECT_EQ(route.backends[0].name, "backend0");
  EXPECT_EQ(route.backends[1].name, "backend1");
  EXPECT_EQ(route.backends[1].host->path, "/run/x");
  EXPECT_EQ(config->referenced_files, (std::vector<std::string>{"c.pem", "k.pem", "r.pem"}));
}

TEST(Config, ReadsASingleProviderAsOneGroupOfOne) {
  const World world{{}, {{"root.pem", "x"}, {"key.txt", "abc\n"}}};
  const auto config = load(R"(
binds:
- port: 1
  listeners:
  - routes:
    - backends:
      - ai:
          provider: {gemini: }
          hostOverride: "localhost:11434"
          pathPrefix: /openai/v1/
          weight: 5
          maxConcurrency: 64
          backendAuth: {key: {file: key.txt}}
          backendTLS: {root: root.pem, hostname: h, insecureHost: true, alpn: [http/1.1],
                       subjectAltNames: [a.b]}
          policies: {retry: {attempts: 1, backoff: 1s, codes: [429], waitForRetryAfter: 1s}}
)",
                           world);
  ASSERT_TRUE(config);
  const auto& providers = providers_of(*config);
  ASSERT_EQ(providers.size(), 1u);
  const ProviderConfig& provider = providers[0];
  EXPECT_EQ(provider.name, "gemini");
  EXPECT_EQ(provider.provider.json(), "{}");
  EXPECT_EQ(provider.host_override, Address::tcp("localhost", 11434));
  EXPECT_EQ(provider.path_prefix, "/openai/v1");
  EXPECT_EQ(provider.weight, 5u);
  EXPECT_EQ(provider.max_concurrency, 64u);
  EXPECT_EQ(provider.policies.backend_tls->root, "root.pem");
  EXPECT_TRUE(provider.policies.backend_tls->insecure_host);
  EXPECT_FALSE(provider.policies.backend_tls->insecure);
  EXPECT_EQ(provider.policies.retry->codes, std::vector<int>{429});
  EXPECT_EQ(provider.policies.plugins[0].config.json(), R"({"key":"abc"})");
  EXPECT_EQ(provider.policies.plugins[0].config.redacted(), R"({"key":"***"})");
  EXPECT_EQ(config->referenced_files, (std::vector<std::string>{"key.txt", "root.pem"}));
}

TEST(Config, ReadsAPathThatReplacesAll) {
  const auto config = load(
      "binds: [{port: 1, listeners: [{routes: [{backends: [{ai: {provider: {openAI: {}}, "
      "pathOverride: \"/v1/x?y=1\"}}]}]}]}]");
  ASSERT_TRUE(config);
  EXPECT_EQ(providers_of(*config)[0].path_override, "/v1/x?y=1");
}

TEST(Config, TakesASoftLimitASwitchAndAWordForIt) {
  const auto with = [](const std::string& value) {
    return "binds: [{port: 1, listeners: [{routes: [{policies: {timeout: {firstTokenSoft: " +
           value + "}, retry: {hedge: true}}, backends: [{ai: {provider: {openAI: {}}}}]}]}]}]";
  };
  const auto soft_limit = [&](const std::string& value) {
    const auto config = load(with(value));
    const auto& policies = config->binds[0].listeners[0].routes[0].policies;
    EXPECT_TRUE(policies.retry->hedge);
    return policies.timeout->first_token_soft;
  };
  EXPECT_EQ(soft_limit("auto"), std::nullopt);
  EXPECT_EQ(soft_limit("off"), std::chrono::milliseconds(0));
  EXPECT_EQ(soft_limit("7s"), std::chrono::seconds(7));
  for (const std::string wrong : {"0s", "never", "25h"}) {
    EXPECT_NE(faults_of(with(wrong)).find("auto, off or a duration above zero"), std::string::npos)
        << faults_of(with(wrong));
  }
}

TEST(Config, AnEmptyBackendTlsIsTls) {
  const auto config = load(
      "binds: [{port: 1, listeners: [{routes: [{backends: [{ai: {provider: {openAI: {}}, "
      "backendTLS: {}}}]}]}]}]");
  EXPECT_TRUE(providers_of(*config)[0].policies.backend_tls);
}

TEST(Config, KeepsPoliciesInTheOrderOfTheFile) {
  const auto config = load(R"(
binds:
- port: 1
  listeners:
  - policies:
      health: {}
      plugins: [{use: test.nameless, config: {rate: 1}}, {use: test.health}]
      backendAuth: {key: x}
)");
  const auto& plugins = config->binds[0].listeners[0].policies.plugins;
  ASSERT_EQ(plugins.size(), 4u);
  EXPECT_EQ(plugins[0].key, "health");
  EXPECT_EQ(plugins[1].id, "test.nameless");
  EXPECT_EQ(plugins[1].key, "");
  EXPECT_EQ(plugins[1].config.json(), R"({"rate":1})");
  EXPECT_EQ(plugins[2].id, "test.health");
  EXPECT_EQ(plugins[2].config.json(), "{}");
  EXPECT_EQ(plugins[3].key, "backendAuth");
}

TEST(PluginConfig, ShowsAFaultAtItsPlace) {
  const auto config = load(read_source("config/demo.yaml"));
  const PluginConfig& auth = providers_of(*config)[0].policies.plugins[0].config;
  const ConfigFault fault = auth.fault_at("/key", "too short");
  EXPECT_EQ(fault.file, "config.yaml");
  EXPECT_EQ(fault.position.column, 22u);
  EXPECT_TRUE(fault.path.ends_with("providers[0].backendAuth.key"));
  EXPECT_EQ(fault.message, "too short");
  EXPECT_EQ(auth.fault_at("/nothing", "x").position, auth.position());
  EXPECT_EQ(PluginConfig().fault_at("/key", "x").to_string(), "x");
  EXPECT_EQ(PluginConfig().json(), "{}");
}

TEST(MergedPolicies, ANarrowerOneReplacesAWiderOneWhole) {
  PoliciesConfig wide;
  wide.retry = RetryConfig{.attempts = 5, .backoff = milliseconds(7)};
  wide.timeout = TimeoutConfig{};
  wide.plugins = {{"a", "p.a", {}}, {"b", "p.b", {}}, {"", "p.c", {}}};
  PoliciesConfig narrow;
  narrow.retry = RetryConfig{.attempts = 2};
  narrow.plugins = {{"a", "p.a", {}}, {"", "p.c", {}}, {"", "p.b", {}}};
  const PoliciesConfig merged = merge(wide, narrow);
  EXPECT_EQ(merged.retry->attempts, 2u);
  EXPECT_EQ(merged.retry->backoff, RetryConfig().backoff);
  EXPECT_TRUE(merged.timeout);
  EXPECT_FALSE(merged.stream);
  std::string order;
  for (const PluginPolicy& policy : merged.plugins) order += policy.key + "/" + policy.id + " ";
  EXPECT_EQ(order, "b/p.b a/p.a /p.c /p.b ");
}

TEST(LoadConfigFile, SaysWhyAFileCannotBeRead) {
  const World world{{}, {{"x.yaml", "binds: [{port: 1, listeners: [{}]}]"}}};
  EXPECT_TRUE(load_config_file("x.yaml", test_plugins(), world.environment()));
  EXPECT_EQ(to_string(load_config_file("y.yaml", test_plugins(), world.environment()).faults),
            "y.yaml: cannot read the file: No such file or directory");
}

TEST(ProcessEnvironment, ReadsVariablesAndRegularFilesOnly) {
  const Environment environment = process_environment();
  EXPECT_TRUE(environment.variable("PATH"));
  EXPECT_FALSE(environment.variable("HEADGATE_TEST_NOT_SET"));
  const std::string folder = HEADGATE_SOURCE_DIR;
  EXPECT_TRUE(environment.read_file(folder + "/config/demo.yaml").text);
  EXPECT_EQ(environment.read_file(folder + "/config").error, "not a regular file");
  EXPECT_EQ(environment.read_file("/dev/zero").error, "not a regular file");
  EXPECT_EQ(environment.read_file(folder + "/none").error, "No such file or directory");
}

}  // namespace
}  // namespace headgate::config
