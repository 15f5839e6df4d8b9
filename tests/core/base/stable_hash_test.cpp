#include "core/base/stable_hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace headgate {
namespace {

// Gateways of different versions share providers, and a restart must not move everybody's requests.
// The first is SplitMix64's first number of seed 0.
TEST(StableHash, IsWhatItAlwaysWas) {
  EXPECT_EQ(stable_hash(""), 0xe220a8397b1dcdafu);
  EXPECT_EQ(stable_hash("a"), 0x5e025f9ade9eaf3eu);
  EXPECT_EQ(stable_hash("primary"), 0x0e6942e8f13bc87au);
  EXPECT_EQ(stable_hash("user-0123456789"), 0x25ec9f22d907adddu);
}

TEST(StableHash, TellsShortTextsApart) {
  std::set<std::uint64_t> seen;
  std::string zeros;
  for (int i = 0; i < 40; ++i, zeros += '\0') seen.insert(stable_hash(zeros));
  for (int i = 0; i < 10'000; ++i) seen.insert(stable_hash("user-" + std::to_string(i)));
  EXPECT_EQ(seen.size(), 10'040u);
}

TEST(StableHash, EveryByteCounts) {
  const std::string text(37, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = '\xff';
    EXPECT_NE(stable_hash(other), stable_hash(text)) << i;
  }
}

// One bit of input changes half of the output's, on the mean.
TEST(StableHash, SpreadsEachBit) {
  int changed = 0;
  for (int bit = 0; bit < 64; ++bit)
    for (std::uint64_t i = 1; i <= 16; ++i)
      changed += __builtin_popcountll(mix_bits(i) ^ mix_bits(i ^ (std::uint64_t{1} << bit)));
  EXPECT_NEAR(changed / (64.0 * 16), 32, 1);
}

}  // namespace
}  // namespace headgate
