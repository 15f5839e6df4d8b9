#pragma once
// Writing JSON text by hand, for log lines, errors and admin answers: what must be escaped is
// escaped here and nowhere else.

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

}  // namespace headgate
