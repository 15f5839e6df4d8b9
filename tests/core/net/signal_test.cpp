#include "core/net/signal.hpp"

#include <memory>

#include "tests/core/net/net_test.hpp"

namespace headgate::net {
namespace {

class SignalTest : public NetTest {};

Task<void> wait_times(Signal& signal, int times, int& woken) {
  for (int i = 0; i < times; ++i) {
    co_await signal.wait();
    ++woken;
  }
}

// The signal lives in the task that waits for it, and so does a token that tells when it is gone.
Task<void> wait_for_ever(IoContext& io, std::shared_ptr<int> token) {
  Signal signal(io);
  co_await signal.wait();
  *token = 1;
}

TEST_F(SignalTest, WakesTheTaskThatWaits) {
  Signal signal(loop);
  int woken = 0;
  spawn(loop, wait_times(signal, 1, woken));
  settle();
  EXPECT_EQ(woken, 0);
  signal.notify();
  EXPECT_EQ(woken, 0);  // from the loop, not from within notify()
  settle();
  EXPECT_EQ(woken, 1);
}

TEST_F(SignalTest, RemembersOneNotificationThatComesFirst) {
  Signal signal(loop);
  signal.notify();
  signal.notify();
  int woken = 0;
  spawn(loop, wait_times(signal, 2, woken));
  settle();
  EXPECT_EQ(woken, 1);
  signal.notify();
  settle();
  EXPECT_EQ(woken, 2);
}

TEST_F(SignalTest, TaskThatStillWaitsIsDestroyedWithTheLoop) {
  auto token = std::make_shared<int>(0);
  spawn(loop, wait_for_ever(loop, token));
  settle();
  EXPECT_EQ(token.use_count(), 2);
  loop.destroy_tasks();
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(*token, 0);
}

}  // namespace
}  // namespace headgate::net
