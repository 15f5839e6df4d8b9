#pragma once
// Whether a short text has one of a few bytes, 16 places at a time. Pure. [any]

#include <array>
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
    // Places that are not used yet hold the first byte once more.
    if (count_ == 0) blocks_.fill(block);
    blocks_[count_++] = block;
  }

  // REQUIRES: kPadding readable bytes behind the text, and one byte at least that was added.
  bool is_any_in(std::string_view text) const {
    return count_ <= kUsual ? is_any<kUsual>(text) : is_any<kCountMax>(text);
  }

 private:
  static constexpr std::size_t kUsual = 4;

  template <std::size_t kCount>
  unsigned places(const char* at) const {
    const SixteenBytes bytes = load_sixteen(at);
    SixteenFlags found = bytes == blocks_[0];
    for (std::size_t i = 1; i < kCount; ++i) found |= bytes == blocks_[i];
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

  std::array<SixteenBytes, kCountMax> blocks_{};
  std::size_t count_ = 0;
};

}  // namespace headgate
