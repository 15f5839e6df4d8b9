#include "core/base/json_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/sixteen_bytes.hpp"
#include "core/base/utf8.hpp"

namespace headgate {
namespace {

constexpr std::array<bool, 256> make_plain_table() {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}
// Bytes that stand in a string as they are.
constexpr std::array<bool, 256> kPlain = make_plain_table();

// Writes the first character of `text`, which is not plain, and takes it off the text.
char* write_character(char* to, std::string_view& text) {
  static constexpr std::array<char, 17> kHex{"0123456789abcdef"};
  const auto put = [&to](std::string_view written) {
    std::memcpy(to, written.data(), written.size());
    to += written.size();
  };
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte >= 0x80) {
    const std::size_t length = utf8_length(text, 0);
    put(length == 0 ? "\\ufffd" : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
    return to;
  }
  switch (text.front()) {
    case '"':
      put("\\\"");
      break;
    case '\\':
      put("\\\\");
      break;
    case '\n':
      put("\\n");
      break;
    case '\r':
      put("\\r");
      break;
    case '\t':
      put("\\t");
      break;
    default:
      put("\\u00");
      *to++ = kHex[byte >> 4];
      *to++ = kHex[byte & 15];
  }
  text.remove_prefix(1);
  return to;
}

// Copies the bytes at `from` to `to` and returns which of them are not plain. As signed numbers
// those that are not ASCII are below the space, too.
template <class Piece>
Piece copy_piece(char* to, const char* from) {
  Piece piece;
  std::memcpy(&piece, from, sizeof(piece));
  std::memcpy(to, &piece, sizeof(piece));
  return piece;
}

SixteenFlags not_plain(SixteenSigned bytes) {
  return (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
}

// Copies 16 bytes or more; returns whether all are plain. The last piece may begin inside the one
// before it.
bool copy_long(char* to, const char* from, std::size_t size) {
  const std::size_t last = size - sizeof(SixteenSigned);
  SixteenFlags found = not_plain(copy_piece<SixteenSigned>(to + last, from + last));
  for (std::size_t at = 0; at < last; at += sizeof(SixteenSigned)) {
    found |= not_plain(copy_piece<SixteenSigned>(to + at, from + at));
  }
  return !any(found);
}

// The same for 2 * sizeof(Half) bytes at most, and sizeof(Half) at least.
template <class Half>
bool copy_two(char* to, const char* from, std::size_t size) {
  const std::size_t last = size - sizeof(Half);
  const Half first = copy_piece<Half>(to, from);
  const Half second = copy_piece<Half>(to + last, from + last);
  SixteenSigned both = SixteenSigned{} + ' ';
  std::memcpy(&both, &first, sizeof(first));
  std::memcpy(reinterpret_cast<char*>(&both) + sizeof(first), &second, sizeof(second));
  return !any(not_plain(both));
}

// Copies all of a text to `to` if every byte of it is plain. Otherwise what is there then counts
// for nothing.
bool copy_plain(char* to, std::string_view text) {
  const std::size_t size = text.size();
  if (size >= 16) return copy_long(to, text.data(), size);
  if (size >= 8) return copy_two<std::uint64_t>(to, text.data(), size);
  if (size >= 4) return copy_two<std::uint32_t>(to, text.data(), size);
  bool plain = true;
  for (std::size_t at = 0; at < size; ++at) {
    to[at] = text[at];
    plain &= kPlain[static_cast<unsigned char>(text[at])];
  }
  return plain;
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

char* write_escaped(char* to, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    std::memcpy(to, text.data(), plain);
    to += plain;
    text.remove_prefix(plain);
    if (!text.empty()) to = write_character(to, text);
  }
  return to;
}

}  // namespace

char* write_json_string(char* to, std::string_view text) {
  *to++ = '"';
  to = copy_plain(to, text) ? to + text.size() : write_escaped(to, text);
  *to++ = '"';
  return to;
}

void append_json_string(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + text.size() + 2);
  char* to = out.data() + before;
  *to = '"';
  if (copy_plain(to + 1, text)) {
    out.back() = '"';
    return;
  }
  // A text may be large: what its escapes need is found out on the way.
  out.resize(before + 1);
  std::array<char, 8> character;
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char* const end = write_character(character.data(), text);
    out.append(character.data(), static_cast<std::size_t>(end - character.data()));
  }
  out += '"';
}

}  // namespace headgate
