#include "core/admin/host_check.hpp"

#include <algorithm>
#include <cstddef>

#include "core/base/ascii.hpp"
#include "core/config/values.hpp"

namespace headgate::admin {
namespace {

// "[::1]:80" and "[::1]" to "::1", "name:80" and "name" to "name".
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return end == std::string_view::npos ? std::string_view() : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

}  // namespace

bool is_trusted_host(std::string_view authority, std::span<const std::string> configured) {
  const std::string host = lowered(host_of(authority));
  if (host.empty()) return false;
  if (config::is_ip_address(host) || host == "localhost" || host.ends_with(".localhost")) {
    return true;
  }
  return std::any_of(configured.begin(), configured.end(),
                     [&](const std::string& name) { return lowered(name) == host; });
}

bool is_cross_site(std::string_view authority, std::string_view origin,
                   std::string_view fetch_site) {
  if (!fetch_site.empty() && fetch_site != "same-origin" && fetch_site != "none") return true;
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  // "null", the origin of a sandboxed page or a file, is another site as well.
  if (scheme == std::string_view::npos) return true;
  return lowered(origin.substr(scheme + 3)) != lowered(authority);
}

}  // namespace headgate::admin
