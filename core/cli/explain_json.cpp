#include <cmath>

#include "core/cli/explain_view.hpp"
#include "core/cli/json_writer.hpp"

namespace headgate::cli {
namespace {

using exchange::BackendExplained;

class ExplainJson {
 public:
  explicit ExplainJson(const ExplainedRequest& explained)
      : asked_(explained.asked), result_(explained.result), explained_(explained) {}

  std::string run() {
    json_.open('{');
    add_request();
    add_route();
    json_.key("backends");
    json_.open('[');
    for (const BackendExplained& backend : result_.backends) add_backend(backend);
    json_.close(']');
    json_.key("notes");
    json_.open('[');
    for (const std::string& note : explain_notes(explained_)) json_.text(note);
    json_.close(']');
    if (result_.refusal) add_refusal(*result_.refusal);
    json_.close('}');
    out_ += '\n';
    return std::move(out_);
  }

 private:
  void add_request() {
    json_.key("request");
    json_.open('{');
    json_.member("method", asked_.method);
    json_.member("path", asked_.target);
    json_.member("host", asked_.host);
    json_.member("model", result_.model);
    if (result_.dialect.dialect) json_.member("dialect", result_.dialect.dialect->id());
    if (result_.dialect.route) json_.member("operation", result_.dialect.route->operation);
    json_.close('}');
  }

  void add_route() {
    if (result_.listener) {
      json_.member("port", static_cast<double>(result_.listener->port));
      json_.member("listener", result_.listener->config->name);
    }
    if (result_.route) json_.member("route", result_.route->name);
    json_.key("lookedAt");
    json_.open('[');
    for (const route::LookedAt& looked : result_.looked) {
      json_.open('{');
      json_.member("route", looked.route->name());
      json_.member("conditions", looked.conditions);
      if (!looked.missed.empty()) json_.member("missed", looked.missed);
      json_.close('}');
    }
    json_.close(']');
  }

  void add_backend(const BackendExplained& backend) {
    json_.open('{');
    json_.member("name", backend.plan->name);
    json_.member("weight", backend.plan->weight);
    json_.member("share", backend.share);
    json_.key("available");
    json_.flag(backend.available);
    json_.member("kind", backend.selection ? "providers" : "host");
    json_.member("model", backend.model);
    add_policies(backend.policies);
    if (backend.selection) add_selection(backend, *backend.selection);
    json_.close('}');
  }

  void add_policies(const std::vector<exchange::PolicyTried>& policies) {
    json_.key("policies");
    json_.open('[');
    for (const exchange::PolicyTried& tried : policies) {
      json_.open('{');
      json_.member("policy", tried.policy);
      json_.member("result", result_name(tried.result));
      if (tried.status != 0) json_.member("status", tried.status);
      if (!tried.code.empty()) json_.member("code", tried.code);
      if (!tried.message.empty()) json_.member("message", tried.message);
      json_.close('}');
    }
    json_.close(']');
  }

  void add_selection(const BackendExplained& backend, const select::Explanation& selection) {
    if (selection.likeliest) {
      json_.key("pick");
      json_.open('{');
      json_.member("endpoint", backend.plan->endpoints[*selection.likeliest].name);
      json_.member("group", static_cast<double>(*selection.group));
      json_.member("reason", select::reason_name(selection.reason));
      json_.close('}');
      json_.member("sharesFromDraws", static_cast<double>(selection.draws));
      if (selection.affinity) add_affinity(backend, *selection.affinity);
    } else {
      json_.member("shortage", select::shortage_name(selection.shortage));
      if (selection.earliest_return) {
        json_.member("returnsInMs",
                     select::Millis(*selection.earliest_return - explained_.now).count());
      }
    }
    if (backend.held_until)
      json_.member("heldForMs", select::Millis(*backend.held_until - explained_.now).count());
    json_.key("groups");
    json_.open('[');
    for (const select::GroupExplanation& group : selection.groups) add_group(backend, group);
    json_.close(']');
  }

  void add_affinity(const BackendExplained& backend, const select::AffinityExplanation& affinity) {
    const std::vector<exchange::EndpointPlan>& endpoints = backend.plan->endpoints;
    json_.key("affinity");
    json_.open('{');
    if (affinity.home) json_.member("prefers", endpoints[*affinity.home].name);
    json_.key("order");
    json_.open('[');
    for (const select::AffinityExplanation::Preference& each : affinity.order) {
      json_.open('{');
      json_.member("endpoint", endpoints[each.index].name);
      json_.key("underBound");
      json_.flag(each.has_room);
      json_.close('}');
    }
    json_.close(']');
    json_.close('}');
  }

  void add_group(const BackendExplained& backend, const select::GroupExplanation& group) {
    json_.open('{');
    json_.member("medianCostMs", group.median_cost_ms);
    json_.member("outputTokens", group.output_tokens);
    json_.member("requestTokens", static_cast<double>(group.request_tokens));
    json_.member("usualTtftMs", group.usual.ttft_ms);
    json_.member("usualTpotMs", group.usual.tpot_ms);
    json_.key("endpoints");
    json_.open('[');
    for (const select::EndpointExplanation& each : group.endpoints) add_endpoint(backend, each);
    json_.close(']');
    json_.close('}');
  }

  void add_endpoint(const BackendExplained& backend, const select::EndpointExplanation& each) {
    const exchange::EndpointPlan& plan = backend.plan->endpoints[each.view.index];
    json_.open('{');
    json_.member("name", plan.name);
    json_.member("provider", plan.provider ? plan.provider->manifest().key : "");
    json_.member("target", plan.target->key());
    json_.member("model", model_sent(plan, backend, result_.dialect));
    json_.key("ownModel");
    json_.flag(plan.sets_model(result_.dialect));
    json_.member("standing", select::standing_name(each.standing));
    if (const std::string why = standing_text(each); !why.empty()) json_.member("why", why);
    json_.member("share", each.share());
    json_.key("reasons");
    json_.open('{');
    for (std::size_t i = 0; i < select::kPickReasons; ++i) {
      if (each.share_by_reason[i] <= 0) continue;
      json_.member(select::reason_name(static_cast<select::PickReason>(i)),
                   each.share_by_reason[i]);
    }
    json_.close('}');
    if (each.view.held_back_for) json_.member("heldBackForMs", each.view.held_back_for->count());
    add_figures(each.view);
    add_scopes(json_, each.view);
    json_.close('}');
  }

  void add_figures(const select::CellView& view) {
    json_.member("pending", static_cast<double>(view.requests_in_flight));
    json_.member("pendingTokens", static_cast<double>(view.tokens_in_flight));
    json_.key("measured");
    json_.flag(view.ttft_ms.has_value() || view.tpot_ms.has_value());
    add_terms(json_, view);
  }

  void add_refusal(const Error& error) {
    json_.key("error");
    json_.open('{');
    json_.member("status", error.status);
    json_.member("code", error.code);
    json_.member("message", error.message);
    json_.close('}');
  }

  const exchange::AskedRequest& asked_;
  const exchange::RequestExplained& result_;
  const ExplainedRequest& explained_;
  std::string out_;
  JsonWriter json_{out_};
};

}  // namespace

void add_scopes(JsonWriter& json, const select::CellView& view) {
  json.key("evictions");
  json.open('[');
  for (const select::ScopeView& scope : view.scopes) {
    if (scope.evictions == 0 && scope.state == select::ServiceState::in_service) continue;
    json.open('{');
    json.member("scope", select::scope_name(scope.scope));
    json.member("state", select::state_name(scope.state));
    json.member("reason", select::cause_name(scope.cause));
    if (scope.returns_in) json.member("returnsInMs", scope.returns_in->count());
    json.member("total", scope.evictions);
    json.close('}');
  }
  json.close(']');
}

void add_terms(JsonWriter& json, const select::CellView& view) {
  const select::CostTerms& terms = view.terms;
  json.key("terms");
  json.open('{');
  json.member("ttftMs", terms.ttft_ms);
  json.member("tpotMs", terms.tpot_ms);
  json.member("outputTokens", terms.output_tokens);
  json.member("health", terms.health);
  json.member("failureMs", terms.failure_ms);
  json.member("load", terms.load);
  json.member("weight", terms.weight);
  json.member("slowStart", view.slow_start_share);
  json.member("costMs", terms.cost_ms);
  json.member("score", terms.score());
  json.close('}');
}

std::string explain_json(const ExplainedRequest& explained) {
  return ExplainJson(explained).run();
}

}  // namespace headgate::cli
