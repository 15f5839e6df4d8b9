#pragma once
// Whether a short text has one of a few bytes: 16 places at a time where the processor has SSE2, as
// every x86-64 does; one at a time elsewhere. Pure. [any]

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace headgate {

class FewBytes {
 public:
  static constexpr std::size_t kCountMax = 6;
  // How far behind a text it may read, as into the padding of a ReadBuffer.
  static constexpr std::size_t kPadding = 16;

  // REQUIRES: it has less than kCountMax others.
  void add(char byte) {
    if (std::string_view(bytes_.data(), count_).find(byte) != std::string_view::npos) return;
    const Block block = Block{} + static_cast<std::int8_t>(byte);
    // Places that are not used yet hold the first byte once more.
    if (count_ == 0) blocks_.fill(block);
    blocks_[count_] = block;
    bytes_[count_++] = byte;
  }

  // REQUIRES: kPadding readable bytes behind the text, and one byte at least that was added.
  bool is_any_in(std::string_view text) const {
#if defined(__SSE2__)
    return count_ <= kUsual ? is_any<kUsual>(text) : is_any<kCountMax>(text);
#else
    return text.find_first_of(std::string_view(bytes_.data(), count_)) != std::string_view::npos;
#endif
  }

 private:
  // The compiler makes vector instructions of this type.
  using Block __attribute__((vector_size(16))) = std::int8_t;

#if defined(__SSE2__)
  static constexpr std::size_t kUsual = 4;

  template <std::size_t kCount>
  unsigned places(const char* at) const {
    Block block;
    std::memcpy(&block, at, sizeof(block));
    auto any = block == blocks_[0];
    for (std::size_t i = 1; i < kCount; ++i) any |= block == blocks_[i];
    __m128i mask;
    std::memcpy(&mask, &any, sizeof(mask));
    return static_cast<unsigned>(_mm_movemask_epi8(mask));
  }

  template <std::size_t kCount>
  bool is_any(std::string_view text) const {
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > sizeof(Block); left -= sizeof(Block), at += sizeof(Block))
      if (places<kCount>(at) != 0) return true;
    // The bytes behind the text do not count.
    return (places<kCount>(at) & ((1U << left) - 1)) != 0;
  }
#endif

  std::array<Block, kCountMax> blocks_{};
  std::array<char, kCountMax> bytes_{};
  std::size_t count_ = 0;
};

}  // namespace headgate
