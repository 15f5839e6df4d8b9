#pragma once
// What is done after a try to send spans, as the protocol says it
// (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response: 429, 502, 503 and 504 may be tried
// again, with a growing delay or the one that Retry-After asks for; nothing else may). Pure. [any]

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/observe/gateway_metrics.hpp"

namespace headgate::tracing {

// What a collector answered. Has a constructor because it travels through coroutines.
struct ExportAnswer {
  explicit ExportAnswer(int status = 0) : status(status) {}

  int status;  // 0: there was no answer, or not in time
  std::optional<milliseconds> retry_after;
  std::uint64_t rejected = 0;  // spans of an export that was taken otherwise
};

struct ExportState {
  std::uint32_t tries = 1;  // made, this one included
  milliseconds elapsed{0};  // since the first of them began
  bool ending = false;      // the gateway is: there is no time for another try
  double jitter = 0;        // a draw from [0, 1)
};

struct ExportStep {
  bool again = false;    // the same spans are sent once more
  milliseconds wait{0};  // before the next export, whichever it is
  observe::SpanResult result = observe::SpanResult::sent;  // what became of them, unless again
};

// Delays: 1 s, 2 s, 4 s ... at most 30 s, of which the jitter takes away up to half.
inline constexpr milliseconds kFirstDelay{1000};
inline constexpr milliseconds kLongestDelay{30'000};
// Spans are given up when they could not be sent for so long; a longer Retry-After gives them up at
// once. No wait is longer, either.
inline constexpr milliseconds kGiveUpAfter{60'000};

ExportStep after_export(const ExportAnswer& answer, const ExportState& state);

// How many spans a collector says that it did not take (partialSuccess.rejectedSpans) in the JSON
// answer to an export that it took otherwise; 0 where it says nothing of it.
std::uint64_t rejected_spans(std::string_view body);

}  // namespace headgate::tracing
