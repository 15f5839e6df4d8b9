#include "core/observe/gateway_metrics.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/observe/gateway_families.hpp"
#include "core/observe/intern_table.hpp"

namespace headgate::observe {
namespace {

// Routes, endpoints and the like whose numbers are kept apart; names change over reloads, so there
// has to be an end. Those above share the "other" object.
constexpr std::size_t kObjectsMax = 4096;

constexpr std::string_view kNone = "none";

class RouteNumbers final : public RouteSeries {
 public:
  RouteNumbers(MetricRegistry& registry, const GatewayFamilies& families, std::string_view listener,
               std::string_view route)
      : registry_(registry), families_(families), listener_(listener), route_(route) {
    const std::array<std::string_view, 2> values{listener_, route_};
    in_flight_ = registry_.gauge(families_.in_flight, values);
    seconds_ = registry_.histogram(families_.request_seconds, values);
  }

  void started(WorkerMetrics& worker) override { worker.add(in_flight_, 1); }

  void finished(WorkerMetrics& worker, int status, double seconds) override {
    worker.add(in_flight_, -1);
    worker.add(counter_of(status));
    worker.observe(seconds_, seconds);
  }

 private:
  static constexpr int kStatusMin = 100;
  static constexpr int kStatusMax = 599;

  // Resolved at the first request that ends so; a race does it twice with the same result.
  Counter counter_of(int status) {
    const bool known = status >= kStatusMin && status <= kStatusMax;
    const std::size_t index =
        known ? static_cast<std::size_t>(status - kStatusMin + 2) : (status == 0 ? 0 : 1);
    std::uint32_t slot = slots_[index].load(std::memory_order_acquire);
    if (slot == 0) {
      const std::string text =
          known ? std::to_string(status) : std::string(status == 0 ? kNone : kOverflowLabel);
      const std::array<std::string_view, 3> values{listener_, route_, text};
      slot = registry_.counter(families_.requests, values).slot;
      slots_[index].store(slot, std::memory_order_release);
    }
    return Counter{slot};
  }

  MetricRegistry& registry_;
  const GatewayFamilies& families_;
  const std::string listener_;
  const std::string route_;
  Gauge in_flight_;
  Histogram seconds_;
  std::array<std::atomic<std::uint32_t>, kStatusMax - kStatusMin + 3> slots_{};
};

class EndpointNumbers final : public EndpointSeries {
 public:
  EndpointNumbers(MetricRegistry& registry, const GatewayFamilies& families,
                  std::string_view backend, std::string_view endpoint)
      : registry_(registry), families_(families), backend_(backend), endpoint_(endpoint) {}

  void attempt(WorkerMetrics& worker, std::string_view outcome) override {
    worker.add(outcomes_.get(outcome, [&](std::string_view text) {
      const std::array<std::string_view, 3> values{backend_, endpoint_, text};
      return registry_.counter(families_.attempts, values);
    }));
  }
  void picked(WorkerMetrics& worker, std::size_t reason, std::string_view name) override {
    std::uint32_t slot = picks_[reason].load(std::memory_order_acquire);
    if (slot == 0) slot = make_picks(reason, name);
    worker.add(Counter{slot});
  }
  void second_attempt(WorkerMetrics& worker, bool hedge, SecondEvent event) override {
    constexpr std::array<std::string_view, 4> kEvents{"started", "won", "lost", "refused"};
    const std::array<std::string_view, 4> values{backend_, endpoint_, hedge ? "hedge" : "slow",
                                                 kEvents[static_cast<std::size_t>(event)]};
    worker.add(registry_.counter(families_.seconds, values));
  }
  void probed(WorkerMetrics& worker, std::string_view result) override {
    const std::array<std::string_view, 3> values{backend_, endpoint_, result};
    worker.add(registry_.counter(families_.probes, values));
  }
  void event_dropped(WorkerMetrics& worker) override {
    const std::array<std::string_view, 2> values{backend_, endpoint_};
    worker.add(registry_.counter(families_.dropped_events, values));
  }
  void evicted(std::string_view scope, std::string_view reason) override {
    const std::array<std::string_view, 4> values{backend_, endpoint_, scope, reason};
    registry_.count(registry_.counter(families_.evictions, values));
  }
  void gone_on(std::string_view result) override {
    const std::array<std::string_view, 3> values{backend_, endpoint_, result};
    registry_.count(registry_.counter(families_.continuations, values));
  }
  void read(Count count, const MetricRegistry::CounterVisitor& visit) const override {
    const std::array<std::string_view, 2> values{backend_, endpoint_};
    registry_.visit(family_of(count), values, visit);
  }

 private:
  std::size_t family_of(Count count) const {
    switch (count) {
      case Count::attempts:
        return families_.attempts;
      case Count::picks:
        return families_.picks;
      case Count::second_attempts:
        return families_.seconds;
      case Count::evictions:
        return families_.evictions;
      case Count::continuations:
        return families_.continuations;
      case Count::probes:
        return families_.probes;
      case Count::dropped_events:
        return families_.dropped_events;
    }
    return families_.attempts;
  }

  // At the first pick for this reason; a race does it twice with the same result.
  std::uint32_t make_picks(std::size_t reason, std::string_view name) {
    const std::array<std::string_view, 3> values{backend_, endpoint_, name};
    const std::uint32_t slot = registry_.counter(families_.picks, values).slot;
    picks_[reason].store(slot, std::memory_order_release);
    return slot;
  }

  MetricRegistry& registry_;
  const GatewayFamilies& families_;
  const std::string backend_;
  const std::string endpoint_;
  InternTable<Counter, GatewayMetrics::kOutcomesMax> outcomes_;
  std::array<std::atomic<std::uint32_t>, kReasonsMax> picks_{};
};

class PluginCallNumbers final : public PluginCallSeries {
 public:
  PluginCallNumbers(MetricRegistry& registry, const GatewayFamilies& families,
                    std::string_view upstream, std::string_view)
      : registry_(registry), families_(families), upstream_(upstream) {}

  void ended(WorkerMetrics& worker, std::string_view plugin, std::string_view result) override {
    std::string both(plugin);
    both.append("\n").append(result);
    worker.add(counters_.get(both, [&](std::string_view text) {
      const bool known = text == both;
      const std::array<std::string_view, 3> values{known ? plugin : kOverflowLabel, upstream_,
                                                   known ? result : kOverflowLabel};
      return registry_.counter(families_.plugin_calls, values);
    }));
  }

 private:
  MetricRegistry& registry_;
  const GatewayFamilies& families_;
  const std::string upstream_;
  InternTable<Counter, GatewayMetrics::kCallersMax> counters_;
};

class GenAiNumbers final : public GenAiSeries {
 public:
  GenAiNumbers(MetricRegistry& registry, const GatewayFamilies& families,
               std::string_view operation, std::string_view provider)
      : registry_(registry), families_(families), operation_(operation), provider_(provider) {}

  void answered(WorkerMetrics& worker, const GenAiSample& sample) override {
    const Model& model =
        models_.get(sample.model, [&](std::string_view name) { return make_model(name); });
    worker.observe(model.seconds, sample.seconds);
    observe_tokens(worker, model, sample);
    if (!sample.first_token_seconds) return;
    worker.observe(model.first_token_seconds, *sample.first_token_seconds);
    const std::uint64_t tokens = sample.output_tokens.value_or(0);
    if (tokens > 1) {
      const double rest = std::max(0.0, sample.seconds - *sample.first_token_seconds);
      worker.observe(model.per_token_seconds, rest / static_cast<double>(tokens - 1));
    }
  }

  void dropped(WorkerMetrics& worker, const GenAiSample& sample) override {
    observe_tokens(
        worker, models_.get(sample.model, [&](std::string_view name) { return make_model(name); }),
        sample);
  }

  void failed(WorkerMetrics& worker, std::string_view error_type, double seconds) override {
    // Without the model: what fails may ask for a model that nobody has.
    worker.observe(failures_.get(error_type,
                                 [&](std::string_view text) {
                                   const std::array<std::string_view, 4> values{
                                       operation_, provider_, {}, text};
                                   return registry_.histogram(families_.server_seconds, values);
                                 }),
                   seconds);
  }

 private:
  class Model {
   public:
    Histogram input_tokens, output_tokens, seconds, first_token_seconds, per_token_seconds;
  };

  static void observe_tokens(WorkerMetrics& worker, const Model& model, const GenAiSample& sample) {
    if (sample.input_tokens) {
      worker.observe(model.input_tokens, static_cast<double>(*sample.input_tokens));
    }
    if (sample.output_tokens) {
      worker.observe(model.output_tokens, static_cast<double>(*sample.output_tokens));
    }
  }

  Model make_model(std::string_view name) {
    const std::array<std::string_view, 3> plain{operation_, provider_, name};
    const std::array<std::string_view, 4> input{operation_, provider_, name, "input"};
    const std::array<std::string_view, 4> output{operation_, provider_, name, "output"};
    const std::array<std::string_view, 4> no_error{operation_, provider_, name, {}};
    Model model;
    model.input_tokens = registry_.histogram(families_.token_usage, input);
    model.output_tokens = registry_.histogram(families_.token_usage, output);
    model.seconds = registry_.histogram(families_.server_seconds, no_error);
    model.first_token_seconds = registry_.histogram(families_.first_token_seconds, plain);
    model.per_token_seconds = registry_.histogram(families_.per_token_seconds, plain);
    return model;
  }

  MetricRegistry& registry_;
  const GatewayFamilies& families_;
  const std::string operation_;
  const std::string provider_;
  InternTable<Model, GatewayMetrics::kModelsMax> models_;
  InternTable<Histogram, GatewayMetrics::kOutcomesMax> failures_;
};

// Objects by their two labels. They stay, so that counting goes on over a reload.
template <class Object>
class Directory {
 public:
  Object& get(MetricRegistry& registry, const GatewayFamilies& families, std::string_view first,
              std::string_view second) {
    const std::lock_guard lock(mutex_);
    auto key = std::pair(std::string(first), std::string(second));
    if (objects_.size() >= kObjectsMax && !objects_.contains(key)) {
      key = std::pair(std::string(kOverflowLabel), std::string(kOverflowLabel));
    }
    std::unique_ptr<Object>& object = objects_[key];
    if (!object) object = std::make_unique<Object>(registry, families, key.first, key.second);
    return *object;
  }

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Object>> objects_;
};

class PluginFaultNumbers final : public PluginFaultSeries {
 public:
  PluginFaultNumbers(MetricRegistry& registry, const GatewayFamilies& families)
      : registry_(registry), families_(families) {}

  void policy(WorkerMetrics& worker, std::string_view policy, std::string_view callback,
              bool passed_over) override {
    const std::array<std::string_view, 3> values{policy, callback,
                                                 passed_over ? "passed_over" : "request_failed"};
    worker.add(registry_.counter(families_.policy_faults, values));
  }
  void background(WorkerMetrics& worker, std::string_view plugin) override {
    const std::array<std::string_view, 1> values{plugin};
    worker.add(registry_.counter(families_.background_faults, values));
  }

 private:
  MetricRegistry& registry_;
  const GatewayFamilies& families_;
};

class SpanNumbers final : public SpanSeries {
 public:
  SpanNumbers(MetricRegistry& registry, const GatewayFamilies& families) : registry_(registry) {
    // In the order of SpanResult.
    constexpr std::array<std::string_view, kResults> kNames{"sent", "rejected", "refused",
                                                            "unreachable", "queue_full"};
    for (std::size_t i = 0; i < kResults; ++i) {
      const std::array<std::string_view, 1> values{kNames[i]};
      counters_[i] = registry_.counter(families.spans, values);
    }
  }

  void ended(SpanResult result, std::uint64_t spans) override {
    registry_.count(counters_[static_cast<std::size_t>(result)], spans);
  }

 private:
  static constexpr std::size_t kResults = static_cast<std::size_t>(SpanResult::queue_full) + 1;

  MetricRegistry& registry_;
  std::array<Counter, kResults> counters_;
};

}  // namespace

struct GatewayMetrics::State final : public Collector {
  State(MetricRegistry& registry, std::string_view version)
      : registry(registry),
        families(registry),
        version(version),
        plugin_faults(registry, families) {}

  void collect(PrometheusWriter& writer) override;

  MetricRegistry& registry;
  const GatewayFamilies families;
  const std::string version;
  Directory<RouteNumbers> routes;
  Directory<EndpointNumbers> endpoints;
  Directory<GenAiNumbers> models;
  Directory<PluginCallNumbers> plugin_calls;
  PluginFaultNumbers plugin_faults;
  std::unique_ptr<SpanNumbers> spans;

  std::mutex mutex;  // of what follows
  bool loaded = false;
  bool last_successful = false;
  double last_success_unix_seconds = 0;
  std::function<std::uint64_t()> access_log_dropped;
};

void GatewayMetrics::State::collect(PrometheusWriter& writer) {
  using enum MetricType;
  const std::array<Label, 1> version_label{Label{"version", version}};
  writer.family("headgate_build_info", "The program that runs.", gauge);
  writer.sample(version_label, 1);

  const std::lock_guard lock(mutex);
  if (loaded) {
    writer.family("headgate_config_last_reload_successful",
                  "1 when the last configuration was taken over, 0 when it was refused.", gauge);
    writer.sample({}, last_successful ? 1 : 0);
    writer.family("headgate_config_last_reload_success_timestamp_seconds",
                  "When a configuration was last taken over.", gauge);
    writer.sample({}, last_success_unix_seconds);
  }
  if (access_log_dropped) {
    writer.family("headgate_access_log_dropped_total",
                  "Access log lines lost because the log could not be written fast enough.",
                  counter);
    writer.sample({}, static_cast<double>(access_log_dropped()));
  }
}

GatewayMetrics::GatewayMetrics(MetricRegistry& registry, std::string_view version)
    : state_(std::make_unique<State>(registry, version)) {
  registry.add_collector(*state_);
}

GatewayMetrics::~GatewayMetrics() {
  state_->registry.remove_collector(*state_);
}

RouteSeries& GatewayMetrics::route(std::string_view listener, std::string_view route) {
  return state_->routes.get(state_->registry, state_->families, listener, route);
}

EndpointSeries& GatewayMetrics::endpoint(std::string_view backend, std::string_view endpoint) {
  return state_->endpoints.get(state_->registry, state_->families, backend, endpoint);
}

GenAiSeries& GatewayMetrics::gen_ai(std::string_view operation, std::string_view provider) {
  return state_->models.get(state_->registry, state_->families, operation, provider);
}

PluginCallSeries& GatewayMetrics::plugin_calls(std::string_view upstream) {
  return state_->plugin_calls.get(state_->registry, state_->families, upstream, {});
}

PluginFaultSeries& GatewayMetrics::plugin_faults() {
  return state_->plugin_faults;
}

SpanSeries& GatewayMetrics::spans() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->spans) {
    state_->spans = std::make_unique<SpanNumbers>(state_->registry, state_->families);
  }
  return *state_->spans;
}

Gauge GatewayMetrics::connections(std::string_view bind) {
  const std::array<std::string_view, 1> values{bind};
  return state_->registry.gauge(state_->families.connections, values);
}

void GatewayMetrics::config_reloaded(bool successful, double unix_seconds) {
  const std::array<std::string_view, 1> values{successful ? "success" : "failure"};
  state_->registry.control().add(state_->registry.counter(state_->families.reloads, values));
  const std::lock_guard lock(state_->mutex);
  state_->loaded = true;
  state_->last_successful = successful;
  if (successful) state_->last_success_unix_seconds = unix_seconds;
}

void GatewayMetrics::watch_access_log(std::function<std::uint64_t()> count) {
  const std::lock_guard lock(state_->mutex);
  state_->access_log_dropped = std::move(count);
}

}  // namespace headgate::observe
