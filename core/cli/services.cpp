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

select::Cause cause_of(std::uint32_t cause) {
  switch (cause) {
    case HG_CAUSE_FAILURES:
      return select::Cause::failures;
    case HG_CAUSE_HEALTH:
      return select::Cause::health;
    case HG_CAUSE_RETRY_AFTER:
      return select::Cause::retry_after;
    case HG_CAUSE_KEY:
      return select::Cause::key;
    case HG_CAUSE_MODEL:
      return select::Cause::model;
    case HG_CAUSE_PROBE:
      return select::Cause::probe;
    default:
      return select::Cause::other;
  }
}

}  // namespace

std::int32_t GatewayServices::evict(const hg_eviction& order) {
  exchange::EndpointDirectory::Order out;
  out.scope = scope_of(order.scope);
  out.length = milliseconds(order.milliseconds);
  out.max_percent = order.max_percent;
  out.cause = cause_of(order.cause);
  out.restore_health = order.restore_health;
  return code_of(directory_.evict(order.endpoint, out, clock_.now()));
}

std::int32_t GatewayServices::restore(std::uint64_t endpoint) {
  return code_of(directory_.restore(endpoint, clock_.now()));
}

std::int32_t GatewayServices::wake(std::uint64_t waker) {
  return wakers_.wake(waker) ? HG_OK : HG_GONE;
}

}  // namespace headgate::cli
