#include "core/plugin/running.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "core/plugin/watchdog.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

using std::chrono::milliseconds;

TEST(RunningGuard, NamesPluginAndCallbackForAsLongAsItRuns) {
  EXPECT_EQ(running_here().plugin_id, nullptr);
  {
    FakeCall call;
    const Running running("acme", "build", &call);
    EXPECT_STREQ(running_here().plugin_id, "acme");
    EXPECT_STREQ(running_here().callback, "build");
    EXPECT_EQ(call_here(), &call);
  }
  EXPECT_EQ(running_here().plugin_id, nullptr);
  EXPECT_EQ(call_here(), nullptr);
}

TEST(RunningGuard, PublishesToTheSlotOfTheWorker) {
  RunningSlots slots(2);
  std::thread([&slots] {
    slots.bind(1);
    const Running running("acme", "build", nullptr);
    EXPECT_STREQ(slots.slots()[1].read().plugin_id, "acme");
    EXPECT_EQ(slots.slots()[0].read().plugin_id, nullptr);
    EXPECT_STREQ(running_here().plugin_id, "acme");
  }).join();
  EXPECT_EQ(slots.slots()[1].read().plugin_id, nullptr);
  EXPECT_EQ(running_here().plugin_id, nullptr) << "another thread's";
}

TEST(RunningGuard, TellsTwoCallbacksOfOnePluginApart) {
  RunningSlot slot;
  slot.enter("acme", "build");
  const std::uint64_t first = slot.read().sequence;
  slot.leave();
  slot.enter("acme", "build");
  EXPECT_NE(slot.read().sequence, first);
}

class WatchdogTest : public ::testing::Test {
 protected:
  RunningSlot& slot(std::size_t worker) { return const_cast<RunningSlot&>(slots.slots()[worker]); }

  RunningSlots slots{2};
  Watchdog watchdog{slots};
  const TimePoint start{milliseconds(1000)};
};

TEST_F(WatchdogTest, ReportsACallbackThatRunsForTenMilliseconds) {
  slot(1).enter("acme", "on_event");
  EXPECT_TRUE(watchdog.check(start).empty());
  EXPECT_TRUE(watchdog.check(start + milliseconds(9)).empty());
  const std::vector<StuckCallback> stuck = watchdog.check(start + milliseconds(10));
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].worker, 1u);
  EXPECT_STREQ(stuck[0].plugin_id, "acme");
  EXPECT_STREQ(stuck[0].callback, "on_event");
  EXPECT_EQ(stuck[0].at_least, milliseconds(10));
  EXPECT_EQ(describe(stuck[0]), "acme: on_event holds up worker 1 for at least 10 ms");
}

TEST_F(WatchdogTest, ReportsAgainOnlyWhenItTookTenTimesAsLong) {
  slot(0).enter("acme", "on_event");
  watchdog.check(start);
  EXPECT_EQ(watchdog.check(start + milliseconds(10)).size(), 1u);
  EXPECT_TRUE(watchdog.check(start + milliseconds(99)).empty());
  EXPECT_EQ(watchdog.check(start + milliseconds(100)).size(), 1u);
  EXPECT_TRUE(watchdog.check(start + milliseconds(999)).empty());
  EXPECT_EQ(watchdog.check(start + milliseconds(1000)).size(), 1u);
}

TEST_F(WatchdogTest, DoesNotTakeManyShortCallbacksForALongOne) {
  for (int i = 0; i < 5; ++i) {
    slot(0).enter("acme", "on_event");
    EXPECT_TRUE(watchdog.check(start + i * milliseconds(20)).empty());
    slot(0).leave();
  }
}

TEST_F(WatchdogTest, BeginsAnewAfterAnIdleLook) {
  slot(0).enter("acme", "on_event");
  watchdog.check(start);
  slot(0).leave();
  EXPECT_TRUE(watchdog.check(start + milliseconds(50)).empty());
  slot(0).enter("acme", "on_event");
  EXPECT_TRUE(watchdog.check(start + milliseconds(60)).empty());
  EXPECT_EQ(watchdog.check(start + milliseconds(70)).size(), 1u);
}

TEST_F(WatchdogTest, LooksAtEveryWorker) {
  slot(0).enter("acme", "build");
  slot(1).enter("other", "sign");
  watchdog.check(start);
  EXPECT_EQ(watchdog.check(start + milliseconds(10)).size(), 2u);
}

}  // namespace
}  // namespace headgate::plugin
