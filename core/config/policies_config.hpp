#pragma once
// A `policies:` block: settings of the engine, which are typed here, and policies that are plugins,
// of which this layer knows the key only. Blocks stand at the listener, the route, the backend and
// the provider; a narrower one replaces a policy of the same key whole.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/expression.hpp"
#include "core/config/plugin_config.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

class Fields;

// `retry`: how a request that failed before its answer began is tried again.
struct RetryConfig {
  // Attempts in all, the first included. 1 to 10.
  std::uint32_t attempts = 3;
  // Wait before the second attempt at the same endpoint; grows from there, with jitter.
  milliseconds backoff{100};
  // HTTP statuses that are tried again, besides those that the provider's plugin says are worth it.
  std::vector<int> codes = {};
  // Says of an answer that it is tried again as well; variables::kOfAnswer.
  Expression condition = {};
  // Says of a request whether another attempt may be made at all; variables::kOfRequest.
  Expression precondition = {};
  // The longest `Retry-After` that a request is held for; a longer one goes elsewhere at once.
  milliseconds wait_for_retry_after{3'000};
  enum class WhenAllOut : std::uint8_t {
    ask,     // hold the request for a moment, then try the least bad
    refuse,  // tell the client at once when to come back
  };
  WhenAllOut when_all_out = WhenAllOut::ask;
  // Asks another endpoint as well when an answer takes longer than 95 of 100 do.
  bool hedge = false;
};

// `timeout`: how long what may take. Nothing set means no limit only where it says so.
struct TimeoutConfig {
  // The whole request with all of its attempts, to the last byte. Default: no limit.
  std::optional<milliseconds> request_timeout;
  // One attempt, to the last byte. Default: no limit.
  std::optional<milliseconds> backend_request_timeout;
  // Hard limit on the wait for the first token of one attempt. A model may think for a minute.
  milliseconds first_token_timeout{120'000};
  // Beside a stream whose first token has not come after so long, another endpoint is asked. Unset:
  // four times what most take, from 4 s to 10 s. 0: never.
  std::optional<milliseconds> first_token_soft;
  // Between two events of a stream.
  milliseconds stream_idle_timeout{30'000};
};

// `backendTLS`: TLS towards the upstream. `{}` is TLS with the system's roots.
struct BackendTlsConfig {
  std::string cert;               // PEM file of the client certificate; needs `key`
  std::string key;                // PEM file of its key
  std::string root;               // PEM file of the roots to trust instead of the system's
  std::string hostname;           // name to send (SNI) and to verify instead of the upstream's host
  bool insecure = false;          // verify nothing
  bool insecure_host = false;     // verify the chain, not the name
  std::vector<std::string> alpn;  // only http/1.1 is spoken
  std::vector<std::string> subject_alt_names;  // accept one of these names instead of the host's

  bool operator==(const BackendTlsConfig&) const = default;
};

// `stream`: what becomes of a stream that breaks after the client has had a part of it.
struct StreamConfig {
  enum class OnCut : std::uint8_t {
    error,  // it ends in an error event
    go_on,  // another provider goes on with it
    hold,   // nothing is sent before all of it is there, so another provider can be asked
  };
  OnCut on_cut = OnCut::error;
};

struct PoliciesConfig {
  // Unset means: not said at this level. value_or({}) after the merge of all levels.
  std::optional<RetryConfig> retry;
  std::optional<TimeoutConfig> timeout;
  std::optional<BackendTlsConfig> backend_tls;
  std::optional<StreamConfig> stream;
  // In the order of the file, those of `plugins: [...]` at the place of that key.
  std::vector<PluginPolicy> plugins;
};

// What holds where `narrower` stands inside `wider`: settings and plugins of the same key (or id)
// are replaced whole, the others stay, wider ones first. [main]
PoliciesConfig merge(const PoliciesConfig& wider, const PoliciesConfig& narrower);

// Puts the plugins into the order of the file.
void sort_by_place(PoliciesConfig& policies);

void describe(Fields& fields, RetryConfig& retry);
void describe(Fields& fields, TimeoutConfig& timeout);
void describe(Fields& fields, BackendTlsConfig& tls);
void describe(Fields& fields, StreamConfig& stream);
void describe(Fields& fields, PoliciesConfig& policies);
// The same keys without `plugins`, as they may stand directly on a provider.
void describe_policy_keys(Fields& fields, PoliciesConfig& policies);

}  // namespace headgate::config
