#include "core/exchange/attempt_context.hpp"

#include "core/exchange/request_context.hpp"

namespace headgate::exchange {

AttemptContext::AttemptContext(RequestContext& request, const EndpointPlan& endpoint)
    : endpoint(endpoint),
      model(endpoint.sets_model(request.dialect) ? std::string_view(endpoint.model)
                                                 : request.facets.model),
      headers(request.arena),
      body(request.arena, request.worker.scanner),
      response_headers(request.arena) {}

AttemptContext::~AttemptContext() {
  if (provider_open) endpoint.provider->close(provider_context);
  for (const auto& [release, context] : given) release(context);
}

}  // namespace headgate::exchange
