#include "core/base/hex.hpp"

#include <gtest/gtest.h>

#include <array>

namespace headgate {
namespace {

TEST(Hexadecimal, HasTwoLowerCaseDigitsForEachByte) {
  constexpr std::array<unsigned char, 4> kBytes{0x00, 0x0f, 0xa0, 0xff};
  EXPECT_EQ(hexadecimal(kBytes), "000fa0ff");
}

TEST(Hexadecimal, OfNothingIsNothing) {
  EXPECT_EQ(hexadecimal({}), "");
}

}  // namespace
}  // namespace headgate
