#pragma once
// The inner loops of reading JSON text: where a value ends, and whether it is JSON. Not for
// authors; see json_view.hpp. Nothing is read outside [at, end). 16 bytes at a time where the
// processor has SSE2, as every x86-64 does; one at a time elsewhere.

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace hg::detail {

// What ends a run of plain bytes in a string that must be JSON.
struct StringStop {
  static bool is(char c) noexcept {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  }
#if defined(__SSE2__)
  static __m128i in(__m128i bytes) noexcept {
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    return _mm_or_si128(_mm_or_si128(control, quote), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  }
#endif
};

// The same in a string whose control characters are not minded.
struct QuoteStop {
  static bool is(char c) noexcept { return c == '"' || c == '\\'; }
#if defined(__SSE2__)
  static __m128i in(__m128i bytes) noexcept {
    return _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  }
#endif
};

// What matters between the brackets of a container.
struct ContainerStop {
  static bool is(char c) noexcept { return c == '"' || (c | 0x20) == '{' || (c | 0x20) == '}'; }
#if defined(__SSE2__)
  static __m128i in(__m128i bytes) noexcept {
    // With that bit [ is {, and ] is }.
    const __m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    const __m128i bracket = _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')),
                                         _mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
    return _mm_or_si128(bracket, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
  }
#endif
};

#if defined(__SSE2__)
template <class Kind>
inline __m128i find_in_block(const char* at) noexcept {
  __m128i bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return Kind::in(bytes);
}
#endif

// The first byte of that kind; `end` if there is none.
template <class Kind>
inline const char* find_byte(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  for (int blocks = 0; end - at >= 16; at += 16) {
    const int found = _mm_movemask_epi8(find_in_block<Kind>(at));
    if (found != 0) return at + __builtin_ctz(static_cast<unsigned>(found));
    if (++blocks < 4) continue;
    // It is a long run: four blocks at a time.
    for (at += 16; end - at >= 64; at += 64) {
      const __m128i front = _mm_or_si128(find_in_block<Kind>(at), find_in_block<Kind>(at + 16));
      const __m128i back = _mm_or_si128(find_in_block<Kind>(at + 32), find_in_block<Kind>(at + 48));
      if (_mm_movemask_epi8(_mm_or_si128(front, back)) != 0) break;
    }
    at -= 16;
    blocks = 0;
  }
#endif
  while (at != end && !Kind::is(*at)) ++at;
  return at;
}

inline bool is_json_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
inline const char* skip_json_space(const char* at, const char* end) noexcept {
  while (at != end && is_json_space(*at)) ++at;
  return at;
}

// Where the long values of one text end, so that they are passed over without a look at what is in
// them. Of bounded size: what has no place here is walked through again.
class JsonSkips {
 public:
  static constexpr std::size_t kSkipsMax = 512;
  static constexpr std::size_t kLongBytes = 128;

  // For [begin, end), which must stay.
  void reset(const char* begin, const char* end) noexcept {
    text_ = begin;
    count_ = 0;
    max_ = static_cast<std::uint64_t>(end - begin) <= UINT32_MAX ? kSkipsMax : 0;
  }

  // Values come in the order in which they begin, and each is closed behind those inside it.
  std::size_t open(const char* at) noexcept {
    if (count_ == max_) return kSkipsMax;
    skips_[count_].begin = static_cast<std::uint32_t>(at - text_);
    return count_++;
  }
  void close(std::size_t skip, const char* behind) noexcept {
    if (skip == kSkipsMax) return;
    const auto end = static_cast<std::uint32_t>(behind - text_);
    // Where one is not long, none inside it is.
    if (end - skips_[skip].begin < kLongBytes) {
      count_ = skip;
    } else {
      skips_[skip].end = end;
    }
  }
  void add(const char* at, const char* behind) noexcept {
    if (static_cast<std::size_t>(behind - at) >= kLongBytes) close(open(at), behind);
  }

  // Behind the value that begins there; nullptr where that is not known.
  const char* behind(const char* at) const noexcept {
    const auto wanted = static_cast<std::uint32_t>(at - text_);
    std::size_t first = 0;
    for (std::size_t left = count_; left > 0;) {
      const std::size_t half = left / 2;
      if (skips_[first + half].begin < wanted) {
        first += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    if (first == count_ || skips_[first].begin != wanted) return nullptr;
    return text_ + skips_[first].end;
  }

 private:
  struct Skip {
    std::uint32_t begin;
    std::uint32_t end;
  };

  const char* text_ = nullptr;
  std::size_t count_ = 0;
  std::size_t max_ = 0;
  std::array<Skip, kSkipsMax> skips_;
};

// Behind a value that `at` begins (no space before it), nullptr where it has no end. Its inside is
// not looked at more than that takes: what is not JSON may well have an end.
struct LooseValues {
  using Stop = QuoteStop;

  static const char* behind_string(const char* at, const char* end) noexcept {
    for (++at; (at = find_byte<QuoteStop>(at, end)) != end; at += 2) {
      if (*at == '"') return at + 1;
      if (end - at < 2) break;
    }
    return nullptr;
  }

  static const char* behind_container(const char* at, const char* end) noexcept {
    std::size_t open = 0;
    while ((at = find_byte<ContainerStop>(at, end)) != end) {
      if (*at == '"') {
        at = behind_string(at, end);
        if (!at) return nullptr;
        continue;
      }
      const bool opens = (*at++ | 0x20) == '{';
      if (opens) {
        ++open;
      } else if (--open == 0) {
        return at;
      }
    }
    return nullptr;
  }

  // `skips` may be of the text that holds the value, or NULL.
  static const char* behind(const char* at, const char* end, const JsonSkips* skips) noexcept {
    if (at == end) return nullptr;
    const bool text = *at == '"';
    if (text || *at == '{' || *at == '[') {
      const char* const known = skips ? skips->behind(at) : nullptr;
      if (known) return known;
      return text ? behind_string(at, end) : behind_container(at, end);
    }
    const char* const begin = at;
    while (at != end && !ends_word(*at)) ++at;
    return at == begin ? nullptr : at;
  }

 private:
  static bool ends_word(char c) noexcept {
    constexpr std::uint64_t kBelow64 = 1ULL << ' ' | 1ULL << '\t' | 1ULL << '\r' | 1ULL << '\n' |
                                       1ULL << ',' | 1ULL << ':' | 1ULL << '"';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 64) return (kBelow64 >> byte & 1) != 0;
    return c == '[' || c == ']' || c == '{' || c == '}';
  }
};

// The same for a value that is JSON (RFC 8259) of bounded depth; nullptr where it is not. UTF-8 is
// not checked.
struct StrictValues {
  using Stop = StringStop;

  static constexpr int kDepthMax = 128;

  static const char* behind_string(const char* at, const char* end) noexcept {
    for (++at;;) {
      at = find_byte<StringStop>(at, end);
      if (at == end || static_cast<unsigned char>(*at) < 0x20) return nullptr;
      if (*at == '"') return at + 1;
      at = behind_escape(at, end);
      if (!at) return nullptr;
    }
  }

  // Writes what is long into `skips`, if not NULL.
  static const char* behind(const char* at, const char* end, JsonSkips* skips, int depth) noexcept {
    if (at == end || depth > kDepthMax) return nullptr;
    switch (*at) {
      case '"': {
        const char* const behind = behind_string(at, end);
        if (behind && skips) skips->add(at, behind);
        return behind;
      }
      case '{':
      case '[': {
        const std::size_t skip = skips ? skips->open(at) : 0;
        const char* const behind =
            *at == '{' ? behind_object(at, end, skips, depth) : behind_array(at, end, skips, depth);
        if (behind && skips) skips->close(skip, behind);
        return behind;
      }
      case 't':
        return behind_word(at, end, "true");
      case 'f':
        return behind_word(at, end, "false");
      case 'n':
        return behind_word(at, end, "null");
      default:
        return behind_number(at, end);
    }
  }

  static const char* behind_number(const char* at, const char* end) noexcept {
    if (at != end && *at == '-') ++at;
    const char* const whole = at;
    at = behind_digits(at, end);
    if (at == whole || (*whole == '0' && at - whole > 1)) return nullptr;
    if (at != end && *at == '.') {
      const char* const fraction = ++at;
      at = behind_digits(at, end);
      if (at == fraction) return nullptr;
    }
    if (at != end && (*at | 0x20) == 'e') {
      ++at;
      if (at != end && (*at == '+' || *at == '-')) ++at;
      const char* const exponent = at;
      at = behind_digits(at, end);
      if (at == exponent) return nullptr;
    }
    return at;
  }

 private:
  static const char* behind_digits(const char* at, const char* end) noexcept {
    while (at != end && *at >= '0' && *at <= '9') ++at;
    return at;
  }

  static const char* behind_word(const char* at, const char* end, std::string_view word) noexcept {
    if (static_cast<std::size_t>(end - at) < word.size()) return nullptr;
    return std::string_view(at, word.size()) == word ? at + word.size() : nullptr;
  }

  static bool is_hex(char c) noexcept {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
  }

  static const char* behind_escape(const char* at, const char* end) noexcept {
    if (end - at < 2) return nullptr;
    switch (at[1]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        return at + 2;
      case 'u':
        break;
      default:
        return nullptr;
    }
    const bool whole =
        end - at >= 6 && is_hex(at[2]) && is_hex(at[3]) && is_hex(at[4]) && is_hex(at[5]);
    return whole ? at + 6 : nullptr;
  }

  static const char* behind_object(const char* at, const char* end, JsonSkips* skips,
                                   int depth) noexcept {
    at = skip_json_space(at + 1, end);
    if (at != end && *at == '}') return at + 1;
    for (;; at = skip_json_space(at + 1, end)) {
      if (at == end || *at != '"') return nullptr;
      at = behind_string(at, end);
      if (!at) return nullptr;
      at = skip_json_space(at, end);
      if (at == end || *at != ':') return nullptr;
      at = behind(skip_json_space(at + 1, end), end, skips, depth + 1);
      if (!at) return nullptr;
      at = skip_json_space(at, end);
      if (at == end) return nullptr;
      if (*at == '}') return at + 1;
      if (*at != ',') return nullptr;
    }
  }

  static const char* behind_array(const char* at, const char* end, JsonSkips* skips,
                                  int depth) noexcept {
    at = skip_json_space(at + 1, end);
    if (at != end && *at == ']') return at + 1;
    for (;; at = skip_json_space(at + 1, end)) {
      at = behind(at, end, skips, depth + 1);
      if (!at) return nullptr;
      at = skip_json_space(at, end);
      if (at == end) return nullptr;
      if (*at == ']') return at + 1;
      if (*at != ',') return nullptr;
    }
  }
};

}  // namespace hg::detail
