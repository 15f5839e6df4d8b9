// hg.endpoints/1

#include "core/plugin/services.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

std::int32_t evict(const hg_host* host, std::uint64_t endpoint, std::uint32_t scope,
                   std::uint64_t milliseconds, std::uint32_t max_percent) noexcept {
  if (host == nullptr || max_percent < 1 || max_percent > 100) return HG_INVALID;
  if (scope == HG_SCOPE_NONE) return HG_INVALID;
  if (scope > HG_SCOPE_KEY_MODEL) scope = HG_SCOPE_ENDPOINT;
  return services_of(host).evict(endpoint, scope, milliseconds, max_percent);
}

std::int32_t restore(const hg_host* host, std::uint64_t endpoint) noexcept {
  if (host == nullptr) return HG_INVALID;
  return services_of(host).restore(endpoint);
}

}  // namespace

const hg_endpoints_ext kEndpointsTable = {
    .size = HG_END_OF(hg_endpoints_ext, restore),
    .reserved = 0,
    .evict = evict,
    .restore = restore,
};

}  // namespace headgate::plugin
