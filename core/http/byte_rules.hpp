#pragma once
// Which bytes may stand where in a head, and the quick ways to tell. Part of core/http. [any]

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace headgate::http {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kTokenTable = make_token_table();

// A byte of a method or a header name, RFC 9110 section 5.6.2.
constexpr bool is_token_byte(char c) {
  return kTokenTable[static_cast<unsigned char>(c)];
}

// The name of a header that this program writes, checked when it is compiled. It lasts for ever: a
// literal.
class HeaderName {
 public:
  template <std::size_t size>
  consteval HeaderName(const char (&text)[size])  // NOLINT(google-explicit-constructor)
      : text_(text, size - 1) {
    for (const char c : text_)
      if (!is_token_byte(c)) throw "not a header's name";
    if (text_.empty()) throw "a header without a name";
  }
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

// A control byte other than tab: may stand nowhere in a head but in its line ends.
inline bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

constexpr std::uint64_t every_byte(std::uint8_t byte) {
  return 0x0101010101010101u * byte;
}

// The top bits of the bytes among eight that are below 0x20, tab included, or 0x7f. The lowest that
// is set is right; above it a borrow may have set another.
inline std::uint64_t control_bits(std::uint64_t eight) {
  const std::uint64_t below_space = (eight - every_byte(0x20)) & ~eight;
  const std::uint64_t with_delete = eight ^ every_byte(0x7f);
  const std::uint64_t is_delete = (with_delete - every_byte(0x01)) & ~with_delete;
  return (below_space | is_delete) & every_byte(0x80);
}

// The first byte of [at, end) that is_control(), or `end`.
inline const char* find_control(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - at >= 8) {
      std::uint64_t eight;
      std::memcpy(&eight, at, 8);
      const std::uint64_t found = control_bits(eight);
      if (found == 0) {
        at += 8;
        continue;
      }
      at += std::countr_zero(found) / 8;
      if (*at != '\t') return at;
      ++at;
    }
  }
  while (at != end && !is_control(*at)) ++at;
  return at;
}

}  // namespace headgate::http
