// Any text is either a configuration or has faults; no fault and nothing that is shown holds what
// came out of a variable; what plugins are given is JSON.

#include "core/config/config.hpp"

#include <boost/json/parse.hpp>

#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::config {
namespace {

// Not a text that an input holds by chance.
constexpr std::string_view kSecret = "s3cr3t-of-the-fuzzer";

Environment environment() {
  Environment environment;
  environment.variable = [](std::string_view name) -> std::optional<std::string> {
    if (name == "MISSING") return std::nullopt;
    return std::string(kSecret);
  };
  environment.read_file = [](const std::string& path) -> FileContent {
    if (path == "none") return {std::nullopt, "No such file or directory"};
    return {std::string(kSecret), {}};
  };
  return environment;
}

PluginKeys plugins() {
  using Kind = PluginKey::Kind;
  PluginKeys keys;
  keys.add({Kind::provider, "any", "fuzz.any", ""});
  keys.add({Kind::provider, "typed", "fuzz.typed", R"({"type": "object", "properties": {
    "model": {"type": "string", "minLength": 1}, "n": {"type": "integer", "maximum": 9},
    "f": {"oneOf": [{"type": "boolean"}, {"type": "array", "items": {"$ref": "#"}}]}},
    "additionalProperties": false})"});
  keys.add({Kind::policy, "auth", "fuzz.auth", R"({"type": "object",
    "properties": {"key": {"type": "string", "format": "secret"}}})"});
  return keys;
}

void check_plugin(const PluginConfig& config) {
  boost::json::parse_options options;
  options.max_depth = 128;
  boost::system::error_code error;
  boost::json::parse(config.json(), error, boost::json::storage_ptr(), options);
  FUZZ_CHECK(!error);
  boost::json::parse(config.redacted(), error, boost::json::storage_ptr(), options);
  FUZZ_CHECK(!error);
  FUZZ_CHECK(config.redacted().find(kSecret) == std::string::npos);
}

void check_policies(const PoliciesConfig& policies) {
  for (const PluginPolicy& policy : policies.plugins) check_plugin(policy.config);
}

void check_route(const RouteConfig& route) {
  FUZZ_CHECK(!route.matches.empty() && !route.name.empty());
  check_policies(route.policies);
  for (const BackendConfig& backend : route.backends) {
    FUZZ_CHECK(backend.ai.has_value() != backend.host.has_value());
    check_policies(backend.policies);
    if (!backend.ai) continue;
    for (const GroupConfig& group : backend.ai->groups) {
      FUZZ_CHECK(!group.providers.empty());
      for (const ProviderConfig& provider : group.providers) {
        FUZZ_CHECK(!provider.name.empty() && !provider.plugin_id.empty());
        check_plugin(provider.provider);
        check_policies(provider.policies);
      }
    }
  }
}

}  // namespace

FUZZ_TARGET(input) {
  // The fuzzer sees what is compared, and learns the word.
  if (input.whole.find(kSecret) != std::string_view::npos) return;
  const fuzz::Block text(input.whole);
  const LoadedConfig loaded = load_config(text.view(), "f", plugins(), environment());
  FUZZ_CHECK((loaded.config == nullptr) == !loaded.faults.empty());
  FUZZ_CHECK(to_string(loaded.faults).find(kSecret) == std::string::npos);
  if (!loaded.config) return;
  FUZZ_CHECK(!loaded.config->binds.empty());
  for (const BindConfig& bind : loaded.config->binds) {
    for (const ListenerConfig& listener : bind.listeners) {
      check_policies(listener.policies);
      for (const RouteConfig& route : listener.routes) check_route(route);
    }
  }
}

}  // namespace headgate::config
