#pragma once
// Sixteen bytes looked at together. The compiler makes vector instructions of the type, whatever
// the processor calls them. [any]

#include <array>
#include <cstdint>
#include <cstring>

namespace headgate::http {

using SixteenBytes __attribute__((vector_size(16))) = std::uint8_t;
// Of each byte, whether something is true of it: all bits set, or none.
using SixteenFlags __attribute__((vector_size(16))) = std::int8_t;

// REQUIRES: as many readable bytes at `at`.
inline SixteenBytes load_sixteen(const char* at) {
  SixteenBytes bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

inline bool any(SixteenFlags flags) {
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &flags, sizeof(flags));
  return (halves[0] | halves[1]) != 0;
}

// Below 0x20, tab included, or 0x7f.
inline SixteenFlags controls_among(SixteenBytes bytes) {
  return (bytes < 0x20) | (bytes == 0x7f);
}

}  // namespace headgate::http
