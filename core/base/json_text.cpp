#include "core/base/json_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace headgate {
namespace {

// Length of the well-formed UTF-8 sequence that starts at text[at], or 0. RFC 3629, section 4.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(at + 1);
  if (lead == 0xe0 && second < 0xa0) return 0;  // overlong
  if (lead == 0xed && second > 0x9f) return 0;  // surrogate
  if (lead == 0xf0 && second < 0x90) return 0;  // overlong
  if (lead == 0xf4 && second > 0x8f) return 0;  // past U+10FFFF
  return length;
}

constexpr std::array<bool, 256> make_plain_table() {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}
// Bytes that stand in a string as they are.
constexpr std::array<bool, 256> kPlain = make_plain_table();

// Appends the first character of `text`, which is not plain, and returns how many bytes it had.
std::size_t append_character(std::string& out, std::string_view text) {
  static constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte >= 0x80) {
    const std::size_t length = utf8_length(text, 0);
    out.append(length == 0 ? "\\ufffd" : text.substr(0, length));
    return length == 0 ? 1 : length;
  }
  switch (text.front()) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
  }
  return 1;
}

constexpr std::uint64_t every_byte(std::uint8_t byte) {
  return 0x0101010101010101u * byte;
}

// How many plain bytes `text` begins with. Eight at a time, which may find fewer than there are
// only where one of the eight is not plain.
std::size_t plain_length(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + at, 8);
    // The top bit of a byte is set below if it is a control byte, one of the three, or not ASCII.
    const std::uint64_t found = (eight - every_byte(0x20)) |
                                ((eight ^ every_byte('"')) - every_byte(1)) |
                                ((eight ^ every_byte('\\')) - every_byte(1)) |
                                ((eight ^ every_byte(0x7f)) - every_byte(1)) | eight;
    if ((found & every_byte(0x80)) != 0) break;
  }
  while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(append_character(out, text));
  }
  out += '"';
}

}  // namespace headgate
