#include "core/exchange/commit_gate.hpp"

#include <gtest/gtest.h>
#include <headgate/stream.h>

namespace headgate::exchange {
namespace {

using Decision = CommitGate::Decision;

TEST(CommitGate, HoldsLifecycleEventsAndOpensAtTheFirstMeaningfulOne) {
  CommitGate gate;
  EXPECT_EQ(gate.on_event(HG_EVENT_LIFECYCLE, 100), Decision::hold);
  EXPECT_EQ(gate.on_event(0, 100), Decision::hold);
  EXPECT_FALSE(gate.open());
  EXPECT_EQ(gate.on_event(HG_EVENT_MEANINGFUL, 100), Decision::commit);
  EXPECT_TRUE(gate.open());
  EXPECT_EQ(gate.on_event(HG_EVENT_LIFECYCLE, 100), Decision::commit);
}

TEST(CommitGate, FailsOnAnErrorBeforeItOpens) {
  CommitGate gate;
  EXPECT_EQ(gate.on_event(HG_EVENT_LIFECYCLE, 10), Decision::hold);
  EXPECT_EQ(gate.on_event(HG_EVENT_ERROR, 10), Decision::fail);
}

TEST(CommitGate, OpensForToolCallsAndForAnAnswerThatEndsWithoutText) {
  CommitGate tool;
  EXPECT_EQ(tool.on_event(HG_EVENT_TOOL, 1), Decision::commit);
  CommitGate final;
  EXPECT_EQ(final.on_event(HG_EVENT_FINAL, 1), Decision::commit);
}

TEST(CommitGate, HoldsAtMostSoManyEventsAndBytes) {
  CommitGate events;
  for (std::size_t i = 1; i < CommitGate::kEventsMax; ++i)
    ASSERT_EQ(events.on_event(HG_EVENT_LIFECYCLE, 1), Decision::hold) << i;
  EXPECT_EQ(events.on_event(HG_EVENT_LIFECYCLE, 1), Decision::commit);

  CommitGate bytes;
  EXPECT_EQ(bytes.on_event(HG_EVENT_LIFECYCLE, CommitGate::kBytesMax - 1), Decision::hold);
  EXPECT_EQ(bytes.on_event(HG_EVENT_LIFECYCLE, 1), Decision::commit);
}

TEST(CommitGate, TakesAnEndWithoutAnyAnswerForAFailure) {
  CommitGate gate;
  gate.on_event(HG_EVENT_LIFECYCLE, 1);
  EXPECT_EQ(gate.on_end(), Decision::fail);
  gate.on_event(HG_EVENT_END, 1);
  EXPECT_EQ(gate.on_end(), Decision::commit);
}

}  // namespace
}  // namespace headgate::exchange
