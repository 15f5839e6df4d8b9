#pragma once
// Spans that wait to be sent, bounded in number and bytes: what does not fit is dropped at once, so
// that a collector that is slow or gone costs memory up to a bound and no request any time. [any]
//
// A mutex and not a queue per worker: only requests that are recorded take it, once, at their end,
// for the time of moving a text.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace headgate::observe {

struct SpanQueueOptions {
  // That wait at a time.
  std::size_t spans_max = 8192;
  std::size_t bytes_max = 8 * 1024 * 1024;
  // Of one export. At least one request's spans are in it, whatever their size.
  std::size_t batch_spans = 512;
  std::size_t batch_bytes = 1024 * 1024;
};

// Spans of one export.
struct SpanBatch {
  std::string text;  // with commas between them; empty when there are none
  std::size_t spans = 0;
};

class SpanQueue {
 public:
  explicit SpanQueue(SpanQueueOptions options) : options_(options) {}

  enum class Added : std::uint8_t {
    dropped,      // no room
    waits,        // behind others
    first,        // nothing waited before
    batch_ready,  // with it there is enough for an export
  };
  // `text` is what write_spans() made of one request.
  Added add(std::string text, std::size_t spans);

  // What waited longest, taken out; at most one batch.
  SpanBatch take();

  // Whether anything waits.
  bool empty() const;

 private:
  struct Waiting {
    std::string text;
    std::size_t spans;
  };

  const SpanQueueOptions options_;
  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::size_t spans_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace headgate::observe
