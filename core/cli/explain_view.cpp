#include "core/cli/explain_view.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/exchange/serving.hpp"

namespace headgate::cli {
namespace {

using exchange::BackendPlan;
using select::Standing;

std::string seconds_text(select::Millis time) {
  std::array<char, 32> room;
  const int size = std::snprintf(room.data(), room.size(), "%.1f s", time.count() / 1000);
  return {room.data(), static_cast<std::size_t>(size)};
}

// The keys, in the order of calling.
std::string names_of(const std::vector<exchange::PolicyUse>& policies) {
  std::string names;
  for (const exchange::PolicyUse& use : policies) {
    const plugin::Manifest& manifest = use.instance->manifest();
    if (!names.empty()) names += ", ";
    names += manifest.key.empty() ? manifest.id : manifest.key;
  }
  return names;
}

std::string out_text(const select::CellView& view) {
  std::string text;
  for (const select::ScopeView& scope : view.scopes) {
    if (scope.state == select::ServiceState::in_service) continue;
    if (!text.empty()) text += ", ";
    text.append(select::scope_name(scope.scope));
    if (scope.state == select::ServiceState::out) {
      text.append(" for ").append(seconds_text(scope.returns_in.value_or(select::Millis(0))));
    }
    text.append(" (").append(select::cause_name(scope.cause)).append(")");
  }
  if (view.held_back_for) {
    if (!text.empty()) text += ", ";
    text.append("held back for ").append(seconds_text(*view.held_back_for));
    text += " (its rate limit is used up)";
  }
  return text;
}

}  // namespace

exchange::AskedRequest asked_request(const admin::SelectQuery& query) {
  exchange::AskedRequest asked;
  asked.method = query.method;
  asked.target = query.path;
  asked.host = query.host;
  asked.port = query.port;
  asked.model = query.model;
  asked.headers = query.headers;
  asked.prompt_tokens = static_cast<double>(query.prompt_tokens);
  asked.max_tokens = static_cast<double>(query.max_tokens);
  return asked;
}

bool would_serve(const exchange::RequestExplained& result) {
  if (result.refusal) return false;
  return std::any_of(result.backends.begin(), result.backends.end(), [](const auto& backend) {
    return backend.share > 0 && (!backend.selection || backend.selection->likeliest);
  });
}

const std::string& model_sent(const exchange::EndpointPlan& plan,
                              const exchange::RequestExplained& result) {
  return plan.model.empty() ? result.model : plan.model;
}

std::string standing_text(const select::EndpointExplanation& endpoint) {
  const select::CellView& view = endpoint.view;
  switch (endpoint.standing) {
    case Standing::candidate:
      return {};
    case Standing::probe:
      return "comes back: " + out_text(view) + "; its next request is a probe";
    case Standing::probing:
      return "comes back: " + out_text(view) + "; a probe is under way";
    case Standing::out:
      return "out: " + out_text(view);
    case Standing::full:
      return "full: " + std::to_string(view.requests_in_flight) + " of " +
             std::to_string(view.concurrency_max) + " requests in flight";
    case Standing::excluded:
      return "tried already";
    case Standing::incapable:
      return "its plugin does not declare what is asked";
    case Standing::drained:
      return "weight 0: it is never drawn";
  }
  return {};
}

std::vector<std::string> explain_notes(const ExplainedRequest& explained) {
  std::vector<std::string> notes;
  const exchange::RequestExplained& result = explained.result;
  bool wants_model = false;
  for (const exchange::BackendExplained& backend : result.backends) {
    const std::string& name = backend.plan->name;
    if (!backend.selection) {
      notes.push_back("backend '" + name + "' is one host: there is nothing to choose");
    }
    if (const std::string before = names_of(backend.plan->on_request); !before.empty()) {
      notes.push_back("policies of '" + name + "' see the request first and may change or refuse " +
                      "it, the model too; they were not asked: " + before);
    }
    if (!backend.plan->affinity.empty()) {
      notes.push_back("'" + name + "' has affinity: this is for a request without the value that " +
                      "it goes by; others go to the same provider while that is not busy");
    }
    for (const exchange::EndpointPlan& plan : backend.plan->endpoints)
      wants_model |= plan.provider && plan.model.empty() && result.model.empty();
  }
  if (wants_model && result.dialect.route && result.dialect.route->json_body) {
    notes.push_back("no model was given: figures are those of each provider over all its models");
  }
  return notes;
}

}  // namespace headgate::cli
