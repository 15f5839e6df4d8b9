#pragma once
// What a request has in common with others that should go to the same endpoint: the hash of a value
// in it. The value itself is kept and logged nowhere. [worker]

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "core/config/selection_config.hpp"
#include "core/exchange/request_context.hpp"

namespace headgate::exchange {

// Of a long value so many bytes count: a prompt's beginning is what its cache goes by.
inline constexpr std::size_t kAffinityBytesMax = 4096;

// The hash of the first of these values that the request has; 0: it has none. An empty value is
// none, and neither is a JSON value that is null, an object or an array. Headers, body and
// attributes are read as the policies of the route have left them.
std::uint64_t affinity_key(const std::vector<config::RequestValue>& values,
                           RequestContext& request);

// By group of the request's backend, as select::PickQuery::affinity wants them.
void affinity_keys(RequestContext& request, std::pmr::vector<std::uint64_t>& keys);

}  // namespace headgate::exchange
