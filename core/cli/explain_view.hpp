#pragma once
// The explanation of a request as people and programs read it. Pure. [main]

#include <string>
#include <vector>

#include "core/admin/handler.hpp"
#include "core/exchange/explain_request.hpp"

namespace headgate::cli {

// A request that nobody sent, and what would become of it.
struct ExplainedRequest {
  const exchange::AskedRequest& asked;
  const exchange::RequestExplained& result;
  TimePoint now;
};

exchange::AskedRequest asked_request(const admin::SelectQuery& query);

std::string explain_json(const ExplainedRequest& explained);
// Tables of at most some 110 columns, unless names are long.
std::string explain_text(const ExplainedRequest& explained);

// Whether somebody would be asked.
bool would_serve(const exchange::RequestExplained& result);

// The model that an endpoint is asked for; empty: not known.
const std::string& model_sent(const exchange::EndpointPlan& plan,
                              const exchange::BackendExplained& backend,
                              const plugin::DialectMatch& dialect);

// What the policies before a choice made of the request: "one passes it; two answers 403";
// empty: there are none.
std::string policies_text(const exchange::BackendExplained& backend,
                          const std::string& asked_model);
std::string_view result_name(exchange::PolicyTried::Result result);

// What else there is to know: policies that were not asked, what was not given.
std::vector<std::string> explain_notes(const ExplainedRequest& explained);

// Whom the request's affinity prefers, and whether they can take it. REQUIRES: it has one.
std::string affinity_text(const exchange::BackendExplained& backend);

// Why an endpoint is where it stands: "out: key until 12.3 s (retry_after)"; empty: nothing is the
// matter with it.
std::string standing_text(const select::EndpointExplanation& endpoint);

}  // namespace headgate::cli
