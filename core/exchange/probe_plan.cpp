#include "core/exchange/probe_plan.hpp"

#include "core/exchange/facets.hpp"
#include "core/http/target.hpp"

namespace headgate::exchange {

std::shared_ptr<const ProbePlan> make_probe_plan(const BackendPlan& backend, std::size_t index,
                                                 std::shared_ptr<select::Cell> cell,
                                                 plugin::ProbeSettings settings) {
  auto plan = std::make_shared<ProbePlan>();
  plan->settings = std::move(settings);
  plan->backend_name = backend.name;
  plan->backend.name = backend.name;
  plan->backend.policies = backend.policies;  // whose slots the endpoint's are
  plan->backend.endpoints.push_back(backend.endpoints[index]);
  EndpointPlan& alone = plan->backend.endpoints.back();
  alone.on_outcome.clear();
  alone.on_judge.clear();
  alone.hedge = false;
  select::EndpointSpec spec;
  spec.name = alone.name;
  spec.cell = std::move(cell);
  std::vector<std::vector<select::EndpointSpec>> groups(1);
  groups.front().push_back(std::move(spec));
  auto set = select::EndpointSet::make(std::move(groups), select::Settings());
  if (!set) return nullptr;
  plan->backend.set = std::move(*set);
  return plan;
}

std::optional<std::string> check_probe(const plugin::ProbeSettings& settings,
                                       const EndpointPlan& endpoint,
                                       const plugin::DialectTable& dialects) {
  if (settings.body.empty()) return std::nullopt;
  if (!endpoint.provider) return "a probe with a body is for providers of models only";
  const auto has_header = [](std::string_view) { return false; };
  const http::Target target = http::split_target(settings.path);
  const plugin::DialectMatch match = dialects.find("POST", target.path, has_header);
  if (!match.route || !match.route->json_body || match.route->answered ||
      !endpoint.has_operation(match)) {
    return "its probe's path '" + settings.path + "' is none that a request to it can have";
  }
  Arena arena;
  JsonScanner scanner;
  JsonBody body(arena, scanner);
  body.assign_copy(settings.body);
  const auto facets = read_facets(body, scanner, match.dialect->declares(), match.model, arena);
  if (!facets) return "its probe's body: " + facets.error().message;
  if (facets->model.empty() && !endpoint.sets_model(match)) {
    return "its probe's body names no model, and neither does the provider";
  }
  return std::nullopt;
}

}  // namespace headgate::exchange
