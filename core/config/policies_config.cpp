#include "core/config/policies_config.hpp"

#include <algorithm>
#include <tuple>

#include "core/base/expression_variables.hpp"
#include "core/config/fields.hpp"

namespace headgate::config {

namespace {

constexpr milliseconds kDay = std::chrono::hours(24);

// Two attachments of the same policy: by the same key, or by the same id.
bool same_policy(const PluginPolicy& left, const PluginPolicy& right) {
  return left.key == right.key && left.id == right.id;
}

template <class T>
void replace(std::optional<T>& wider, const std::optional<T>& narrower) {
  if (narrower) wider = narrower;
}

}  // namespace

void sort_by_place(PoliciesConfig& policies) {
  const auto before = [](const PluginPolicy& left, const PluginPolicy& right) {
    const Position a = left.config.position();
    const Position b = right.config.position();
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  };
  std::sort(policies.plugins.begin(), policies.plugins.end(), before);
}

PoliciesConfig merge(const PoliciesConfig& wider, const PoliciesConfig& narrower) {
  PoliciesConfig merged = wider;
  replace(merged.retry, narrower.retry);
  replace(merged.timeout, narrower.timeout);
  replace(merged.backend_tls, narrower.backend_tls);
  replace(merged.stream, narrower.stream);
  for (const PluginPolicy& policy : narrower.plugins) {
    std::erase_if(merged.plugins,
                  [&](const PluginPolicy& other) { return same_policy(policy, other); });
  }
  merged.plugins.insert(merged.plugins.end(), narrower.plugins.begin(), narrower.plugins.end());
  return merged;
}

void describe(Fields& fields, RetryConfig& retry) {
  count(fields, {"attempts", "Attempts in all, the first included."}, retry.attempts, {1, 10});
  duration(fields,
           {"backoff",
            "Wait before the second attempt at the same endpoint; grows from there, with jitter."},
           retry.backoff, std::chrono::minutes(1));
  counts(fields,
         {"codes",
          "HTTP statuses that are tried again, besides those that the provider says are worth it."},
         retry.codes, {400, 599});
  duration(fields,
           {"waitForRetryAfter",
            "The longest Retry-After that a request is held for; a longer one goes elsewhere."},
           retry.wait_for_retry_after, std::chrono::minutes(5));
  static constexpr Choice<RetryConfig::WhenAllOut> kWhenAllOut[] = {
      {"ask", RetryConfig::WhenAllOut::ask},
      {"refuse", RetryConfig::WhenAllOut::refuse},
  };
  choice(fields,
         {"whenAllOut",
          "What is done when everybody is out of service. 'ask': the request is held for at most "
          "waitForRetryAfter until the first is back, and otherwise tried where the return is "
          "nearest, but never before a time that a provider asked for. 'refuse': the client is "
          "told at once, with the earliest return as Retry-After."},
         kWhenAllOut, retry.when_all_out);
  flag(fields,
       {"hedge",
        "Another endpoint is asked as well when an answer takes longer than 95 of 100 lately did; "
        "who answers first serves the request. Costs up to 5 % more requests."},
       retry.hedge);
  expression(fields,
             {"condition",
              "Expression (docs/expressions.md) over request, response and llm: an answer of which "
              "it is true is tried again, besides 'codes' and what the provider says is worth it."},
             retry.condition,
             {.variables = {variables::kOfAnswer.data(), variables::kOfAnswer.size()}});
  expression(fields,
             {"precondition",
              "Expression over request and llm: a request of which it is not true is sent once, "
              "whatever becomes of it."},
             retry.precondition, {.variables = variables::kOfRequest});
}

void describe(Fields& fields, TimeoutConfig& timeout) {
  duration(fields,
           {"requestTimeout",
            "The whole request with all of its attempts, to the last byte. Default: no limit."},
           timeout.request_timeout, kDay);
  duration(fields, {"backendRequestTimeout", "One attempt, to the last byte. Default: no limit."},
           timeout.backend_request_timeout, kDay);
  duration(fields,
           {"firstTokenTimeout",
            "Hard limit on the wait for the first token of one attempt; a model may think long."},
           timeout.first_token_timeout, kDay);
  duration_or_off(fields,
                  {"firstTokenSoft",
                   "A stream that has not begun after this long is asked of another endpoint as "
                   "well, and who begins first serves it. auto: four times what 95 of 100 lately "
                   "took, from 4s to 10s."},
                  timeout.first_token_soft, kDay);
  duration(fields, {"streamIdleTimeout", "Between two events of a stream."},
           timeout.stream_idle_timeout, kDay);
}

void describe(Fields& fields, BackendTlsConfig& tls) {
  file(fields, {"cert", "PEM file of the client certificate; needs 'key'."}, tls.cert);
  file(fields, {"key", "PEM file of the key of 'cert'."}, tls.key);
  file(fields, {"root", "PEM file of the roots to trust instead of the system's."}, tls.root);
  text(fields,
       {"hostname", "Name to send (SNI) and to verify instead of the upstream's host name."},
       tls.hostname, {.expects = "a host name", .pattern = "[A-Za-z0-9._-]+"});
  flag(fields, {"insecure", "Verify nothing. Whoever can reach the connection can read it."},
       tls.insecure);
  flag(fields, {"insecureHost", "Verify who signed the certificate, not which name it is for."},
       tls.insecure_host);
  texts(fields, {"alpn", "Protocols to offer. Only HTTP/1.1 is spoken yet."}, tls.alpn,
        {.expects = "'http/1.1'", .pattern = "http/1\\.1"});
  texts(fields, {"subjectAltNames", "Accept a certificate for one of these names instead."},
        tls.subject_alt_names, {.expects = "a host name", .pattern = "[A-Za-z0-9.*_-]+"});
  if (tls.cert.empty() != tls.key.empty()) {
    fields.fault(tls.cert.empty() ? "/key" : "/cert", "'cert' and 'key' need each other");
  }
}

void describe(Fields& fields, StreamConfig& stream) {
  static constexpr Choice<StreamConfig::OnCut> kChoices[] = {
      {"error", StreamConfig::OnCut::error},
      {"continue", StreamConfig::OnCut::go_on},
      {"hold", StreamConfig::OnCut::hold},
  };
  choice(fields,
         {"onCut",
          "What becomes of a stream that breaks after the client has had a part of it. 'error': "
          "an error event in the format of the client's API. 'continue': another provider goes "
          "on with it, or repeats it and goes on; where it says something else, an error event. "
          "'hold': nothing is sent before the stream is complete, so that it can be asked for "
          "again unseen."},
         kChoices, stream.on_cut);
}

void describe_policy_keys(Fields& fields, PoliciesConfig& policies) {
  part(fields, {"retry", "How a request that failed before its answer began is tried again."},
       policies.retry);
  part(fields, {"timeout", "How long what may take."}, policies.timeout);
  part(fields, {"backendTLS", "TLS towards the upstream; {} is TLS with the system's roots."},
       policies.backend_tls);
  part(fields, {"stream", "What becomes of streams."}, policies.stream);
  fields.policy_plugins(policies.plugins);
}

void describe(Fields& fields, PoliciesConfig& policies) {
  // Before the plugins' keys, so that no plugin can take it.
  std::vector<PluginPolicy> by_id;
  fields.plugins_by_id({"plugins",
                        "Policy plugins by id, or by the absolute path of the file where "
                        "config.plugins.allowPaths is set; in this order."},
                       by_id);
  describe_policy_keys(fields, policies);
  policies.plugins.insert(policies.plugins.end(), by_id.begin(), by_id.end());
  sort_by_place(policies);
}

}  // namespace headgate::config
