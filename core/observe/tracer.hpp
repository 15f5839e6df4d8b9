#pragma once
// Tracing as a request sees it: whether it is recorded, and where its spans go. There is one per
// process, and only where the configuration wants traces. [any]

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/observe/gateway_metrics.hpp"
#include "core/observe/span_queue.hpp"
#include "core/observe/span_text.hpp"
#include "core/observe/trace_context.hpp"

namespace headgate::observe {

class Tracer {
 public:
  // `metrics` must outlive it.
  Tracer(Sampling sampling, SpanFields fields, SpanQueueOptions queue, GatewayMetrics& metrics)
      : queue(queue), sampling_(sampling), fields_(std::move(fields)), series_(metrics.spans()) {}
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Called when something waits that did not before, `now` when there is enough to be sent at once.
  // Set before the first request. [any]
  std::function<void(bool now)> on_waiting;

  std::optional<Trace> sample(std::optional<std::string_view> traceparent, Rng& rng) const {
    return observe::sample(traceparent, sampling_, rng);
  }
  const SpanFields& fields() const { return fields_; }

  // Takes what write_spans() made of one request. Never waits for anybody.
  void submit(std::string text, std::size_t spans) {
    switch (queue.add(std::move(text), spans)) {
      case SpanQueue::Added::dropped:
        series_.ended(SpanResult::queue_full, spans);
        break;
      case SpanQueue::Added::first:
        on_waiting(false);
        break;
      case SpanQueue::Added::batch_ready:
        on_waiting(true);
        break;
      case SpanQueue::Added::waits:
        break;
    }
  }

  SpanSeries& series() const { return series_; }

  SpanQueue queue;

 private:
  const Sampling sampling_;
  const SpanFields fields_;
  SpanSeries& series_;
};

}  // namespace headgate::observe
