#include "core/tracing/export_retry.hpp"

#include <gtest/gtest.h>

namespace headgate::tracing {
namespace {

using observe::SpanResult;

ExportStep after(int status, const ExportState& state = {}) {
  return after_export(ExportAnswer(status), state);
}

TEST(AfterExport, WhatWasTakenIsSent) {
  for (const int status : {200, 202, 204, 299}) {
    EXPECT_FALSE(after(status).again) << status;
    EXPECT_EQ(after(status).result, SpanResult::sent) << status;
    EXPECT_EQ(after(status).wait.count(), 0) << status;
  }
}

TEST(AfterExport, WhatTheProtocolNamesIsTriedAgain) {
  for (const int status : {0, 429, 502, 503, 504}) {
    EXPECT_TRUE(after(status).again) << status;
    EXPECT_EQ(after(status).wait, kFirstDelay) << status;
  }
}

TEST(AfterExport, NothingElseIsTriedAgain) {
  for (const int status : {300, 301, 400, 401, 403, 404, 408, 413, 415, 500, 501, 505, 599}) {
    EXPECT_FALSE(after(status).again) << status;
    EXPECT_EQ(after(status).result, SpanResult::refused) << status;
    EXPECT_EQ(after(status).wait.count(), 0) << status;
  }
}

TEST(AfterExport, DelaysGrowUpToABound) {
  ExportState state;
  for (const auto& [tries, seconds] : std::initializer_list<std::pair<std::uint32_t, int>>{
           {1, 1}, {2, 2}, {3, 4}, {5, 16}, {6, 30}, {7, 30}, {1000, 30}}) {
    state.tries = tries;
    EXPECT_EQ(after(503, state).wait, std::chrono::seconds(seconds)) << tries;
  }
}

TEST(AfterExport, JitterTakesAwayUpToHalf) {
  ExportState state;
  state.tries = 2;
  state.jitter = 0.5;
  EXPECT_EQ(after(503, state).wait, milliseconds(1500));
  state.jitter = 0.999;
  EXPECT_GT(after(503, state).wait, milliseconds(1000));
}

TEST(AfterExport, ACollectorSaysHowLongToWait) {
  ExportAnswer answer(429);
  answer.retry_after = milliseconds(7000);
  ExportState state;
  state.jitter = 0.9;
  EXPECT_TRUE(after_export(answer, state).again);
  EXPECT_EQ(after_export(answer, state).wait, milliseconds(7000));
  answer.retry_after = milliseconds(0);
  EXPECT_TRUE(after_export(answer, state).again);
  EXPECT_EQ(after_export(answer, state).wait, milliseconds(0));
}

TEST(AfterExport, AWaitThatIsTooLongGivesTheSpansUpAndIsKeptToItsBound) {
  ExportAnswer answer(503);
  answer.retry_after = std::chrono::hours(1);
  const ExportStep step = after_export(answer, ExportState());
  EXPECT_FALSE(step.again);
  EXPECT_EQ(step.result, SpanResult::unreachable);
  EXPECT_EQ(step.wait, kGiveUpAfter);
}

TEST(AfterExport, SpansAreGivenUpInTheEnd) {
  ExportState state;
  state.elapsed = kGiveUpAfter - kFirstDelay;
  EXPECT_TRUE(after(0, state).again);
  state.elapsed += milliseconds(1);
  EXPECT_FALSE(after(0, state).again);
  EXPECT_EQ(after(0, state).result, SpanResult::unreachable);
  EXPECT_GT(after(0, state).wait.count(), 0);  // the next export is not sent at once
}

TEST(AfterExport, AtTheEndThereIsOneTry) {
  ExportState state;
  state.ending = true;
  EXPECT_FALSE(after(503, state).again);
  EXPECT_EQ(after(503, state).wait.count(), 0);
  EXPECT_EQ(after(503, state).result, SpanResult::unreachable);
  EXPECT_EQ(after(200, state).result, SpanResult::sent);
}

TEST(RejectedSpans, AreReadAsTheCollectorWritesThem) {
  EXPECT_EQ(rejected_spans(""), 0u);
  EXPECT_EQ(rejected_spans("{}"), 0u);
  EXPECT_EQ(rejected_spans(R"({"partialSuccess":{}})"), 0u);
  EXPECT_EQ(rejected_spans(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}})"), 3u);
  EXPECT_EQ(rejected_spans(R"({"partialSuccess": {"rejectedSpans" : 12}})"), 12u);
  EXPECT_EQ(rejected_spans(R"({"rejectedSpans")"), 0u);
  EXPECT_EQ(rejected_spans(R"({"rejectedSpans":"x"})"), 0u);
}

}  // namespace
}  // namespace headgate::tracing
