#include "core/observe/mask.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/ascii.hpp"

namespace headgate::observe {
namespace {

std::vector<std::string> lower_all(std::span<const std::string> names) {
  std::vector<std::string> all;
  for (const std::string& name : names) all.push_back(lowered(name));
  return all;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                        hex_value(text[i + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// Where the authority of a target ends that has one: "http://a:b@host/x", "host:443". 0 if none.
std::size_t authority_end(std::string_view target) {
  if (target.empty() || target.front() == '/') return 0;
  const std::size_t scheme = target.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  return std::min(target.find_first_of("/?#", begin), target.size());
}

}  // namespace

SecretMask::SecretMask(std::span<const std::string> query_names,
                       std::span<const std::string> header_names)
    : query_names_(lower_all(query_names)), header_names_(lower_all(header_names)) {}

void SecretMask::append_target(std::string& out, std::string_view target) const {
  const std::string_view authority = target.substr(0, authority_end(target));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::size_t scheme = authority.find("://");
    if (scheme != std::string_view::npos) out.append(authority.substr(0, scheme + 3));
    out.append(kMasked);
    target.remove_prefix(at);
  }

  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) {
    out.append(target);
    return;
  }
  out.append(target.substr(0, question + 1));
  target.remove_prefix(question + 1);

  while (!target.empty()) {
    const std::string_view pair = target.substr(0, target.find('&'));
    // Some servers also part pairs at ';', and people write a second '?': a name may begin there.
    std::size_t shown = pair.size();
    for (std::size_t begin = 0; begin < pair.size();) {
      const std::size_t end = std::min(pair.find_first_of(";?", begin), pair.size());
      const std::size_t equals = pair.substr(0, end).find('=', begin);
      if (equals != std::string_view::npos &&
          is_secret_parameter(pair.substr(begin, equals - begin))) {
        shown = equals + 1;
        break;
      }
      begin = end + 1;
    }
    out.append(pair.substr(0, shown));
    if (shown < pair.size()) out.append(kMasked);
    target.remove_prefix(pair.size());
    if (!target.empty()) {
      out += '&';
      target.remove_prefix(1);
    }
  }
}

bool SecretMask::is_secret_header(std::string_view name) const {
  static constexpr std::array<std::string_view, 4> kAlways{"authorization", "proxy-authorization",
                                                           "cookie", "set-cookie"};
  const auto same = [&](std::string_view known) { return equal_ignoring_case(name, known); };
  return std::any_of(kAlways.begin(), kAlways.end(), same) ||
         std::any_of(header_names_.begin(), header_names_.end(), same);
}

bool SecretMask::is_secret_parameter(std::string_view encoded_name) const {
  const auto contains = [&](std::string_view name) {
    return std::any_of(query_names_.begin(), query_names_.end(),
                       [&](const std::string& known) { return equal_ignoring_case(name, known); });
  };
  // The usual name has no escape and costs no copy.
  if (encoded_name.find('%') == std::string_view::npos) return contains(encoded_name);
  return contains(percent_decoded(encoded_name));
}

}  // namespace headgate::observe
