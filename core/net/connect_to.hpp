#pragma once
// Sends connections for one place to another, as curl's --connect-to does: the Host header, SNI and
// the name that is verified stay those of the original place.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"

namespace headgate::net {

struct ConnectToRule {
  std::string host;                      // empty: any
  std::optional<std::uint16_t> port;     // nothing: any
  std::string to_host;                   // empty: the same
  std::optional<std::uint16_t> to_port;  // nothing: the same
};

// "HOST:PORT:ADDR:PORT", each part may be empty, IPv6 in brackets. Errors: bad_connect_to.
Result<ConnectToRule> parse_connect_to(std::string_view text);

// Where to connect for host and port: what the first rule that matches says, else the same.
std::pair<std::string, std::uint16_t> apply_connect_to(const std::vector<ConnectToRule>& rules,
                                                       std::string_view host, std::uint16_t port);

}  // namespace headgate::net
