#include "core/tracing/export_retry.hpp"

#include <algorithm>
#include <charconv>

namespace headgate::tracing {
namespace {

bool may_be_tried_again(int status) {
  return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

milliseconds growing_delay(const ExportState& state) {
  milliseconds delay = kFirstDelay;
  for (std::uint32_t i = 1; i < state.tries && delay < kLongestDelay; ++i) delay *= 2;
  delay = std::min(delay, kLongestDelay);
  return delay - std::chrono::duration_cast<milliseconds>(delay * (state.jitter / 2));
}

}  // namespace

ExportStep after_export(const ExportAnswer& answer, const ExportState& state) {
  ExportStep step;
  if (answer.status >= 200 && answer.status <= 299) return step;
  if (!may_be_tried_again(answer.status)) {
    step.result = observe::SpanResult::refused;
    return step;
  }
  step.result = observe::SpanResult::unreachable;
  if (state.ending) return step;
  const milliseconds wait = answer.retry_after.value_or(growing_delay(state));
  step.wait = std::min(wait, kGiveUpAfter);
  step.again = state.elapsed + wait <= kGiveUpAfter;
  return step;
}

std::uint64_t rejected_spans(std::string_view body) {
  constexpr std::string_view kKey = "\"rejectedSpans\"";
  const std::size_t key = body.find(kKey);
  if (key == std::string_view::npos) return 0;
  // The number is a text in OTLP's JSON; some write a number.
  const std::size_t digits = body.find_first_not_of(" \t\r\n:\"", key + kKey.size());
  if (digits == std::string_view::npos) return 0;
  std::uint64_t count = 0;
  std::from_chars(body.data() + digits, body.data() + body.size(), count);
  return count;
}

}  // namespace headgate::tracing
