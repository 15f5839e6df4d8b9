#include "core/base/sixteen_bytes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace headgate {
namespace {

TEST(SixteenBytes, HaveABitForEachPlaceTheFirstLowest) {
  for (std::size_t at = 0; at < 16; ++at) {
    std::string text(16, 'a');
    text[at] = 'b';
    const SixteenFlags found = load_sixteen(text.data()) == 'b';
    EXPECT_EQ(places_of(found), 1U << at);
    EXPECT_TRUE(any(found));
  }
  EXPECT_EQ(places_of(SixteenFlags{}), 0u);
  EXPECT_FALSE(any(SixteenFlags{}));
}

TEST(SixteenBytes, AsSignedNumbersAreBelowZeroWhereTheyAreNotAscii) {
  const std::string text = "0123456789abcde\xc3";
  EXPECT_EQ(places_of(load_sixteen<SixteenSigned>(text.data()) < 0), 0x8000u);
}

TEST(SixteenBytes, TellControlsFromTheRest) {
  const std::string text(
      "\0a\x1f \t~\x7f\x80\xff"
      "1234567",
      16);
  EXPECT_EQ(places_of(controls_among(load_sixteen(text.data()))), 0b1010101u);
}

}  // namespace
}  // namespace headgate
