#include "core/observe/span_queue.hpp"

#include <utility>

namespace headgate::observe {

SpanQueue::Added SpanQueue::add(std::string text, std::size_t spans) {
  const std::lock_guard lock(mutex_);
  if (spans > options_.spans_max - spans_ || text.size() > options_.bytes_max - bytes_) {
    return Added::dropped;
  }
  const bool first = waiting_.empty();
  const auto enough = [this] {
    return spans_ >= options_.batch_spans || bytes_ >= options_.batch_bytes;
  };
  const bool was_enough = enough();
  spans_ += spans;
  bytes_ += text.size();
  waiting_.push_back({std::move(text), spans});
  if (!was_enough && enough()) return Added::batch_ready;
  return first ? Added::first : Added::waits;
}

SpanBatch SpanQueue::take() {
  SpanBatch batch;
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    Waiting& next = waiting_.front();
    const bool fits = batch.spans + next.spans <= options_.batch_spans &&
                      batch.text.size() + next.text.size() < options_.batch_bytes;
    if (batch.spans != 0 && !fits) break;
    spans_ -= next.spans;
    bytes_ -= next.text.size();
    batch.spans += next.spans;
    if (!batch.text.empty()) batch.text += ',';
    batch.text += next.text;
    waiting_.pop_front();
  }
  return batch;
}

bool SpanQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

}  // namespace headgate::observe
