#include "core/route/text_match.hpp"

#include <algorithm>
#include <limits>

#include "core/base/ascii.hpp"

namespace headgate::route {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Takes one decoded character off the front.
char take_decoded(std::string_view& encoded) {
  const char c = encoded[0];
  if (c == '%' && encoded.size() >= 3) {
    const int high = hex_digit(encoded[1]);
    const int low = hex_digit(encoded[2]);
    if (high >= 0 && low >= 0) {
      encoded.remove_prefix(3);
      return static_cast<char>(high * 16 + low);
    }
  }
  encoded.remove_prefix(1);
  return c == '+' ? ' ' : c;
}

}  // namespace

std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? host : host.substr(1, end - 1);
  }
  host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

std::size_t host_fit(std::string_view pattern, std::string_view host) {
  if (pattern.empty()) return 1;
  if (!pattern.starts_with("*.")) {
    return equal_ignoring_case(pattern, host) ? std::numeric_limits<std::size_t>::max() : 0;
  }
  // The point stays: `*.example.com` is any name below, not `example.com`.
  const std::string_view suffix = pattern.substr(1);
  if (host.size() <= suffix.size()) return 0;
  const bool fits = equal_ignoring_case(host.substr(host.size() - suffix.size()), suffix);
  return fits ? pattern.size() : 0;
}

bool in_prefix(std::string_view path, std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (decoded_equal(parameter.substr(0, equals), name)) {
      return equals == parameter.size() ? std::string_view() : parameter.substr(equals + 1);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

bool decoded_equal(std::string_view encoded, std::string_view plain) {
  while (!encoded.empty() && !plain.empty()) {
    if (take_decoded(encoded) != plain[0]) return false;
    plain.remove_prefix(1);
  }
  return encoded.empty() && plain.empty();
}

std::string decode(std::string_view encoded) {
  std::string out;
  while (!encoded.empty()) out += take_decoded(encoded);
  return out;
}

}  // namespace headgate::route
