#include "core/exchange/request_facets.hpp"

#include <utility>

#include "core/exchange/serving.hpp"
#include "core/exchange/stored_ids.hpp"

namespace headgate::exchange {
namespace {

std::optional<Error> take(RequestContext& request, Result<Facets> facets) {
  if (!facets) return std::move(facets.error());
  request.facets = *facets;
  request.facets_at = request.body.version();
  return std::nullopt;
}

// Of a request that passes: which model it asks for, as far as that can be known.
std::optional<Error> read_passed(RequestContext& request) {
  // Only policies would ask, and a plain upstream may be sent anything.
  if (is_plain(*request.backend) && request.backend->on_request.empty()) return std::nullopt;
  ModelPlace place = passed_model(*request.backend, request.dialect, request.path);
  if (!says_json(request.headers)) place.pointer = {};
  return take(request,
              read_passed_facets(request.body, request.worker.scanner, place, request.arena));
}

Result<Facets> read_body(RequestContext& request) {
  return read_facets(request.body, request.worker.scanner, request.dialect.dialect->declares(),
                     request.dialect.model, request.arena);
}

std::optional<Error> read_what_is_asked(RequestContext& request) {
  if (!request.dialect.route) return read_passed(request);
  if (!request.dialect.route->json_body) return std::nullopt;
  return take(request, read_body(request));
}

}  // namespace

std::optional<Error> read_facets_of(RequestContext& request) {
  if (auto problem = read_what_is_asked(request)) return problem;
  settle_store(request);
  return std::nullopt;
}

std::optional<Error> read_facets_again(RequestContext& request) {
  if (!request.dialect.route || !request.dialect.route->json_body ||
      request.facets_at == request.body.version()) {
    return std::nullopt;
  }
  const Facets before = request.facets;
  if (auto problem = take(request, read_body(request))) return problem;
  request.facets.client_model = before.client_model;
  if (request.dialect.route->model_in_path) request.facets.model = before.model;
  settle_store(request);
  return std::nullopt;
}

Error bad_request_left(const Error& problem) {
  return gateway_error("policy_failed",
                       "a policy of this route left a bad request: " + problem.message);
}

}  // namespace headgate::exchange
