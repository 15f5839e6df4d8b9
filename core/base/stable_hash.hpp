#pragma once
// A hash that is the same in every process, on every machine and in every version: for choices on
// which several gateways must agree, or one before and after a restart. No secret is in it, so it
// is no protection: whoever wants two texts of one hash can make them. [any]

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate {

// Spreads every bit of the input over all of the output, one to one: the finalizer of SplitMix64
// (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
constexpr std::uint64_t mix_bits(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Eight bytes at a time, least significant first; the length goes in so that zeros at the end
// count.
inline std::uint64_t stable_hash(std::string_view text) {
  constexpr std::uint64_t kOddConstant = 0x9e3779b97f4a7c15u;
  std::uint64_t hash = mix_bits(text.size() + kOddConstant);
  while (!text.empty()) {
    const std::size_t bytes = text.size() < 8 ? text.size() : 8;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    hash = mix_bits((hash ^ word) + kOddConstant);
    text.remove_prefix(bytes);
  }
  return hash;
}

}  // namespace headgate
