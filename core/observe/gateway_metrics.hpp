#pragma once
// The gateway's own metrics by name, so that nobody else spells one. Those named gen_ai_* have the
// meaning, labels and buckets of OpenTelemetry's semantic conventions for generative AI, their
// names in Prometheus form (dots to underscores, unit last):
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
//
// Use: resolve RouteSeries, EndpointSeries and GenAiSeries when a snapshot is built (they live as
// long as GatewayMetrics, the same labels give the same object over reloads) and keep references;
// a request then calls their functions with its worker's WorkerMetrics.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/observe/metrics.hpp"

namespace headgate::observe {

// The requests of one route.
class RouteSeries {
 public:
  virtual ~RouteSeries() = default;
  // A request came; finished() must follow. [worker]
  virtual void started(WorkerMetrics& worker) = 0;
  // It ended with this status (0: the client left before one was sent). [worker]
  virtual void finished(WorkerMetrics& worker, int status, double seconds) = 0;
};

// What becomes of an attempt beside another one of the same request.
enum class SecondEvent : std::uint8_t {
  started,
  won,      // the first to answer the client
  lost,     // it was not, or it failed
  refused,  // it was due, and the budget was spent: of the endpoint that is late
};

// The attempts at one endpoint.
class EndpointSeries {
 public:
  virtual ~EndpointSeries() = default;
  // `outcome` is "success" or the code of an Error. [worker]
  virtual void attempt(WorkerMetrics& worker, std::string_view outcome) = 0;
  // Reasons that are told apart.
  static constexpr std::size_t kReasonsMax = 16;
  // It was chosen. `reason` is the number of the name. REQUIRES: reason < kReasonsMax. [worker]
  virtual void picked(WorkerMetrics& worker, std::size_t reason, std::string_view name) = 0;
  // About an attempt beside one that was slow or may become so (`hedge`). [worker]
  virtual void second_attempt(WorkerMetrics& worker, bool hedge, SecondEvent event) = 0;
  // The gateway asked it whether it is back. `result` is "success" or the code of an Error.
  // [worker]
  virtual void probed(WorkerMetrics& worker, std::string_view result) = 0;
  // An event of its stream was not what it should have been, and the client does not get it.
  // [worker]
  virtual void event_dropped(WorkerMetrics& worker) = 0;
  // It was taken out of the choice. What is out and why have few values. [any]
  virtual void evicted(std::string_view scope, std::string_view reason) = 0;
  // Its answer broke off at the client, and others were to go on with it: what came of that has few
  // values. [any]
  virtual void gone_on(std::string_view result) = 0;

  // All of that since the start, as the metrics show it: for each series of one kind the values of
  // its labels behind backend and endpoint, and its sum over the workers. [any]
  enum class Count : std::uint8_t {
    attempts,         // outcome
    picks,            // reason
    second_attempts,  // cause, event
    evictions,        // scope, reason
    continuations,    // result
    probes,           // result
    dropped_events,
  };
  virtual void read(Count count, const MetricRegistry::CounterVisitor& visit) const = 0;
};

// What is known of one answered request.
class GenAiSample {
 public:
  // Kept as a label of its own as long as there are few: pass the model that the upstream was asked
  // for, not what an unknown client made up.
  std::string_view model;
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  double seconds = 0;                         // first byte of the request to last of the answer
  std::optional<double> first_token_seconds;  // of a stream
};

// The model calls of one operation at one kind of provider.
class GenAiSeries {
 public:
  virtual ~GenAiSeries() = default;
  virtual void answered(WorkerMetrics& worker, const GenAiSample& sample) = 0;  // [worker]
  // `error_type` is the code of the Error. [worker]
  virtual void failed(WorkerMetrics& worker, std::string_view error_type, double seconds) = 0;
  // Tokens of an answer that was dropped: nothing else of the sample counts. [worker]
  virtual void dropped(WorkerMetrics& worker, const GenAiSample& sample) = 0;
};

// The HTTP calls that plugins make to one upstream.
class PluginCallSeries {
 public:
  virtual ~PluginCallSeries() = default;
  // `result` is one of a few words. [worker]
  virtual void ended(WorkerMetrics& worker, std::string_view plugin, std::string_view result) = 0;
};

// Plugins that did not do what they were asked.
class PluginFaultSeries {
 public:
  virtual ~PluginFaultSeries() = default;
  // A callback failed. `passed_over`: the request goes on without the policy. Policies and
  // callbacks are what the configuration names, and few. [worker]
  virtual void policy(WorkerMetrics& worker, std::string_view policy, std::string_view callback,
                      bool passed_over) = 0;
  // What a plugin does without a request failed. [worker]
  virtual void background(WorkerMetrics& worker, std::string_view plugin) = 0;
};

// What became of spans.
enum class SpanResult : std::uint8_t {
  sent,         // the collector has them
  rejected,     // it took the others of their export, and not these
  refused,      // it answered that it will not have them
  unreachable,  // it could not be asked, or not in time
  queue_full,   // too many waited
};

// Spans by what became of them.
class SpanSeries {
 public:
  virtual ~SpanSeries() = default;
  virtual void ended(SpanResult result, std::uint64_t spans) = 0;  // [any]
};

class GatewayMetrics {
 public:
  // Models that get a label of their own per operation and provider kind; the others are "other".
  static constexpr std::size_t kModelsMax = 256;
  static constexpr std::size_t kOutcomesMax = 64;
  // Plugins with results, per upstream that they call.
  static constexpr std::size_t kCallersMax = 256;

  // `version` goes into headgate_build_info. `registry` must outlive this.
  GatewayMetrics(MetricRegistry& registry, std::string_view version);
  ~GatewayMetrics();
  GatewayMetrics(const GatewayMetrics&) = delete;
  GatewayMetrics& operator=(const GatewayMetrics&) = delete;

  RouteSeries& route(std::string_view listener, std::string_view route);
  EndpointSeries& endpoint(std::string_view backend, std::string_view endpoint);
  GenAiSeries& gen_ai(std::string_view operation, std::string_view provider);

  PluginCallSeries& plugin_calls(std::string_view upstream);

  PluginFaultSeries& plugin_faults();

  // Shown from the first call on.
  SpanSeries& spans();

  // Open client connections of an address that is listened on, such as "0.0.0.0:3000"; add +1, -1.
  Gauge connections(std::string_view bind);

  // A configuration was taken over, or refused; at start too. [control thread]
  void config_reloaded(bool successful, double unix_seconds);

  // Shown as headgate_access_log_dropped_total; `count` is called at each scrape until this ends.
  void watch_access_log(std::function<std::uint64_t()> count);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headgate::observe
