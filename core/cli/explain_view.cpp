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

using Tried = exchange::PolicyTried;

// Those that were not run, in the order of calling.
std::string not_run(const std::vector<Tried>& policies) {
  std::string names;
  for (const Tried& tried : policies) {
    if (tried.result != Tried::Result::not_run) continue;
    if (!names.empty()) names += ", ";
    names += tried.policy;
  }
  return names;
}

// Whether a policy stands before the choice that lets nobody through to it.
bool is_let_through(const exchange::BackendExplained& backend) {
  return std::none_of(backend.policies.begin(), backend.policies.end(), [](const Tried& tried) {
    return tried.result == Tried::Result::answered || tried.result == Tried::Result::failed;
  });
}

std::string tried_text(const Tried& tried) {
  std::string text = tried.policy;
  switch (tried.result) {
    case Tried::Result::passed:
      return text + " passes it";
    case Tried::Result::not_run:
      return text + " was not asked";
    case Tried::Result::passed_over:
      return text + " fails and is passed over";
    case Tried::Result::answered:
      text += " answers " + std::to_string(tried.status);
      break;
    case Tried::Result::failed:
      text += " fails";
      break;
  }
  if (!tried.code.empty()) text += " " + tried.code;
  if (!tried.message.empty()) text += " (" + tried.message + ")";
  return text;
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

// Where the affinity of the group that serves would look and found nothing: "header x-user or body
// user"; empty: there is none, or the request has the value.
std::string without_affinity(const exchange::BackendExplained& backend) {
  if (!backend.selection || !backend.selection->group || backend.selection->affinity) return {};
  const std::size_t group = *backend.selection->group;
  if (group >= backend.plan->affinity.size()) return {};
  constexpr std::array<std::string_view, 5> kPlaces{"header", "query parameter", "cookie", "body",
                                                    "attribute"};
  std::string text;
  for (const config::RequestValue& value : backend.plan->affinity[group]) {
    if (!text.empty()) text += " or ";
    text.append(kPlaces[static_cast<std::size_t>(value.place)]).append(" '");
    text.append(value.name).append("'");
    if (value.place == config::RequestValue::Place::attribute) text += " (that policies leave)";
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
  asked.body = query.body;
  asked.prompt_tokens = static_cast<double>(query.prompt_tokens);
  asked.max_tokens = static_cast<double>(query.max_tokens);
  return asked;
}

bool would_serve(const exchange::RequestExplained& result) {
  if (result.refusal) return false;
  return std::any_of(result.backends.begin(), result.backends.end(), [](const auto& backend) {
    return backend.share > 0 && is_let_through(backend) &&
           (!backend.selection || backend.selection->likeliest);
  });
}

const std::string& model_sent(const exchange::EndpointPlan& plan,
                              const exchange::BackendExplained& backend,
                              const plugin::DialectMatch& dialect) {
  return plan.sets_model(dialect) ? plan.model : backend.model;
}

std::string_view result_name(Tried::Result result) {
  switch (result) {
    case Tried::Result::passed:
      return "passed";
    case Tried::Result::answered:
      return "answered";
    case Tried::Result::failed:
      return "failed";
    case Tried::Result::passed_over:
      return "passed over";
    case Tried::Result::not_run:
      return "not run";
  }
  return {};
}

std::string policies_text(const exchange::BackendExplained& backend,
                          const std::string& asked_model) {
  std::string text;
  for (const Tried& tried : backend.policies) {
    if (!text.empty()) text += "; ";
    text += tried_text(tried);
  }
  if (backend.model != asked_model) text += "; the model is " + backend.model + " then";
  return text;
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

std::string affinity_text(const exchange::BackendExplained& backend) {
  const select::AffinityExplanation& affinity = *backend.selection->affinity;
  const auto name_of = [&](std::uint16_t index) {
    return "'" + backend.plan->endpoints[index].name + "'";
  };
  std::string text;
  if (affinity.home) {
    text.append("prefers ").append(name_of(*affinity.home));
    const bool asked_first = !affinity.order.empty() && affinity.order[0].index == affinity.home;
    if (!asked_first) text += ", which is out or fails too often";
  }
  for (const select::AffinityExplanation::Preference& each : affinity.order) {
    text.append(text.empty() ? "" : "; ").append(name_of(each.index));
    text += each.has_room ? " has a load under the bound" : " has a load over the bound";
  }
  // A preferred one that comes back is picked as a probe.
  const bool decides =
      std::any_of(affinity.order.begin(), affinity.order.end(), [&](const auto& each) {
        return each.has_room && each.index == backend.selection->likeliest;
      });
  if (!decides) text += "; it is chosen as any other request is";
  return text;
}

namespace {

// "'a', 'b'": the providers that know what the request names.
std::string those_of(const exchange::BackendExplained& backend) {
  std::string names;
  for (const exchange::EndpointPlan& plan : backend.plan->endpoints) {
    if (!exchange::knows(plan, backend.store)) continue;
    names.append(names.empty() ? "'" : ", '").append(plan.name).append("'");
  }
  return names;
}

}  // namespace

std::vector<std::string> explain_notes(const ExplainedRequest& explained) {
  std::vector<std::string> notes;
  const exchange::RequestExplained& result = explained.result;
  bool wants_model = false;
  for (const exchange::BackendExplained& backend : result.backends) {
    const std::string& name = backend.plan->name;
    if (!backend.selection) {
      notes.push_back("backend '" + name + "' is one host: there is nothing to choose");
    }
    if (const std::string before = not_run(backend.policies); !before.empty()) {
      notes.push_back(
          "policies of '" + name + "' see the request first and may change or refuse " +
          "it, the model too; those that were not asked, for they do not say dryRun: " + before);
    }
    if (!is_let_through(backend)) {
      notes.push_back("a policy of '" + name + "' does not let this request through: what is " +
                      "said of its providers is of one that it does");
    }
    if (backend.selection && backend.selection->reason == select::PickReason::last_resort &&
        !backend.held_until) {
      notes.push_back("everybody of '" + name + "' is out, and nobody is back within " +
                      "retry.waitForRetryAfter: the least bad one is asked");
    }
    if (const std::string without = without_affinity(backend); !without.empty()) {
      notes.push_back("'" + name +
                      "' has affinity, which takes part only for requests that carry " + without +
                      ": this one has none, and the shares are those without");
    }
    if (backend.store) {
      notes.push_back("the request is about things that a provider has stored: of '" + name +
                      "' only " + those_of(backend) + " may be asked, and nobody else");
    }
    for (const exchange::EndpointPlan& plan : backend.plan->endpoints)
      wants_model |= plan.provider && !plan.sets_model(result.dialect) && backend.model.empty();
  }
  if (wants_model && result.dialect.route && result.dialect.route->json_body) {
    notes.push_back("no model was given: figures are those of each provider over all its models");
  }
  return notes;
}

}  // namespace headgate::cli
