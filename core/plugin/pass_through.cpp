#include "core/plugin/pass_through.hpp"

#include <algorithm>

namespace headgate::plugin {

namespace {

constexpr std::string_view kAnything = "...";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte at `at`, decoded if it is percent-encoded; moves `at` behind it.
char next_byte(std::string_view path, std::size_t& at) {
  if (path[at] == '%' && at + 2 < path.size()) {
    const int high = hex_value(path[at + 1]);
    const int low = hex_value(path[at + 2]);
    if (high >= 0 && low >= 0) {
      at += 3;
      return static_cast<char>(high * 16 + low);
    }
  }
  return path[at++];
}

// Whether an upstream may read a "." or ".." segment in it.
bool has_dot_segment(std::string_view path) {
  std::size_t dots = 0;
  bool only_dots = true;
  for (std::size_t at = 0; at < path.size();) {
    const char c = next_byte(path, at);
    if (c == '/' || c == '\\') {
      if (only_dots && (dots == 1 || dots == 2)) return true;
      dots = 0;
      only_dots = true;
    } else if (c == '.') {
      ++dots;
    } else {
      only_dots = false;
    }
  }
  return only_dots && (dots == 1 || dots == 2);
}

bool begins_with_segments(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

}  // namespace

PassThrough::PassThrough(std::vector<std::string> patterns, std::string base_path) {
  for (std::string& text : patterns) {
    Pattern pattern;
    pattern.open = text.ends_with(kAnything);
    if (pattern.open) text.resize(text.size() - kAnything.size());
    if (begins_with_segments(text, base_path)) pattern.common = base_path.size();
    pattern.literal = std::move(text);
    patterns_.push_back(std::move(pattern));
  }
  // The one that says most decides where the route's prefix ends.
  std::sort(patterns_.begin(), patterns_.end(), [](const Pattern& a, const Pattern& b) {
    if (a.literal.size() != b.literal.size()) return a.literal.size() > b.literal.size();
    return a.literal < b.literal;
  });
}

std::optional<std::string_view> PassThrough::match(std::string_view path) const {
  for (const Pattern& pattern : patterns_) {
    std::size_t at = path.npos;
    if (pattern.open) {
      at = path.find(pattern.literal);
    } else if (path.ends_with(pattern.literal)) {
      at = path.size() - pattern.literal.size();
    }
    if (at == path.npos) continue;
    if (has_dot_segment(path)) return std::nullopt;
    return path.substr(at + pattern.common);
  }
  return std::nullopt;
}

}  // namespace headgate::plugin
