#include "core/observe/gateway_families.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::observe {
namespace {

constexpr std::size_t kSeriesMax = 16384;

// The buckets that the conventions recommend.
constexpr std::array kTokenBounds{1.0,       4.0,       16.0,       64.0,      256.0,
                                  1024.0,    4096.0,    16384.0,    65536.0,   262144.0,
                                  1048576.0, 4194304.0, 16777216.0, 67108864.0};
constexpr std::array kDurationBounds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                     1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array kFirstTokenBounds{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                       0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
constexpr std::array kPerTokenBounds{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2,
                                     0.3,  0.4,   0.5,  0.75,  1.0, 2.5};

std::size_t add(MetricRegistry& registry, std::string_view name, std::string_view help,
                MetricType type, std::vector<std::string> labels,
                std::span<const double> bounds = {}) {
  FamilySpec spec;
  spec.name = name;
  spec.help = help;
  spec.type = type;
  spec.labels = std::move(labels);
  spec.bounds.assign(bounds.begin(), bounds.end());
  spec.series_max = kSeriesMax;
  return registry.family(std::move(spec));
}

}  // namespace

GatewayFamilies::GatewayFamilies(MetricRegistry& registry) {
  using enum MetricType;
  const std::vector<std::string> route{"listener", "route"};
  requests = add(registry, "headgate_requests_total",
                 "Client requests by the status that was sent; none: the client left before.",
                 counter, {"listener", "route", "status"});
  in_flight =
      add(registry, "headgate_requests_in_flight", "Client requests being served.", gauge, route);
  request_seconds =
      add(registry, "headgate_request_duration_seconds",
          "Client requests, first byte in to last byte out.", histogram, route, kDurationBounds);
  connections = add(registry, "headgate_connections", "Open client connections.", gauge, {"bind"});
  attempts = add(registry, "headgate_attempts_total",
                 "Attempts at an endpoint: success, or the code of the error.", counter,
                 {"backend", "endpoint", "outcome"});
  picks = add(registry, "headgate_pick_total", "Times an endpoint was chosen, and why.", counter,
              {"backend", "endpoint", "reason"});
  seconds =
      add(registry, "headgate_second_attempts_total",
          "Attempts beside another one of the same request (cause: slow, hedge): started, won (the "
          "first to answer), lost, refused (by the budget; of the endpoint that was late).",
          counter, {"backend", "endpoint", "cause", "event"});
  evictions = add(registry, "headgate_evictions_total",
                  "Times an endpoint was taken out of the choice: what of it (scope), and why.",
                  counter, {"backend", "endpoint", "scope", "reason"});
  continuations = add(registry, "headgate_continuations_total",
                      "Answers of an endpoint that broke off at the client and that others were to "
                      "go on with, by what came of that.",
                      counter, {"backend", "endpoint", "result"});
  probes =
      add(registry, "headgate_probe_total",
          "Times an endpoint that is out was asked whether it is back: success, or the code of "
          "the error.",
          counter, {"backend", "endpoint", "result"});
  dropped_events = add(registry, "headgate_stream_events_dropped_total",
                       "Events of streams that should have been JSON and were not.", counter,
                       {"backend", "endpoint"});
  plugin_calls =
      add(registry, "headgate_plugin_calls_total",
          "HTTP calls that plugins made: answered (whatever the status), connect, timeout, "
          "too_large, broken, or cancelled because nobody waited for it any more.",
          counter, {"plugin", "upstream", "result"});
  policy_faults =
      add(registry, "headgate_policy_faults_total",
          "Callbacks of policies that failed, and what became of the request: request_failed, or "
          "passed_over where onError lets it go on without the policy.",
          counter, {"policy", "callback", "effect"});
  background_faults =
      add(registry, "headgate_plugin_background_faults_total",
          "Times what a plugin does without a request failed; it began again later.", counter,
          {"plugin"});
  reloads = add(registry, "headgate_config_reloads_total",
                "Configurations that were loaded, the first included.", counter, {"result"});
  spans = add(registry, "headgate_trace_spans_total",
              "Spans of recorded requests: sent, or why they were dropped.", counter, {"result"});

  std::vector<std::string> model{"gen_ai_operation_name", "gen_ai_provider_name",
                                 "gen_ai_request_model"};
  first_token_seconds =
      add(registry, "gen_ai_server_time_to_first_token_seconds",
          "Time to the first token of successful streams.", histogram, model, kFirstTokenBounds);
  per_token_seconds = add(registry, "gen_ai_server_time_per_output_token_seconds",
                          "Time per token after the first of successful streams.", histogram, model,
                          kPerTokenBounds);
  model.push_back("error_type");
  server_seconds =
      add(registry, "gen_ai_server_request_duration_seconds",
          "Model requests, first byte in to last byte out.", histogram, model, kDurationBounds);
  model.back() = "gen_ai_token_type";
  token_usage = add(registry, "gen_ai_client_token_usage", "Tokens used per request.", histogram,
                    model, kTokenBounds);
}

}  // namespace headgate::observe
