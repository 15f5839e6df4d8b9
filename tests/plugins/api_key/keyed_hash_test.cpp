#include "policies/api_key/keyed_hash.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace headgate_api_key {
namespace {

std::string hex(const Tag& tag) {
  std::string out;
  for (std::size_t i = 0; i < sizeof(tag); ++i) {
    const std::uint64_t byte = tag[i / 8] >> (8 * (i % 8)) & 0xff;
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

// From `openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 SIPHASH`.
TEST(KeyedHash, IsSipHashOf128Bits) {
  const KeyedHash hash({0x0706050403020100, 0x0f0e0d0c0b0a0908});
  std::string text;
  for (int i = 0; i < 63; ++i) text += static_cast<char>(i);
  for (const auto& [size, expected] :
       {std::pair<std::size_t, const char*>{0, "A3817F04BA25A8E66DF67214C7550293"},
        {1, "DA87C1D86B99AF44347659119B22FC45"},
        {7, "A1F1EBBED8DBC153C0B84AA61FF08239"},
        {8, "3B62A9BA6258F5610F83E264F31497B4"},
        {15, "5493E99933B0A8117E08EC0F97CFC3D9"},
        {16, "6EE2A4CA67B054BBFD3315BF85230577"},
        {63, "5150D1772F50834A503E069A973FBD7C"}}) {
    EXPECT_EQ(hex(hash(std::string_view(text).substr(0, size))), expected) << size;
  }
}

TEST(KeyedHash, SaysSomethingElseUnderEachSecret) {
  const Tag one = KeyedHash({1, 2})("key");
  EXPECT_NE(one, KeyedHash({1, 3})("key"));
  EXPECT_NE(one, KeyedHash({2, 2})("key"));
}

}  // namespace
}  // namespace headgate_api_key
