#pragma once
// Loops over bytes that every event of a stream runs through: 16 at a time where the processor has
// SSE2, as every x86-64 does; one at a time elsewhere. Nothing is read outside the texts. Pure.
// [any]

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace headgate {

// Whether `size` bytes are the same.
inline bool are_equal(const char* a, const char* b, std::size_t size) {
  std::size_t at = 0;
#if defined(__SSE2__)
  const auto alike = [&](std::size_t from) {
    return _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + from)),
                          _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + from)));
  };
  constexpr int kAll = 0xffff;
  for (; at + 64 <= size; at += 64) {
    const __m128i front = _mm_and_si128(alike(at), alike(at + 16));
    const __m128i back = _mm_and_si128(alike(at + 32), alike(at + 48));
    if (_mm_movemask_epi8(_mm_and_si128(front, back)) != kAll) return false;
  }
  for (; at + 16 <= size; at += 16)
    if (_mm_movemask_epi8(alike(at)) != kAll) return false;
  // The last bytes once more, with those before them.
  if (at < size && size >= 16) return _mm_movemask_epi8(alike(size - 16)) == kAll;
#endif
  for (; at < size; ++at)
    if (a[at] != b[at]) return false;
  return true;
}

// How many bytes both begin with alike.
inline std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t at = 0;
#if defined(__SSE2__)
  const auto alike = [&](std::size_t from) {
    return _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a.data() + from)),
                          _mm_loadu_si128(reinterpret_cast<const __m128i*>(b.data() + from)));
  };
  constexpr int kAll = 0xffff;
  for (; at + 64 <= size; at += 64) {
    const __m128i front = _mm_and_si128(alike(at), alike(at + 16));
    const __m128i back = _mm_and_si128(alike(at + 32), alike(at + 48));
    if (_mm_movemask_epi8(_mm_and_si128(front, back)) != kAll) break;
  }
  for (; at + 16 <= size; at += 16) {
    const int mask = _mm_movemask_epi8(alike(at));
    if (mask != kAll)
      return at + static_cast<unsigned>(__builtin_ctz(~static_cast<unsigned>(mask)));
  }
#endif
  while (at < size && a[at] == b[at]) ++at;
  return at;
}

// How many bytes both end with alike.
inline std::size_t common_suffix(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  const char* const a_end = a.data() + a.size();
  const char* const b_end = b.data() + b.size();
  std::size_t count = 0;
#if defined(__SSE2__)
  for (; count + 16 <= size; count += 16) {
    const __m128i alike =
        _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a_end - count - 16)),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(b_end - count - 16)));
    const unsigned other = 0xffff & ~static_cast<unsigned>(_mm_movemask_epi8(alike));
    if (other != 0) return count + static_cast<unsigned>(__builtin_clz(other)) - 16;
  }
#endif
  while (count < size && a_end[-1 - static_cast<std::ptrdiff_t>(count)] ==
                             b_end[-1 - static_cast<std::ptrdiff_t>(count)])
    ++count;
  return count;
}

// The first place of either byte that is not before `from`; the text's size if there is none.
inline std::size_t find_either(std::string_view text, char one, char other, std::size_t from) {
  std::size_t at = from;
#if defined(__SSE2__)
  const __m128i ones = _mm_set1_epi8(one);
  const __m128i others = _mm_set1_epi8(other);
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const int mask =
        _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, ones), _mm_cmpeq_epi8(bytes, others)));
    if (mask != 0) return at + static_cast<unsigned>(__builtin_ctz(static_cast<unsigned>(mask)));
  }
#endif
  while (at < text.size() && text[at] != one && text[at] != other) ++at;
  return std::min(at, text.size());
}

}  // namespace headgate
