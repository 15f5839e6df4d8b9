#pragma once
// Writing JSON text by hand, for log lines, errors and admin answers: what must be escaped is
// escaped here and nowhere else.

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so that
// the result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

inline std::string json_quote(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// The most bytes that a text of `size` bytes becomes: each may need an escape of six.
constexpr std::size_t json_string_room(std::size_t size) {
  return 6 * size + 2;
}

// Writes what append_json_string() appends and returns its end. REQUIRES: json_string_room() bytes
// at `to`.
char* write_json_string(char* to, std::string_view text);

}  // namespace headgate
