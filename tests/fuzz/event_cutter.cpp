// A stream in two parts has the events of the stream, and their bytes are the stream's.

#include <vector>

#include "core/http/event_cutter.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::http {
namespace {

struct Outcome {
  std::string raw;
  std::vector<std::string> events;
  bool failed = false;
};

Outcome read(EventFraming framing, std::string_view first, std::string_view second) {
  EventLimits limits;
  limits.event_bytes_max = 256;
  EventCutter cutter(framing, limits);
  Outcome outcome;
  std::string pending;
  for (int round = 0; round < 3; ++round) {
    if (round < 2) pending += round == 0 ? first : second;
    while (true) {
      const fuzz::Block block(pending);
      const Cut cut = round < 2 ? cutter.next(block.view()) : cutter.finish(block.view());
      outcome.failed = cut.status == CutStatus::failed;
      if (outcome.failed) return outcome;
      if (cut.status == CutStatus::need_more) break;
      FUZZ_CHECK(cut.consumed > 0 && cut.event.raw == block.view().substr(0, cut.consumed));
      outcome.raw += cut.event.raw;
      outcome.events.push_back(std::string(cut.event.data) + '\1' + std::string(cut.event.type) +
                               '\1' + std::string(cut.event.id.value_or("")) +
                               std::to_string(cut.event.has_data));
      pending.erase(0, cut.consumed);
    }
  }
  FUZZ_CHECK(pending.empty());
  return outcome;
}

}  // namespace

FUZZ_TARGET(input) {
  const auto framing = static_cast<EventFraming>(input.variant % 3);
  const Outcome whole = read(framing, input.whole, {});
  const Outcome parts =
      read(framing, input.whole.substr(0, input.split), input.whole.substr(input.split));
  FUZZ_CHECK(whole.failed == parts.failed && whole.events == parts.events);
  FUZZ_CHECK(whole.raw == parts.raw && (whole.failed || whole.raw == input.whole));
}

}  // namespace headgate::http
