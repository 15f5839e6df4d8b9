#pragma once
// Members that the chat format does not know, on their way back to Gemini: which of them are its
// own, and which may not be brought in like this. Pure.

#include <headgate/json_view.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace headgate_gemini {

// Whether Google reads `given` as the member `name`: its JSON takes "functionCall" and
// "function_call" alike. REQUIRES: `name` is written the first way.
inline bool is_named(std::string_view given, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (const char c : given) {
    if (c == '_') continue;
    if (name.empty() || lower(c) != lower(name.front())) return false;
    name.remove_prefix(1);
  }
  return name.empty();
}

template <std::size_t N>
bool is_named_one_of(std::string_view given, const std::array<std::string_view, N>& names) {
  for (const std::string_view name : names) {
    if (is_named(given, name)) return true;
  }
  return false;
}

// What the chat format has of a call and of a picture's bytes; their other members are Gemini's.
inline constexpr std::array<std::string_view, 3> kCallMembers = {"id", "name", "args"};
inline constexpr std::array<std::string_view, 2> kBytesMembers = {"mimeType", "data"};

}  // namespace headgate_gemini
