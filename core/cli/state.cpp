#include "core/cli/state.hpp"

#include <array>
#include <cmath>
#include <span>

#include "core/cli/explain_view.hpp"
#include "core/cli/json_writer.hpp"
#include "core/select/view.hpp"

namespace headgate::cli {
namespace {

using Series = observe::EndpointSeries;

// {"success": 3}: of one label.
void write_counts(JsonWriter& json, std::string_view name, const Series& series,
                  Series::Count count) {
  json.key(name);
  json.open('{');
  series.read(count, [&json](std::span<const std::string> labels, std::uint64_t total) {
    json.member(labels[0], static_cast<double>(total));
  });
  json.close('}');
}

// 3: of what has no other labels.
void write_count(JsonWriter& json, std::string_view name, const Series& series,
                 Series::Count count) {
  std::uint64_t all = 0;
  series.read(count, [&all](std::span<const std::string>, std::uint64_t total) { all += total; });
  json.key(name);
  json.number(static_cast<double>(all));
}

// [{"scope": ..., "reason": ..., "total": 3}]: of two.
void write_counts(JsonWriter& json, std::string_view name, const Series& series,
                  Series::Count count, std::span<const std::string_view, 2> keys) {
  json.key(name);
  json.open('[');
  series.read(count, [&](std::span<const std::string> labels, std::uint64_t total) {
    json.open('{');
    json.member(keys[0], labels[0]);
    json.member(keys[1], labels[1]);
    json.member("total", static_cast<double>(total));
    json.close('}');
  });
  json.close(']');
}

// What has happened since the start. The numbers are those of the metrics.
void write_counts(JsonWriter& json, const Series& series) {
  constexpr std::array<std::string_view, 2> kSecond{"cause", "event"};
  constexpr std::array<std::string_view, 2> kEviction{"scope", "reason"};
  json.key("counts");
  json.open('{');
  write_counts(json, "attempts", series, Series::Count::attempts);
  write_counts(json, "picks", series, Series::Count::picks);
  write_counts(json, "secondAttempts", series, Series::Count::second_attempts, kSecond);
  write_counts(json, "evictions", series, Series::Count::evictions, kEviction);
  write_counts(json, "continuations", series, Series::Count::continuations);
  write_counts(json, "probes", series, Series::Count::probes);
  write_count(json, "droppedEvents", series, Series::Count::dropped_events);
  json.close('}');
}

// What is known of an endpoint, or of a model there, and what selection makes of it.
void write_figures(JsonWriter& json, const select::CellView& view) {
  json.member("pendingTokens", static_cast<double>(view.tokens_in_flight));
  json.member("health", view.terms.health);
  json.member("ttftMs", view.ttft_ms.value_or(NAN));
  json.member("tpotMs", view.tpot_ms.value_or(NAN));
  json.member("costMs", view.terms.cost_ms);
  json.member("score", view.terms.score());
  json.member("consecutiveFailures", view.consecutive_failures);
  if (view.held_back_for) json.member("heldBackForMs", view.held_back_for->count());
}

// Of the models that the configuration leaves to the requests: those that were asked for.
void write_models(JsonWriter& json, const select::Group& group, const select::Endpoint& endpoint,
                  TimePoint now) {
  json.key("models");
  json.open('[');
  endpoint.each_model([&](const select::Cell& cell) {
    const select::CellView view =
        select::snapshot_of(group, endpoint, now, select::model_hash(cell.model));
    json.open('{');
    json.member("model", cell.model);
    json.member("state", select::state_name(view.state));
    write_figures(json, view);
    add_scopes(json, view);
    json.close('}');
  });
  json.close(']');
}

void write_endpoint(JsonWriter& json, const exchange::BackendPlan& backend, std::size_t index,
                    TimePoint now) {
  const exchange::EndpointPlan& plan = backend.endpoints[index];
  const std::size_t group = backend.set->group_of(index);
  const select::CellView view =
      select::snapshot_of(backend.set->group(group), backend.set->endpoint(index), now);
  json.open('{');
  json.key("name");
  json.text(plan.name);
  json.key("group");
  json.number(static_cast<double>(group));
  json.key("provider");
  json.text(plan.provider ? plan.provider->manifest().key : "");
  json.key("target");
  json.text(plan.target->key());
  json.key("model");
  json.text(plan.model);
  json.key("weight");
  json.number(view.weight);
  json.key("state");
  json.text(select::state_name(view.state));
  json.key("pending");
  json.number(static_cast<double>(view.requests_in_flight));
  write_figures(json, view);
  json.key("slowStart");
  json.number(view.slow_start_share);
  json.key("sinceLastSampleMs");
  json.number(view.since_last_sample.count());
  add_terms(json, view);
  add_scopes(json, view);
  write_models(json, backend.set->group(group), backend.set->endpoint(index), now);
  write_counts(json, *plan.attempts);
  json.close('}');
}

// An endpoint in the metrics.
struct EndpointRow {
  std::array<observe::Label, 3> labels;  // route, backend, endpoint
  const select::Endpoint* endpoint = nullptr;
  select::CellView view;
};

// Only models that were out once: there may be many that never are.
void collect_models(observe::PrometheusWriter& writer, const std::vector<EndpointRow>& rows,
                    TimePoint now) {
  writer.family("headgate_endpoint_model_evicted",
                "1 while a model that requests name is out of service at the endpoint.",
                observe::MetricType::gauge);
  for (const EndpointRow& row : rows) {
    row.endpoint->each_model([&](const select::Cell& cell) {
      const select::Eviction& model = cell.eviction(select::Scope::model);
      const select::Eviction& key_model = cell.eviction(select::Scope::key_model);
      if (model.total() + key_model.total() == 0) return;
      const bool out = model.state(now) == select::ServiceState::out ||
                       key_model.state(now) == select::ServiceState::out;
      const std::array<observe::Label, 4> labels{row.labels[0], row.labels[1], row.labels[2],
                                                 observe::Label{"model", cell.model}};
      writer.sample(labels, out ? 1 : 0);
    });
  }
}

}  // namespace

std::string GatewayState::routes_json() {
  std::string out;
  JsonWriter json(out);
  json.open('[');
  if (const auto snapshot = current_()) {
    for (const exchange::RoutePlan& route : snapshot->plans) {
      json.open('{');
      json.key("listener");
      json.text(route.listener);
      json.key("route");
      json.text(route.name);
      json.key("backends");
      json.open('[');
      for (const exchange::BackendPlan& backend : route.backends) {
        json.open('{');
        json.key("name");
        json.text(backend.name);
        json.key("weight");
        json.number(backend.weight);
        json.key("policies");
        json.open('[');
        for (const exchange::PolicyUse& use : backend.policies) json.text(use.instance->id());
        json.close(']');
        json.key("endpoints");
        json.open('[');
        for (const exchange::EndpointPlan& endpoint : backend.endpoints) json.text(endpoint.name);
        json.close(']');
        json.close('}');
      }
      json.close(']');
      json.close('}');
    }
  }
  json.close(']');
  return out;
}

std::string GatewayState::endpoints_json() {
  std::string out;
  JsonWriter json(out);
  const TimePoint now = clock_.now();
  json.open('[');
  if (const auto snapshot = current_()) {
    for (const exchange::RoutePlan& route : snapshot->plans) {
      for (const exchange::BackendPlan& backend : route.backends) {
        json.open('{');
        json.key("listener");
        json.text(route.listener);
        json.key("route");
        json.text(route.name);
        json.key("backend");
        json.text(backend.name);
        json.key("endpoints");
        json.open('[');
        for (std::size_t i = 0; i < backend.endpoints.size(); ++i)
          write_endpoint(json, backend, i, now);
        json.close(']');
        json.close('}');
      }
    }
  }
  json.close(']');
  return out;
}

std::string GatewayState::budgets_json() {
  std::string out;
  JsonWriter json(out);
  json.open('{');
  for_each_budget([&](std::string_view name, const select::Budget& budget) {
    json.key(name);
    json.open('{');
    json.member("left", budget.balance(clock_.now()));
    json.member("spent", static_cast<double>(budget.spent()));
    json.member("refused", static_cast<double>(budget.refused()));
    json.close('}');
  });
  json.key("waiting");
  json.open('{');
  json.member("now", static_cast<double>(budgets_.waiters.waiting()));
  json.member("most", static_cast<double>(select::Waiters::kMax));
  json.member("waited", static_cast<double>(budgets_.waiters.waited()));
  json.member("refused", static_cast<double>(budgets_.waiters.refused()));
  json.close('}');
  json.close('}');
  return out;
}

admin::AdminResponse GatewayState::select_page(const admin::SelectQuery& query) {
  const auto snapshot = current_();
  if (!snapshot) return admin::error_response(503, "starting", "there is no configuration yet");
  const exchange::AskedRequest asked = asked_request(query);
  const TimePoint now = clock_.now();
  const exchange::RequestExplained result =
      exchange::explain_request(*snapshot, asked, now, *rng_, on_worker_);
  const ExplainedRequest explained{asked, result, now};
  // An answer to the question, whatever would be answered to the request; but not where it found
  // no route.
  const int status = result.route ? 200 : result.refusal->status;
  if (query.text) return {status, admin::kTextType, explain_text(explained)};
  return {status, admin::kJsonType, explain_json(explained)};
}

void GatewayState::collect(observe::PrometheusWriter& writer) {
  const auto snapshot = current_();
  if (!snapshot) return;
  std::vector<EndpointRow> rows;
  const TimePoint now = clock_.now();
  for (const exchange::RoutePlan& route : snapshot->plans) {
    for (const exchange::BackendPlan& backend : route.backends) {
      for (std::size_t i = 0; i < backend.endpoints.size(); ++i) {
        EndpointRow row;
        row.endpoint = &backend.set->endpoint(i);
        row.labels[0].name = "route";
        row.labels[0].value = route.name;
        row.labels[1].name = "backend";
        row.labels[1].value = backend.name;
        row.labels[2].name = "endpoint";
        row.labels[2].value = backend.endpoints[i].name;
        row.view =
            select::snapshot_of(backend.set->group(backend.set->group_of(i)), *row.endpoint, now);
        rows.push_back(row);
      }
    }
  }
  const auto family = [&](std::string_view name, std::string_view help, auto value) {
    writer.family(name, help, observe::MetricType::gauge);
    for (const EndpointRow& row : rows) writer.sample(row.labels, value(row.view));
  };
  family("headgate_endpoint_score", "What selection compares: 1 over the expected cost in ms.",
         [](const select::CellView& view) { return view.terms.score(); });
  family("headgate_endpoint_health", "Share of attempts that succeed, decayed; 1 is healthy.",
         [](const select::CellView& view) { return view.terms.health; });
  family("headgate_endpoint_pending", "Requests in flight, to the end of their answers.",
         [](const select::CellView& view) { return static_cast<double>(view.requests_in_flight); });
  family("headgate_endpoint_evicted", "1 while the endpoint is out of service.",
         [](const select::CellView& view) {
           return view.state == select::ServiceState::out ? 1.0 : 0.0;
         });
  constexpr double kPerSecond = 1000;
  family("headgate_endpoint_cost_seconds",
         "The time that a request of mean size may be expected "
         "to take: the score is 1 over it in ms.",
         [](const select::CellView& view) { return view.terms.cost_ms / kPerSecond; });
  family("headgate_endpoint_ttft_seconds", "Term of the cost: time to the first token.",
         [](const select::CellView& view) { return view.terms.ttft_ms / kPerSecond; });
  family("headgate_endpoint_tpot_seconds", "Term of the cost: time per output token.",
         [](const select::CellView& view) { return view.terms.tpot_ms / kPerSecond; });
  family("headgate_endpoint_failure_cost_seconds",
         "Term of the cost: what its failures may be expected to add.",
         [](const select::CellView& view) { return view.terms.failure_ms / kPerSecond; });
  family("headgate_endpoint_load", "Term of the cost: what is in flight, in requests of mean size.",
         [](const select::CellView& view) { return view.terms.load; });
  family("headgate_endpoint_weight",
         "Term of the cost: its weight relative to the mean of the group, with slow start.",
         [](const select::CellView& view) { return view.terms.weight; });
  family("headgate_endpoint_pending_tokens", "Tokens in flight, as they were expected.",
         [](const select::CellView& view) { return static_cast<double>(view.tokens_in_flight); });
  collect_models(writer, rows, now);
  collect_budgets(writer);
}

void GatewayState::collect_budgets(observe::PrometheusWriter& writer) {
  const TimePoint now = clock_.now();
  const auto family = [&](std::string_view name, std::string_view help, observe::MetricType type,
                          auto value) {
    writer.family(name, help, type);
    for_each_budget([&](std::string_view budget_name, const select::Budget& budget) {
      const std::array<observe::Label, 1> label{observe::Label{"budget", budget_name}};
      writer.sample(label, value(budget));
    });
  };
  using enum observe::MetricType;
  family("headgate_retry_budget", "Attempts that are left for all requests together.", gauge,
         [now](const select::Budget& budget) { return budget.balance(now); });
  family("headgate_retry_budget_spent_total", "Attempts that the budget allowed.", counter,
         [](const select::Budget& budget) { return static_cast<double>(budget.spent()); });
  family("headgate_retry_budget_refused_total", "Attempts that were not made, for it was spent.",
         counter,
         [](const select::Budget& budget) { return static_cast<double>(budget.refused()); });
  const select::Waiters& waiters = budgets_.waiters;
  const auto single = [&](std::string_view name, std::string_view help, observe::MetricType type,
                          double value) {
    writer.family(name, help, type);
    writer.sample({}, value);
  };
  single("headgate_waiting_requests", "Requests held until a provider may be asked again.", gauge,
         static_cast<double>(waiters.waiting()));
  single("headgate_waits_total", "Requests that were held until a provider might be asked again.",
         counter, static_cast<double>(waiters.waited()));
  single("headgate_waits_refused_total", "Those that were not, for too many were held already.",
         counter, static_cast<double>(waiters.refused()));
}

}  // namespace headgate::cli
