#include "core/base/ascii.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

TEST(Ascii, LosesItsCaseAndNothingElse) {
  EXPECT_EQ(lowered("X-Api-Key [@Z`{\xC3\x84"), "x-api-key [@z`{\xC3\x84");
}

TEST(Ascii, IsComparedWithoutItsCase) {
  EXPECT_TRUE(equal_ignoring_case("A.b", "a.B"));
  EXPECT_FALSE(equal_ignoring_case("a.b", "a.bc"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

}  // namespace
}  // namespace headgate
