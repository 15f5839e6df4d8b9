#include "core/base/trim.hpp"

#include <gtest/gtest.h>

namespace headgate {
namespace {

TEST(Trimmed, TakesWhiteSpaceOffBothEndsOnly) {
  EXPECT_EQ(trimmed(" \t\r\na b\n "), "a b");
  EXPECT_EQ(trimmed("a"), "a");
}

TEST(Trimmed, LeavesNothingOfWhiteSpaceAlone) {
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" \t "), "");
}

TEST(Trimmed, KeepsWhatIsNoSpaceToTheCaller) {
  EXPECT_EQ(trimmed(" a\n", " \t"), "a\n");
}

}  // namespace
}  // namespace headgate
