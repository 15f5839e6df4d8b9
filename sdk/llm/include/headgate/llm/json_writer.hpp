#pragma once
// Writes JSON text straight into a string: no tree in between. Values that are JSON text already
// (numbers with all their digits, strings with their escapes, tool arguments) go in as they are.

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
  std::size_t plain = 0;  // where the run of bytes begins that need no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    if (const std::size_t which = kNamed.find(c); which != std::string_view::npos) {
      out += kLetters[which];
    } else {
      out += "u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += text.substr(plain);
  out += '"';
}

// Appends JSON text without the space between its values; what stands in strings, and how numbers
// are written, stays. Events of a stream must not hold line ends.
inline void append_compact(std::string& out, std::string_view json) {
  bool inside = false;  // a string
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!inside && (c == ' ' || c == '\n' || c == '\r' || c == '\t')) continue;
    out += c;
    if (c == '"') inside = !inside;
    if (inside && c == '\\' && i + 1 < json.size()) out += json[++i];
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
