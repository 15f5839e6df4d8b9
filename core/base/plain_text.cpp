#include "core/base/plain_text.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace headgate {
namespace {

template <std::size_t kWidth>
struct Vector;
template <>
struct Vector<16> {
  using Bytes __attribute__((vector_size(16))) = std::uint8_t;
  using Signed __attribute__((vector_size(16))) = std::int8_t;
};
template <>
struct Vector<32> {
  using Bytes __attribute__((vector_size(32))) = std::uint8_t;
  using Signed __attribute__((vector_size(32))) = std::int8_t;
};

// Always inlined: a vector that is wider than the processor of the whole program has must not be
// handed from one function to another.
template <std::size_t kWidth, class Numbers>
[[gnu::always_inline]] inline bool is_plain_step(const char* text) {
  // All bits are set where a byte is odd.
  typename Vector<kWidth>::Signed odd{};
  for (std::size_t at = 0; at < kPlainStep; at += kWidth) {
    Numbers bytes;
    std::memcpy(&bytes, text + at, kWidth);
    odd |= (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
  }
  std::array<std::uint64_t, kWidth / 8> words;
  std::memcpy(words.data(), &odd, kWidth);
  std::uint64_t any = 0;
  for (const std::uint64_t word : words) any |= word;
  return any == 0;
}

template <std::size_t kWidth, class Numbers>
[[gnu::always_inline]] inline std::size_t steps_of(const char* text, std::size_t bytes) {
  std::size_t done = 0;
  while (bytes - done >= kPlainStep && is_plain_step<kWidth, Numbers>(text + done))
    done += kPlainStep;
  return done;
}

// As signed numbers those that are not ASCII are below 0.
std::size_t ascii_steps(const char* text, std::size_t bytes) {
  return steps_of<16, Vector<16>::Signed>(text, bytes);
}
std::size_t any_steps(const char* text, std::size_t bytes) {
  return steps_of<16, Vector<16>::Bytes>(text, bytes);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::size_t wide_ascii_steps(const char* text, std::size_t bytes) {
  return steps_of<32, Vector<32>::Signed>(text, bytes);
}
[[gnu::target("avx2")]] std::size_t wide_any_steps(const char* text, std::size_t bytes) {
  return steps_of<32, Vector<32>::Bytes>(text, bytes);
}
#endif

}  // namespace

std::size_t plain_steps(const char* text, std::size_t bytes, NonAscii non_ascii) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) {
    return non_ascii == NonAscii::odd ? wide_ascii_steps(text, bytes) : wide_any_steps(text, bytes);
  }
#endif
  return non_ascii == NonAscii::odd ? ascii_steps(text, bytes) : any_steps(text, bytes);
}

}  // namespace headgate
