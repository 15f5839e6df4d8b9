#include "core/http/request_checks.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/http/header_rules.hpp"

namespace headgate::http {
namespace {

constexpr std::array<bool, 256> make_host_table() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("-._~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kHostTable = make_host_table();

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// host[:port], RFC 3986 section 3.2, without the escapes and delimiters that no real host has.
bool is_authority(std::string_view text) {
  std::size_t host_end;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    if (text.substr(1, close - 1).find_first_not_of("0123456789abcdefABCDEF:.") !=
        std::string_view::npos)
      return false;
    host_end = close + 1;
  } else {
    host_end = 0;
    while (host_end < text.size() && kHostTable[static_cast<unsigned char>(text[host_end])])
      ++host_end;
    if (host_end == 0) return false;
  }
  const std::string_view port = text.substr(host_end);
  return port.empty() || (port[0] == ':' && port.size() <= 6 && is_digits(port.substr(1)));
}

std::optional<Refusal> bad_target(std::string message) {
  return Refusal{400, "bad_target", std::move(message)};
}

// Splits the absolute form: `authority` and the target in origin-form.
std::optional<Refusal> take_absolute_form(RequestHead& head) {
  const std::string_view target = head.target;
  std::size_t begin = 0;
  if (equals_ignoring_case(target.substr(0, 7), "http://")) begin = 7;
  if (equals_ignoring_case(target.substr(0, 8), "https://")) begin = 8;
  if (begin == 0) return bad_target("its target must begin with '/' or http://");
  const std::size_t end = std::min(target.find_first_of("/?", begin), target.size());
  head.authority = target.substr(begin, end - begin);
  if (!is_authority(head.authority))
    return bad_target("the host of its target is not a host and a port");
  if (end == target.size()) {
    head.target = "/";
    return std::nullopt;
  }
  if (target[end] == '?') return bad_target("its target has a query but no path");
  head.target = target.substr(end);
  return std::nullopt;
}

std::optional<Refusal> check_target(RequestHead& head) {
  const std::string_view target = head.target;
  for (const char c : target)
    if (static_cast<unsigned char>(c) >= 0x80 || c == '#')
      return bad_target("its target holds a byte that must be escaped");
  if (head.method == "CONNECT")
    return Refusal{501, "unsupported_method", "CONNECT is not served: this is not a forward proxy"};
  if (target.front() == '/') return std::nullopt;
  if (target == "*") {
    if (head.method == "OPTIONS") return std::nullopt;
    return bad_target("the target * is for OPTIONS only");
  }
  return take_absolute_form(head);
}

std::optional<Refusal> check_host(RequestHead& head, std::optional<std::string_view> host) {
  if (!host) {
    if (head.minor_version == 0) return std::nullopt;
    return Refusal{400, "missing_host", "it has no Host header"};
  }
  if (!is_authority(*host)) return Refusal{400, "bad_host", "Host is not a host and a port"};
  if (head.authority.empty()) {
    head.authority = *host;
  } else if (!equals_ignoring_case(head.authority, *host)) {
    return Refusal{400, "host_mismatch", "the host of its target is not that of its Host header"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> check_request(RequestHead& head, const HeadFacts& facts) {
  if (auto refusal = check_target(head)) return refusal;
  if (auto refusal = check_host(head, facts.host)) return refusal;
  if (facts.expectation && head.minor_version > 0) {
    if (!equals_ignoring_case(*facts.expectation, "100-continue")) {
      return Refusal{417, "expectation_failed",
                     "the only expectation that is understood is \"100-continue\""};
    }
    head.expect_continue = true;
  }
  return std::nullopt;
}

}  // namespace headgate::http
