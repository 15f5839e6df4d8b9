#include "core/net/connect_to.hpp"

#include <charconv>

#include "core/net/tls_internal.hpp"

namespace headgate::net {
namespace {

Error bad_rule(std::string_view text, const char* why) {
  return gateway_error("bad_connect_to", "connect-to \"" + std::string(text) + "\": " + why +
                                             "; the form is HOST:PORT:ADDRESS:PORT");
}

// Cuts the part up to the next colon off `rest`; brackets protect colons and are dropped.
std::optional<std::string> take_part(std::string_view& rest, bool last) {
  std::string part;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    part = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    const std::size_t end = rest.find(':');
    part = rest.substr(0, end);
    rest.remove_prefix(part.size());
  }
  if (last) return rest.empty() ? std::optional(part) : std::nullopt;
  if (!rest.starts_with(':')) return std::nullopt;
  rest.remove_prefix(1);
  return part;
}

// False: not a port.
bool parse_port(const std::string& text, std::optional<std::uint16_t>& port) {
  if (text.empty()) return true;
  std::uint16_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value == 0) return false;
  port = value;
  return true;
}

}  // namespace

Result<ConnectToRule> parse_connect_to(std::string_view text) {
  std::string_view rest = text;
  std::vector<std::string> parts;
  for (int i = 0; i < 4; ++i) {
    std::optional<std::string> part = take_part(rest, i == 3);
    if (!part) return bad_rule(text, "four parts are needed, IPv6 addresses in brackets");
    parts.push_back(std::move(*part));
  }
  ConnectToRule rule;
  rule.host = normal_name(parts[0]);
  rule.to_host = parts[2];
  if (!parse_port(parts[1], rule.port) || !parse_port(parts[3], rule.to_port)) {
    return bad_rule(text, "a port is a number from 1 to 65535");
  }
  return rule;
}

std::pair<std::string, std::uint16_t> apply_connect_to(const std::vector<ConnectToRule>& rules,
                                                       std::string_view host, std::uint16_t port) {
  for (const ConnectToRule& rule : rules) {
    if (!rule.host.empty() && rule.host != normal_name(host)) continue;
    if (rule.port && *rule.port != port) continue;
    return {rule.to_host.empty() ? std::string(host) : rule.to_host, rule.to_port.value_or(port)};
  }
  return {std::string(host), port};
}

}  // namespace headgate::net
