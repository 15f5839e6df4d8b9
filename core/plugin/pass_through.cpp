#include "core/plugin/pass_through.hpp"

#include <algorithm>

namespace headgate::plugin {

namespace {

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

// Whether "..." stands for it. A slash at its beginning, encoded or not, would let a path through
// that many servers take for the one without it.
bool is_anything(std::string_view rest) {
  if (rest.empty()) return false;
  std::size_t at = 0;
  const char first = next_byte(rest, at);
  return first != '/' && first != '\\';
}

// Whether a server that decodes `model` before it looks for the ':' behind it could see another
// one.
bool has_separator(std::string_view model) {
  for (std::size_t at = 0; at < model.size();) {
    const char c = next_byte(model, at);
    if (c == '/' || c == ':') return true;
  }
  return false;
}

}  // namespace

PassThrough::PassThrough(std::vector<std::string> patterns, std::string base_path) {
  for (std::string& text : patterns) {
    Pattern pattern;
    pattern.open = text.ends_with(kAnything);
    if (pattern.open) text.resize(text.size() - kAnything.size());
    if (begins_with_segments(text, base_path)) pattern.common = base_path.size();
    const std::size_t model = text.find(kModel);
    pattern.names_model = model != text.npos;
    if (pattern.names_model) {
      pattern.behind = text.substr(model + kModel.size());
      text.resize(model);
    }
    pattern.literal = std::move(text);
    patterns_.push_back(std::move(pattern));
  }
  // The one that says most decides where the route's prefix ends, and which part is the model.
  std::sort(patterns_.begin(), patterns_.end(), [](const Pattern& a, const Pattern& b) {
    if (a.literal_bytes() != b.literal_bytes()) return a.literal_bytes() > b.literal_bytes();
    if (a.names_model != b.names_model) return a.names_model;
    if (a.literal != b.literal) return a.literal < b.literal;
    return a.behind < b.behind;
  });
}

std::optional<PassThrough::Match> PassThrough::Pattern::match_at(std::string_view path,
                                                                 std::size_t at) const {
  Match match;
  match.rest = path.substr(at + common);
  std::string_view rest = path.substr(at + literal.size());
  if (names_model) {
    const bool colon_ends = behind.starts_with(':');
    match.model = rest.substr(0, rest.find_first_of(colon_ends ? ":/" : "/"));
    rest.remove_prefix(match.model.size());
    if (match.model.empty() || !rest.starts_with(behind)) return std::nullopt;
    // Who decodes it first could see another model, or another path.
    if (has_separator(match.model)) {
      if (colon_ends) return std::nullopt;
      match.model = {};
    }
    rest.remove_prefix(behind.size());
  }
  if (open ? !is_anything(rest) : !rest.empty()) return std::nullopt;
  return match;
}

std::optional<PassThrough::Match> PassThrough::Pattern::find(std::string_view path) const {
  for (std::size_t at = path.find(literal); at != path.npos; at = path.find(literal, at + 1)) {
    if (const auto match = match_at(path, at)) return match;
  }
  return std::nullopt;
}

std::optional<PassThrough::Match> PassThrough::find(std::string_view path) const {
  for (const Pattern& pattern : patterns_) {
    const auto match = pattern.find(path);
    if (!match) continue;
    if (has_dot_segment(path)) return std::nullopt;
    return match;
  }
  return std::nullopt;
}

}  // namespace headgate::plugin
