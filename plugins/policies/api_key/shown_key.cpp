#include "shown_key.hpp"

#include <algorithm>
#include <string>

namespace headgate_api_key {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// Without case: the scheme of Authorization has none.
bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<ShownKey> in_header(hg::Call& call, std::string_view name, std::string_view prefix) {
  const std::optional<std::string_view> value = call.request().header(name);
  if (!value || !has_prefix(*value, prefix)) return std::nullopt;
  std::string_view key = value->substr(prefix.size());
  while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
  if (key.empty()) return std::nullopt;
  return ShownKey{key, name};
}

// The value of `name` in "a=b<separator>c=d".
std::string_view pair_value(std::string_view pairs, std::string_view name, char separator) {
  while (!pairs.empty()) {
    std::string_view pair = pairs.substr(0, pairs.find(separator));
    pairs.remove_prefix(std::min(pairs.size(), pair.size() + 1));
    while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return pair.substr(equals + 1);
  }
  return {};
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<ShownKey> in_query(hg::Call& call, std::string_view name) {
  const std::string_view target = call.request().target();
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  const std::string_view value = pair_value(target.substr(question + 1), name, '&');
  if (value.empty()) return std::nullopt;
  const std::string_view key = call.keep(percent_decoded(value));
  if (key.empty()) return std::nullopt;
  return ShownKey{key, call.keep("?" + std::string(name))};
}

std::optional<ShownKey> in_cookie(hg::Call& call, std::string_view name) {
  const std::optional<std::string_view> cookies = call.request().header("cookie");
  const std::string_view value = pair_value(cookies.value_or(""), name, ';');
  if (value.empty()) return std::nullopt;
  return ShownKey{value, "cookie"};
}

}  // namespace

std::optional<ShownKey> shown_key(hg::Call& call, const hg::Location& location) {
  switch (location.place) {
    case hg::Place::header:
      return in_header(call, location.name, location.prefix);
    case hg::Place::query:
      return in_query(call, location.name);
    case hg::Place::cookie:
      return in_cookie(call, location.name);
    case hg::Place::standard:
      break;
  }
  if (auto shown = in_header(call, "authorization", "Bearer ")) return shown;
  for (const std::string_view name : {"x-api-key", "api-key", "x-goog-api-key"})
    if (auto shown = in_header(call, name, "")) return shown;
  return std::nullopt;
}

}  // namespace headgate_api_key
