#include "core/observe/span_queue.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/observe/tracer.hpp"

namespace headgate::observe {
namespace {

using Added = SpanQueue::Added;

SpanQueueOptions options(std::size_t spans_max, std::size_t bytes_max, std::size_t batch_spans,
                         std::size_t batch_bytes) {
  SpanQueueOptions made;
  made.spans_max = spans_max;
  made.bytes_max = bytes_max;
  made.batch_spans = batch_spans;
  made.batch_bytes = batch_bytes;
  return made;
}

TEST(SpanQueue, GivesWhatItTookInOrderWithCommas) {
  SpanQueue queue{SpanQueueOptions()};
  EXPECT_EQ(queue.add("a", 1), Added::first);
  EXPECT_EQ(queue.add("b,c", 2), Added::waits);
  EXPECT_FALSE(queue.empty());
  const SpanBatch batch = queue.take();
  EXPECT_EQ(batch.text, "a,b,c");
  EXPECT_EQ(batch.spans, 3u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take().spans, 0u);
  EXPECT_EQ(queue.add("d", 1), Added::first);
}

TEST(SpanQueue, HoldsNoMoreSpansThanItMay) {
  SpanQueue queue(options(3, 1000, 100, 1000));
  EXPECT_EQ(queue.add("a", 2), Added::first);
  EXPECT_EQ(queue.add("b", 2), Added::dropped);
  EXPECT_EQ(queue.add("c", 1), Added::waits);
  EXPECT_EQ(queue.add("d", 1), Added::dropped);
  EXPECT_EQ(queue.take().text, "a,c");
  EXPECT_EQ(queue.add("e", 3), Added::first);
}

TEST(SpanQueue, HoldsNoMoreBytesThanItMay) {
  SpanQueue queue(options(100, 4, 100, 1000));
  EXPECT_EQ(queue.add("aaaaa", 1), Added::dropped);
  EXPECT_EQ(queue.add("aaa", 1), Added::first);
  EXPECT_EQ(queue.add("bb", 1), Added::dropped);
  EXPECT_EQ(queue.add("b", 1), Added::waits);
  EXPECT_EQ(queue.take().text, "aaa,b");
  EXPECT_EQ(queue.add("aaaa", 1), Added::first);
}

TEST(SpanQueue, ABatchIsBoundedInSpans) {
  SpanQueue queue(options(100, 1000, 3, 1000));
  EXPECT_EQ(queue.add("a", 2), Added::first);
  EXPECT_EQ(queue.add("b", 2), Added::batch_ready);
  EXPECT_EQ(queue.add("c", 1), Added::waits);
  EXPECT_EQ(queue.take().text, "a");
  EXPECT_EQ(queue.take().text, "b,c");
  EXPECT_EQ(queue.add("more than a batch", 7), Added::batch_ready);
  EXPECT_EQ(queue.take().spans, 7u);
}

TEST(SpanQueue, ABatchIsBoundedInBytes) {
  SpanQueue queue(options(100, 1000, 100, 5));
  queue.add("aa", 1);
  EXPECT_EQ(queue.add("bbb", 1), Added::batch_ready);
  EXPECT_EQ(queue.take().text, "aa");  // the comma is a byte, too
  EXPECT_EQ(queue.take().text, "bbb");
  queue.add("aa", 1);
  queue.add("bb", 1);
  EXPECT_EQ(queue.take().text, "aa,bb");
  queue.add("longer than a batch", 1);
  EXPECT_EQ(queue.take().text, "longer than a batch");
}

TEST(SpanQueue, LosesNothingBetweenThreads) {
  constexpr std::size_t kEach = 2000;
  SpanQueue queue(options(1'000'000, 100'000'000, 64, 100'000));
  std::vector<std::jthread> workers;
  for (int i = 0; i < 2; ++i) {
    workers.emplace_back([&queue] {
      for (std::size_t n = 0; n < kEach; ++n) queue.add("x", 1);
    });
  }
  std::size_t taken = 0;
  while (taken < 2 * kEach) taken += queue.take().spans;
  EXPECT_EQ(taken, 2 * kEach);
  EXPECT_TRUE(queue.empty());
}

TEST(Tracer, CountsWhatFoundNoRoomAndSaysWhatIsToBeSent) {
  MetricRegistry registry(1);
  GatewayMetrics metrics(registry, "1");
  EXPECT_EQ(registry.render().find("headgate_trace_spans_total{"), std::string::npos);
  Tracer tracer(Sampling(), SpanFields(), options(4, 1000, 3, 1000), metrics);
  std::vector<bool> told;
  tracer.on_waiting = [&told](bool now) { told.push_back(now); };
  tracer.submit("a", 1);
  tracer.submit("b", 1);
  tracer.submit("c", 2);
  tracer.submit("d", 2);
  EXPECT_EQ(told, (std::vector<bool>{false, true}));
  EXPECT_NE(registry.render().find("headgate_trace_spans_total{result=\"queue_full\"} 2"),
            std::string::npos)
      << registry.render();
}

}  // namespace
}  // namespace headgate::observe
