#include <gtest/gtest.h>

#include <headgate/duration.hpp>

namespace {

using std::chrono::milliseconds;

TEST(Duration, ReadsWhatUsersWrite) {
  EXPECT_EQ(hg::duration("500ms"), milliseconds(500));
  EXPECT_EQ(hg::duration("10s"), milliseconds(10'000));
  EXPECT_EQ(hg::duration("1m30s"), milliseconds(90'000));
  EXPECT_EQ(hg::duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(hg::duration("1h2m3s4ms"), milliseconds(3'723'004));
  EXPECT_EQ(hg::duration("0s"), milliseconds(0));
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* none : {"", "5", "s", "1 s", "-1s", "1.5s", "30s1m", "1s1s", "1d", "1sx", " 1s",
                           "1001h", "99999999999999999999ms"})
    EXPECT_FALSE(hg::duration(none)) << none;
}

}  // namespace
