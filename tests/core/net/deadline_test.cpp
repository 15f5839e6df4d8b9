#include "core/net/deadline.hpp"

#include <vector>

#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class DeadlineTest : public NetTest {
 protected:
  std::function<void()> note(int what) {
    return [this, what] { fired.push_back(what); };
  }
  std::vector<int> fired;
};

TEST_F(DeadlineTest, FiresAtItsTimeAndNotBefore) {
  Deadline deadline(sweep, note(1));
  deadline.arm_after(milliseconds(1003));
  advance(milliseconds(1002));
  EXPECT_TRUE(fired.empty());
  EXPECT_FALSE(deadline.expired());
  advance(milliseconds(1));
  EXPECT_EQ(fired, std::vector<int>{1});
  EXPECT_TRUE(deadline.expired());
  EXPECT_FALSE(deadline.armed());
  advance(seconds(60));
  EXPECT_EQ(fired.size(), 1u);
}

TEST_F(DeadlineTest, IsPostponedByArmingItAgain) {
  Deadline deadline(sweep, note(1));
  deadline.arm_after(seconds(1));
  advance(milliseconds(900));
  deadline.arm_after(seconds(1));
  advance(milliseconds(999));
  EXPECT_TRUE(fired.empty());
  advance(milliseconds(1));
  EXPECT_EQ(fired.size(), 1u);
}

TEST_F(DeadlineTest, IsHastenedByArmingItForEarlier) {
  Deadline deadline(sweep, note(1));
  deadline.arm_after(seconds(60));
  deadline.arm_after(milliseconds(50));
  advance(milliseconds(50));
  EXPECT_EQ(fired.size(), 1u);
  advance(seconds(60));
  EXPECT_EQ(fired.size(), 1u);
}

TEST_F(DeadlineTest, DoesNotFireWhenDisarmed) {
  Deadline deadline(sweep, note(1));
  deadline.arm_after(seconds(1));
  deadline.disarm();
  advance(seconds(2));
  EXPECT_TRUE(fired.empty());
  EXPECT_FALSE(deadline.expired());
  EXPECT_EQ(sweep.linked(), 0u);
}

TEST_F(DeadlineTest, CanBeArmedAgainAfterItWasDisarmedInItsSlot) {
  Deadline deadline(sweep, note(1));
  deadline.arm_after(seconds(1));
  deadline.disarm();
  deadline.arm_after(seconds(3));
  advance(seconds(1));
  EXPECT_TRUE(fired.empty());
  advance(seconds(2));
  EXPECT_EQ(fired.size(), 1u);
}

TEST_F(DeadlineTest, FiresAtOnceWhenItsTimeIsPast) {
  Deadline deadline(sweep, note(1));
  deadline.arm(clock.now() - hours(1));
  EXPECT_TRUE(fired.empty());  // from the loop, never from arm()
  advance(seconds(0));
  EXPECT_EQ(fired.size(), 1u);
}

TEST_F(DeadlineTest, HoldsTimesBeyondATurnOfTheWheel) {
  Deadline far(sweep, note(100));
  Deadline near(sweep, note(1));
  far.arm_after(seconds(100));
  near.arm_after(seconds(1));
  for (int i = 0; i < 990; ++i) advance(milliseconds(101));  // 99.99 s
  EXPECT_EQ(fired, std::vector<int>{1});
  advance(milliseconds(10));
  EXPECT_EQ(fired, (std::vector<int>{1, 100}));
}

TEST_F(DeadlineTest, FiresAllThatCameDueWhileTheLoopStoodStill) {
  std::vector<std::unique_ptr<Deadline>> deadlines;
  for (int i = 0; i < 1000; ++i) {
    deadlines.push_back(std::make_unique<Deadline>(sweep, note(i)));
    deadlines.back()->arm_after(milliseconds(37 * i));
  }
  clock.advance(hours(2));
  EXPECT_EQ(sweep.expire(clock.now()), 1000u);
  EXPECT_EQ(fired.size(), 1000u);
}

TEST_F(DeadlineTest, MayDestroyOrPostponeOthersThatAreDueInTheSameSweep) {
  auto victim = std::make_unique<Deadline>(sweep, note(2));
  Deadline postponed(sweep, note(3));
  Deadline disarmed(sweep, note(4));
  Deadline killer(sweep, [&] {
    fired.push_back(1);
    victim.reset();
    postponed.arm_after(seconds(1));
    disarmed.disarm();
  });
  for (Deadline* each : {&killer, victim.get(), &postponed, &disarmed}) {
    each->arm_after(milliseconds(100));
  }
  advance(milliseconds(100));
  EXPECT_EQ(fired, std::vector<int>{1});
  advance(seconds(1));
  EXPECT_EQ(fired, (std::vector<int>{1, 3}));
}

TEST_F(DeadlineTest, MayDestroyItselfOrArmItselfAgain) {
  std::unique_ptr<Deadline> gone;
  gone = std::make_unique<Deadline>(sweep, [&gone] { gone.reset(); });
  gone->arm_after(milliseconds(10));
  int rounds = 0;
  Deadline again(sweep, [&] {
    if (++rounds < 3) again.arm_after(milliseconds(10));
  });
  again.arm_after(milliseconds(10));
  for (int i = 0; i < 5; ++i) advance(milliseconds(10));
  EXPECT_EQ(gone, nullptr);
  EXPECT_EQ(rounds, 3);
}

TEST_F(DeadlineTest, LetsTheLoopEndWhenNoneIsLeft) {
  {
    Deadline deadline(sweep, note(1));
    deadline.arm_after(hours(1));
  }
  loop.run();  // returns: the timer does not run any more
  EXPECT_TRUE(fired.empty());
}

TEST_F(DeadlineTest, IsFiredByTheTimerOfTheLoop) {
  RealClock real;
  DeadlineSweep real_sweep(loop, real);
  Deadline later(real_sweep, note(2));
  Deadline sooner(real_sweep, note(1));
  later.arm_after(milliseconds(30));
  sooner.arm_after(milliseconds(1));
  run_until([this] { return fired.size() == 2; });
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
}

TEST_F(DeadlineTest, LetsATaskSleep) {
  bool awake = false;
  spawn(loop, store(sleep_until(sweep, clock.now() + seconds(5)), awake));
  settle();
  advance(milliseconds(4999));
  settle();
  EXPECT_FALSE(awake);
  advance(milliseconds(1));
  settle();
  EXPECT_TRUE(awake);
}

}  // namespace
}  // namespace headgate::net
