#pragma once
// What a request asks for, read where its API format or its backend say. [worker]

#include <optional>

#include "core/base/error.hpp"
#include "core/exchange/request_context.hpp"

namespace headgate::exchange {

// Fills in request.facets from the body as it came. Errors: see read_facets(),
// read_passed_facets(). REQUIRES: a backend.
std::optional<Error> read_facets_of(RequestContext& request);

// Once more where the body has changed since, by other means than the model's own. Errors: as
// above.
std::optional<Error> read_facets_again(RequestContext& request);

// What the client is told of that: it was a policy.
Error bad_request_left(const Error& problem);

}  // namespace headgate::exchange
