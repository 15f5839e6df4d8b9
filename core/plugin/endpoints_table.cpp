// hg.endpoints/1

#include "core/plugin/services.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

std::int32_t evict_for(const hg_host* host, const hg_eviction* eviction) noexcept {
  if (host == nullptr || eviction == nullptr) return HG_INVALID;
  hg_eviction order{};
  order.size = HG_END_OF(hg_eviction, restore_health);
  order.restore_health = -1;
  order = read_struct(eviction, order);
  if (order.max_percent < 1 || order.max_percent > 100) return HG_INVALID;
  if (order.scope == HG_SCOPE_NONE) return HG_INVALID;
  if (!(order.restore_health <= 1)) return HG_INVALID;  // NaN, too
  if (order.scope > HG_SCOPE_KEY_MODEL) order.scope = HG_SCOPE_ENDPOINT;
  if (order.cause > HG_CAUSE_PROBE) order.cause = HG_CAUSE_OTHER;
  return services_of(host).evict(order);
}

std::int32_t evict(const hg_host* host, std::uint64_t endpoint, std::uint32_t scope,
                   std::uint64_t milliseconds, std::uint32_t max_percent) noexcept {
  hg_eviction order{};
  order.size = HG_END_OF(hg_eviction, cause);
  order.scope = scope;
  order.endpoint = endpoint;
  order.milliseconds = milliseconds;
  order.max_percent = max_percent;
  return evict_for(host, &order);
}

std::int32_t restore(const hg_host* host, std::uint64_t endpoint) noexcept {
  if (host == nullptr) return HG_INVALID;
  return services_of(host).restore(endpoint);
}

}  // namespace

const hg_endpoints_ext kEndpointsTable = {
    .size = HG_END_OF(hg_endpoints_ext, evict_for),
    .reserved = 0,
    .evict = evict,
    .restore = restore,
    .evict_for = evict_for,
};

}  // namespace headgate::plugin
