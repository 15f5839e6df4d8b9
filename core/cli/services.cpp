#include "core/cli/services.hpp"

#include <headgate/endpoints.h>

namespace headgate::cli {
namespace {

std::int32_t code_of(exchange::EndpointDirectory::Result result) {
  switch (result) {
    case exchange::EndpointDirectory::Result::ok:
      return HG_OK;
    case exchange::EndpointDirectory::Result::gone:
      return HG_GONE;
    case exchange::EndpointDirectory::Result::limit:
      return HG_LIMIT;
  }
  return HG_GONE;
}

select::Scope scope_of(std::uint32_t scope) {
  switch (scope) {
    case HG_SCOPE_KEY:
      return select::Scope::key;
    case HG_SCOPE_MODEL:
      return select::Scope::model;
    case HG_SCOPE_KEY_MODEL:
      return select::Scope::key_model;
    default:
      return select::Scope::endpoint;
  }
}

}  // namespace

std::int32_t GatewayServices::evict(std::uint64_t endpoint, std::uint32_t scope,
                                    std::uint64_t length, std::uint32_t max_percent) {
  if (scope == HG_SCOPE_NONE) return HG_OK;
  return code_of(
      directory_.evict(endpoint, scope_of(scope), milliseconds(length), max_percent, clock_.now()));
}

std::int32_t GatewayServices::restore(std::uint64_t endpoint) {
  return code_of(directory_.restore(endpoint, clock_.now()));
}

std::int32_t GatewayServices::wake(std::uint64_t waker) {
  return wakers_.wake(waker) ? HG_OK : HG_GONE;
}

}  // namespace headgate::cli
