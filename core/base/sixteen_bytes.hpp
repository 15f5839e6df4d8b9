#pragma once
// Sixteen bytes looked at together. The compiler makes vector instructions of the types, whatever
// the processor calls them. Pure. [any]

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace headgate {

using SixteenBytes __attribute__((vector_size(16))) = std::uint8_t;
// The same as signed numbers: what is not ASCII is below 0.
using SixteenSigned __attribute__((vector_size(16))) = std::int8_t;
// Of each byte, whether something is true of it: all bits set, or none.
using SixteenFlags = SixteenSigned;

// REQUIRES: as many readable bytes at `at`.
template <class Sixteen = SixteenBytes>
Sixteen load_sixteen(const char* at) {
  Sixteen bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

inline std::array<std::uint64_t, 2> halves_of(SixteenFlags flags) {
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &flags, sizeof(flags));
  return halves;
}

inline bool any(SixteenFlags flags) {
  const std::array<std::uint64_t, 2> halves = halves_of(flags);
  return (halves[0] | halves[1]) != 0;
}

// A bit for each byte, the first byte's lowest.
inline unsigned places_of(SixteenFlags flags) {
#if defined(__SSE2__)
  __m128i bytes;
  std::memcpy(&bytes, &flags, sizeof(bytes));
  return static_cast<unsigned>(_mm_movemask_epi8(bytes));
#else
  unsigned places = 0;
  for (int i = 0; i < 16; ++i) places |= (flags[i] != 0 ? 1U : 0U) << i;
  return places;
#endif
}

// Below 0x20, tab included, or 0x7f.
inline SixteenFlags controls_among(SixteenBytes bytes) {
  return (bytes < 0x20) | (bytes == 0x7f);
}

}  // namespace headgate
