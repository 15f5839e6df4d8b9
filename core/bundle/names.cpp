#include "core/bundle/names.hpp"

#include <algorithm>

#include "core/bundle/limits.hpp"

namespace headgate::bundle {

namespace {

constexpr std::size_t kNameBytesMax = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

// Bytes of names, apart from letters and digits, that no tool reads as something else.
bool is_plain(char c) {
  return is_alphanumeric(c) || c == '.' || c == '_' || c == '-' || c == '+';
}

std::string component_fault(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part == "..") return "leads out of the bundle with '..'";
  if (part.front() == '.') return "has a part that begins with '.'";
  if (!std::all_of(part.begin(), part.end(), is_plain)) {
    return "has characters other than letters, digits, '.', '_', '-' and '+'";
  }
  return "";
}

}  // namespace

std::string path_fault(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kPathBytesMax) {
    return "is longer than " + std::to_string(kPathBytesMax) + " bytes";
  }
  if (path.front() == '/') return "is absolute";
  std::size_t depth = 0;
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    if (std::string fault = component_fault(rest.substr(0, slash)); !fault.empty()) return fault;
    if (++depth > kPathDepthMax) {
      return "is deeper than " + std::to_string(kPathDepthMax) + " folders";
    }
    if (slash == std::string_view::npos) return "";
    rest.remove_prefix(slash + 1);
  }
}

std::string name_fault(std::string_view name) {
  constexpr std::string_view kForm =
      "is not a name of lower-case letters, digits, '-', '_' and '.' that begins with a letter or "
      "digit, of at most 64 bytes";
  const auto fits = [](char c) {
    return is_lower(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  };
  const bool good = !name.empty() && name.size() <= kNameBytesMax &&
                    (is_lower(name.front()) || is_digit(name.front())) &&
                    std::all_of(name.begin(), name.end(), fits);
  if (!good) return std::string(kForm);
  // What stands beside the bundles in their folder.
  return name == kIndexName || name == kTrustedKeysName ? "is reserved" : "";
}

std::string version_fault(std::string_view version) {
  constexpr std::string_view kForm =
      "is not a version such as 1.2.0: letters, digits, '.', '_', '-' and '+', beginning with a "
      "letter or digit, at most 64 bytes";
  const bool good = !version.empty() && version.size() <= kNameBytesMax &&
                    is_alphanumeric(version.front()) &&
                    std::all_of(version.begin(), version.end(), is_plain);
  return good ? "" : std::string(kForm);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

std::string_view current_platform() {
#if defined(__x86_64__) && defined(__GLIBC__)
  return "linux-x86_64-gnu";
#elif defined(__x86_64__)
  return "linux-x86_64-musl";
#elif defined(__aarch64__) && defined(__GLIBC__)
  return "linux-aarch64-gnu";
#elif defined(__aarch64__)
  return "linux-aarch64-musl";
#else
#error "give this platform a name"
#endif
}

}  // namespace headgate::bundle
