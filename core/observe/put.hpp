#pragma once
// The writers of a log line: each puts something at `to` and returns its end. The room was asked
// for at once, so none of them looks whether there is any. Pure. [any]

#include <headgate/expression/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace headgate::observe {

// What a value that is no text needs at most.
inline constexpr std::size_t kScalarRoom = 32;

inline char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// A text whose size the compiler knows: a few moves.
template <std::size_t size>
char* put(char* to, const std::array<char, size>& text) {
  std::memcpy(to, text.data(), size);
  return to + size;
}
template <std::size_t size>
char* put(char* to, const char (&text)[size]) {
  std::memcpy(to, text, size - 1);
  return to + size - 1;
}

inline constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
inline constexpr std::array<char, 200> kPairs = make_pairs();

// REQUIRES: value < 100.
inline char* put_two(char* to, std::uint64_t value) {
  std::memcpy(to, &kPairs[2 * value], 2);
  return to + 2;
}

// REQUIRES: value < 1000.
inline char* put_three(char* to, std::uint64_t value) {
  *to = static_cast<char>('0' + value / 100);
  return put_two(to + 1, value % 100);
}

inline char* put_integer(char* to, std::integral auto value) {
  constexpr std::size_t kDigitsMax = 20;
  const auto count = static_cast<std::uint64_t>(value);  // very large where it is negative
  if (count < 10) {
    *to = static_cast<char>('0' + count);
    return to + 1;
  }
  if (count < 100) return put_two(to, count);
  if (count < 1000) return put_three(to, count);
  return std::to_chars(to, to + kDigitsMax, value).ptr;
}

// Milliseconds with three decimals.
inline char* put_milliseconds(char* to, std::chrono::nanoseconds duration) {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(0, duration.count() / 1000));
  to = put_integer(to, us / 1000);
  *to++ = '.';
  return put_three(to, us % 1000);
}

// A value that is no text. False: it is none that a line can hold.
inline bool put_scalar(char*& to, const hg::expression::Value& value) {
  switch (value.kind()) {
    case hg::expression::Kind::null:
      to = put(to, "null");
      return true;
    case hg::expression::Kind::boolean:
      to = put(to, std::string_view(value.boolean() ? "true" : "false"));
      return true;
    case hg::expression::Kind::integer:
      to = std::to_chars(to, to + kScalarRoom, value.integer()).ptr;
      return true;
    case hg::expression::Kind::natural:
      to = std::to_chars(to, to + kScalarRoom, value.natural()).ptr;
      return true;
    case hg::expression::Kind::number:
      // JSON has no infinity and no NaN.
      if (!std::isfinite(value.number())) {
        to = put(to, "null");
      } else {
        to = std::to_chars(to, to + kScalarRoom, value.number()).ptr;
      }
      return true;
    default:
      return false;
  }
}

inline constexpr std::array<bool, 256> make_word_bytes() {
  std::array<bool, 256> table{};
  for (std::size_t byte = '!'; byte < 0x7f; ++byte) {
    table[byte] = byte != '"' && byte != '=' && byte != '\\';
  }
  return table;
}
inline constexpr std::array<bool, 256> kWordBytes = make_word_bytes();

inline bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kWordBytes[static_cast<unsigned char>(c)];
  });
}

}  // namespace headgate::observe
