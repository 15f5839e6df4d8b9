#include "core/config/provider_config.hpp"

#include <utility>

#include "core/config/fields.hpp"

namespace headgate::config {

namespace {

// Moves what stands on the provider itself to its policies; both places are equal, so a policy in
// both is a fault.
class DirectPolicies {
 public:
  DirectPolicies(Fields& fields, PoliciesConfig& policies) : fields_(fields), policies_(policies) {}

  template <class T>
  void move(std::string_view key, std::optional<T>& direct, std::optional<T>& below) {
    if (!direct) return;
    if (below) return twice(key);
    below = std::move(direct);
  }

  void move(PluginPolicy& direct) {
    for (const PluginPolicy& other : policies_.plugins) {
      if (other.key == direct.key) return twice(direct.key);
    }
    policies_.plugins.push_back(std::move(direct));
  }

 private:
  void twice(std::string_view key) {
    const std::string name(key);
    fields_.fault("/" + name, "'" + name + "' is set twice: here and under 'policies'");
  }

  Fields& fields_;
  PoliciesConfig& policies_;
};

}  // namespace

void describe(Fields& fields, ProviderConfig& provider) {
  provider.position = fields.position();
  text(fields,
       {"name",
        "Unique in the backend; seen in metrics, logs and headers. Default: the provider's key."},
       provider.name, {.expects = "a name without spaces", .pattern = "[!-~]{1,128}"});
  fields.title("provider", provider.name);
  fields.provider_plugin({"provider", "Which provider, and its own settings.", true},
                         provider.provider_key, provider.plugin_id, provider.provider);
  if (provider.name.empty()) provider.name = provider.provider_key;
  address(fields,
          {"hostOverride",
           "Where to connect instead of the provider's own host. Without TLS, unless 'backendTLS' "
           "says otherwise."},
          provider.host_override, AddressUse::upstream);
  text(fields, {"pathOverride", "Replaces path and query of every request."},
       provider.path_override, {.expects = "a path that begins with '/'", .pattern = "/[!-~]*"});
  text(
      fields, {"pathPrefix", "Replaces the provider's base path."}, provider.path_prefix,
      {.expects = "a path that begins with '/', without '?' and '#'", .pattern = "/[!-\"$->@-~]*"});
  if (provider.path_override && provider.path_prefix) {
    fields.fault("/pathPrefix",
                 "has no effect beside 'pathOverride', which replaces the whole path");
  }
  count(fields, {"weight", "Relative share inside the group."}, provider.weight, {1, 1'000'000});
  count(fields,
        {"maxConcurrency",
         "At most so many requests in flight; a full endpoint is not picked. Default: no limit."},
        provider.max_concurrency, {1, 1'000'000});
  part(fields, {"policies", "Policies for this provider only; they override the route's."},
       provider.policies);

  PoliciesConfig direct;
  describe_policy_keys(fields, direct);
  DirectPolicies policies(fields, provider.policies);
  policies.move("retry", direct.retry, provider.policies.retry);
  policies.move("timeout", direct.timeout, provider.policies.timeout);
  policies.move("backendTLS", direct.backend_tls, provider.policies.backend_tls);
  policies.move("stream", direct.stream, provider.policies.stream);
  for (PluginPolicy& policy : direct.plugins) policies.move(policy);
  sort_by_place(provider.policies);

  while (provider.path_prefix && provider.path_prefix->ends_with('/')) {
    provider.path_prefix->pop_back();
  }
}

}  // namespace headgate::config
