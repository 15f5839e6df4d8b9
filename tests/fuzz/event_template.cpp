// A stream whose alike events are passed over has the events of the stream. What was passed over is
// JSON, and has no word that would have made a difference.

#include "core/http/event_template.hpp"

#include <headgate/json_view.hpp>

#include <array>
#include <vector>

#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::http {
namespace {

constexpr std::array<std::string_view, 4> kWords = {"\"a\"", "a\":\"", "[D]", "e"};

bool has_word(std::string_view text) {
  for (const std::string_view word : kWords)
    if (text.find(word) != std::string_view::npos) return true;
  return false;
}

void check_alike(std::string_view raw) {
  EventCutter cutter(EventFraming::sse);
  const Cut cut = cutter.next(raw);
  FUZZ_CHECK(cut.status == CutStatus::event && cut.consumed == raw.size());
  FUZZ_CHECK(hg::JsonView::valid(cut.event.data));
  FUZZ_CHECK(!has_word(raw));
}

std::vector<std::string> read(std::string_view first, std::string_view second, bool quick) {
  const WordFilter words{kWords};
  EventTemplate alike(words);
  EventCutter cutter(EventFraming::sse);
  std::vector<std::string> events;
  std::string pending;
  for (const std::string_view part : {first, second}) {
    pending += part;
    const fuzz::Block block(pending + std::string(WordFilter::kPadding, '\0'));
    std::string_view rest = block.view().substr(0, pending.size());
    while (true) {
      if (const std::size_t size =
              quick && cutter.at_event() ? alike.alike_at_front(rest) : std::size_t{0}) {
        check_alike(rest.substr(0, size));
        FUZZ_CHECK(alike.is_alike(rest.substr(0, size)));
        events.emplace_back(rest.substr(0, size));
        cutter.skip(size);
        rest.remove_prefix(size);
        continue;
      }
      const Cut cut = cutter.next(rest);
      if (cut.status != CutStatus::event) break;
      events.emplace_back(cut.event.raw);
      if (hg::JsonView::valid(cut.event.data)) alike.learn(cut.event);
      rest.remove_prefix(cut.consumed);
    }
    pending.erase(0, pending.size() - rest.size());
  }
  return events;
}

}  // namespace

FUZZ_TARGET(input) {
  const std::string_view first = input.whole.substr(0, input.split);
  const std::string_view second = input.whole.substr(input.split);
  const std::vector<std::string> plain = read(input.whole, {}, false);
  FUZZ_CHECK(read(input.whole, {}, true) == plain);
  FUZZ_CHECK(read(first, second, true) == plain);
}

}  // namespace headgate::http
