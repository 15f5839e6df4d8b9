#pragma once
// Writes JSON text straight into a string: no tree in between. Values that are JSON text already
// (numbers with all their digits, strings with their escapes, tool arguments) go in as they are.

#include <headgate/detail/json_scan.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hg::llm {

// Appends `text` as a JSON string with quotes and escapes. `text` is UTF-8.
inline void append_quoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kNamed = "\"\\\n\r\t";
  static constexpr std::string_view kLetters = "\"\\nrt";
  out += '"';
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    const char* const stop = detail::find_byte<detail::StringStop>(at, end);
    out.append(at, static_cast<std::size_t>(stop - at));
    if (stop == end) break;
    at = stop + 1;
    out += '\\';
    if (const std::size_t which = kNamed.find(*stop); which != std::string_view::npos) {
      out += kLetters[which];
    } else {
      const auto byte = static_cast<unsigned char>(*stop);
      out += "u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += '"';
}

// Appends JSON text without the space between its values; what stands in strings, and how numbers
// are written, stays. Events of a stream must not hold line ends.
inline void append_compact(std::string& out, std::string_view json) {
  const char* at = json.data();
  const char* const end = at + json.size();
  while (at != end) {
    if (*at == '"') {
      const char* const closed = detail::LooseValues::behind_string(at, end);
      const char* const behind = closed ? closed : end;
      out.append(at, static_cast<std::size_t>(behind - at));
      at = behind;
      continue;
    }
    if (!detail::is_json_space(*at)) out += *at;
    ++at;
  }
}

// Objects and arrays in order; commas are put where they belong.
//
//   JsonWriter json(out);
//   json.open('{'); json.key("role").quoted("user"); json.key("n").raw("1"); json.close('}');
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  // A name that needs no escapes.
  JsonWriter& key(std::string_view name) {
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    first_ = true;
    return *this;
  }
  // Any name.
  JsonWriter& name(std::string_view name) {
    quoted(name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  JsonWriter& raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
  }
  JsonWriter& compact(std::string_view json) {
    comma();
    append_compact(out_, json);
    return *this;
  }
  JsonWriter& quoted(std::string_view text) {
    comma();
    append_quoted(out_, text);
    return *this;
  }
  JsonWriter& number(std::uint64_t value) { return raw(std::to_string(value)); }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace hg::llm
