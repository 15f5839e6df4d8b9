#include "core/cli/state.hpp"

#include <array>
#include <cmath>

#include "core/base/json_text.hpp"
#include "core/observe/prometheus_text.hpp"
#include "core/select/view.hpp"

namespace headgate::cli {
namespace {

// Just enough to write JSON objects and lists in order.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    first_ = true;
  }
  void text(std::string_view value) {
    comma();
    append_json_string(out_, value);
  }
  void number(double value) {
    comma();
    if (std::isfinite(value)) {
      observe::append_number(out_, value);
    } else {
      out_ += "null";
    }
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

void write_scopes(JsonWriter& json, const select::CellView& view) {
  json.key("evictions");
  json.open('[');
  for (const select::ScopeView& scope : view.scopes) {
    if (scope.evictions == 0 && scope.state == select::ServiceState::in_service) continue;
    json.open('{');
    json.key("scope");
    json.text(select::scope_name(scope.scope));
    json.key("state");
    json.text(select::state_name(scope.state));
    if (scope.returns_in) {
      json.key("returnsInMs");
      json.number(scope.returns_in->count());
    }
    json.key("total");
    json.number(scope.evictions);
    json.close('}');
  }
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
  json.key("pendingTokens");
  json.number(static_cast<double>(view.tokens_in_flight));
  json.key("health");
  json.number(view.terms.health);
  json.key("ttftMs");
  json.number(view.ttft_ms.value_or(NAN));
  json.key("tpotMs");
  json.number(view.tpot_ms.value_or(NAN));
  json.key("costMs");
  json.number(view.terms.cost_ms);
  json.key("score");
  json.number(view.terms.score());
  json.key("consecutiveFailures");
  json.number(view.consecutive_failures);
  if (view.held_back_for) {
    json.key("heldBackForMs");
    json.number(view.held_back_for->count());
  }
  write_scopes(json, view);
  json.close('}');
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

void GatewayState::collect(observe::PrometheusWriter& writer) {
  const auto snapshot = current_();
  if (!snapshot) return;
  struct Row {
    std::array<observe::Label, 3> labels;
    select::CellView view;
  };
  std::vector<Row> rows;
  const TimePoint now = clock_.now();
  for (const exchange::RoutePlan& route : snapshot->plans) {
    for (const exchange::BackendPlan& backend : route.backends) {
      for (std::size_t i = 0; i < backend.endpoints.size(); ++i) {
        Row row;
        row.labels[0].name = "route";
        row.labels[0].value = route.name;
        row.labels[1].name = "backend";
        row.labels[1].value = backend.name;
        row.labels[2].name = "endpoint";
        row.labels[2].value = backend.endpoints[i].name;
        row.view = select::snapshot_of(backend.set->group(backend.set->group_of(i)),
                                       backend.set->endpoint(i), now);
        rows.push_back(row);
      }
    }
  }
  const auto family = [&](std::string_view name, std::string_view help, auto value) {
    writer.family(name, help, observe::MetricType::gauge);
    for (const Row& row : rows) writer.sample(row.labels, value(row.view));
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
}

}  // namespace headgate::cli
