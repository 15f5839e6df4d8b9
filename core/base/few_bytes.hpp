#pragma once
// Whether a short text has a control byte (below 0x20) or one of a few others, 16 places at a time.
// Pure. [any]

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/sixteen_bytes.hpp"

namespace headgate {

class FewBytes {
 public:
  static constexpr std::size_t kCountMax = 6;
  // How far behind a text it may read, as into the padding of a ReadBuffer.
  static constexpr std::size_t kPadding = 16;

  // REQUIRES: it has less than kCountMax others.
  void add(char byte) {
    const SixteenBytes block = SixteenBytes{} + static_cast<std::uint8_t>(byte);
    for (std::size_t i = 0; i < count_; ++i)
      if (!any(blocks_[i] != block)) return;
    blocks_[count_++] = block;
  }

  // Where the first of them is; text.size() if there is none. REQUIRES: kPadding readable bytes
  // behind the text.
  std::size_t find_in(std::string_view text) const {
    return count_ <= kUsual ? find<kUsual>(text) : find<kCountMax>(text);
  }

  // REQUIRES: the same.
  bool is_any_in(std::string_view text) const {
    return count_ <= kUsual ? is_any<kUsual>(text) : is_any<kCountMax>(text);
  }

 private:
  static constexpr std::size_t kUsual = 3;

  template <std::size_t kCount>
  unsigned places(const char* at) const {
    const SixteenBytes bytes = load_sixteen(at);
    SixteenFlags found = bytes < 0x20;
    // Those that are not used yet are NUL, which is a control byte.
    for (std::size_t i = 0; i < kCount; ++i) found |= bytes == blocks_[i];
    return places_of(found);
  }

  template <std::size_t kCount>
  bool is_any(std::string_view text) const {
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > sizeof(SixteenBytes); left -= sizeof(SixteenBytes), at += sizeof(SixteenBytes))
      if (places<kCount>(at) != 0) return true;
    // The bytes behind the text do not count.
    return (places<kCount>(at) & ((1U << left) - 1)) != 0;
  }

  template <std::size_t kCount>
  std::size_t find(std::string_view text) const {
    for (std::size_t at = 0; at < text.size(); at += sizeof(SixteenBytes)) {
      const unsigned found = places<kCount>(text.data() + at);
      if (found == 0) continue;
      const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(found));
      return place < text.size() ? place : text.size();
    }
    return text.size();
  }

  std::array<SixteenBytes, kCountMax> blocks_{};
  std::size_t count_ = 0;
};

}  // namespace headgate
