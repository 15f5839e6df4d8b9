#include "sha256.hpp"

#include <cmath>
#include <string>

namespace hg::testing {
namespace {

std::uint32_t rotate(std::uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

// The first 32 bits of the fractional part of the square or cube roots of the first primes.
template <std::size_t N>
std::array<std::uint32_t, N> root_constants(bool cube) {
  std::array<std::uint32_t, N> out{};
  std::size_t count = 0;
  for (unsigned candidate = 2; count < N; ++candidate) {
    bool prime = true;
    for (unsigned divisor = 2; divisor * divisor <= candidate; ++divisor)
      prime = prime && candidate % divisor != 0;
    if (!prime) continue;
    const long double root = cube ? std::cbrt(static_cast<long double>(candidate))
                                  : std::sqrt(static_cast<long double>(candidate));
    const long double fraction = root - std::floor(root);
    out[count++] = static_cast<std::uint32_t>(fraction * 4294967296.0L);
  }
  return out;
}

void compress(std::array<std::uint32_t, 8>& state, const unsigned char* block) {
  static const std::array<std::uint32_t, 64> kRound = root_constants<64>(true);
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = static_cast<std::uint32_t>(block[i * 4]) << 24 |
           static_cast<std::uint32_t>(block[i * 4 + 1]) << 16 |
           static_cast<std::uint32_t>(block[i * 4 + 2]) << 8 | block[i * 4 + 3];
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const std::uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
    const std::uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += added[i];
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
  std::string padded(bytes);
  padded.push_back(static_cast<char>(0x80));
  while (padded.size() % 64 != 56) padded.push_back('\0');
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded.push_back(static_cast<char>(bits >> shift));

  std::array<std::uint32_t, 8> state = root_constants<8>(false);
  for (std::size_t at = 0; at < padded.size(); at += 64)
    compress(state, reinterpret_cast<const unsigned char*>(padded.data()) + at);

  std::array<std::uint8_t, 32> out{};
  for (std::size_t i = 0; i < 32; ++i)
    out[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string block(key);
  if (block.size() > 64) {
    const auto hashed = sha256(key);
    block.assign(hashed.begin(), hashed.end());
  }
  block.resize(64, '\0');
  std::string inner;
  std::string outer;
  for (const char c : block) {
    inner.push_back(static_cast<char>(c ^ 0x36));
    outer.push_back(static_cast<char>(c ^ 0x5C));
  }
  inner += bytes;
  const auto hashed = sha256(inner);
  outer.append(hashed.begin(), hashed.end());
  return sha256(outer);
}

}  // namespace hg::testing
