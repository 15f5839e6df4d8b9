#include "core/exchange/side_upstream.hpp"

#include <algorithm>

namespace headgate::exchange {

const SideUpstream* find_upstream(const std::vector<SideUpstream>& upstreams,
                                  std::string_view alias) {
  const auto found =
      std::find_if(upstreams.begin(), upstreams.end(),
                   [alias](const SideUpstream& each) { return each.alias == alias; });
  return found == upstreams.end() ? nullptr : &*found;
}

}  // namespace headgate::exchange
