// A stream in two parts has the events of the stream, and their bytes are the stream's.

#include <zlib.h>

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

void append_number(std::string& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

void append_checksum(std::string& out) {
  append_number(out, crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()));
}

// A message with these headers and right checksums, which no fuzzer would hit upon.
std::string as_message(std::string_view headers, std::string_view payload) {
  std::string out;
  append_number(out, 16 + headers.size() + payload.size());
  append_number(out, headers.size());
  append_checksum(out);
  out.append(headers).append(payload);
  append_checksum(out);
  return out;
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string_view front = input.whole.substr(0, input.split);
  const std::string_view back = input.whole.substr(input.split);
  const bool wrap = input.variant % 4 == 3;
  const std::string stream = wrap ? as_message(front, back) : std::string(input.whole);
  const auto framing =
      wrap ? EventFraming::aws_event_stream : static_cast<EventFraming>(input.variant % 4);
  const Outcome whole = read(framing, stream, {});
  const Outcome parts = read(framing, stream.substr(0, input.split), stream.substr(input.split));
  FUZZ_CHECK(whole.failed == parts.failed && whole.events == parts.events);
  FUZZ_CHECK(whole.raw == parts.raw && (whole.failed || whole.raw == stream));
}

}  // namespace headgate::http
