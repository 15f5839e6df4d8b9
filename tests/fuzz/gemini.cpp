// Whatever a client or the vendor sends: what the gemini provider makes of it is JSON, events are
// of one line, and it stays within its bounds.

#include <headgate/json_view.hpp>

#include <algorithm>
#include <vector>

#include "plugins/providers/gemini/answer.hpp"
#include "plugins/providers/gemini/request.hpp"
#include "plugins/providers/gemini/stream.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

// What is copied may itself be as deep as JsonView takes, and is deeper where it is put.
bool is_json(std::string_view text) {
  const auto opened = std::count_if(text.begin(), text.end(),
                                    [](char c) { return c == '{' || c == '[' || c == '\\'; });
  return opened > 100 || hg::JsonView::valid(text);
}

void check_request(std::string_view body, bool newer) {
  const auto made =
      headgate_gemini::translate_request(body, newer ? "gemini-3-flash" : "models/gemini-2.5-pro");
  FUZZ_CHECK(made.refusal ? made.body.empty() : is_json(made.body));
  const std::string header = made.dropped.header();
  FUZZ_CHECK(header.size() < 4096 && header.find_first_of("\r\n") == std::string::npos);
}

// An answer, and then its message in the next request: it is taken, whatever was in it.
void check_answer(std::string_view body) {
  const auto answer = headgate_gemini::translate_answer(body, "m", 0);
  FUZZ_CHECK(!answer.body || (!answer.broken && is_json(*answer.body)));
  if (!answer.body || !hg::JsonView::valid(*answer.body)) return;
  const hg::JsonView message = hg::JsonView(*answer.body).at("/choices/0/message");
  const auto again = headgate_gemini::translate_request(
      R"({"messages":[{"role":"user","content":""},)" + std::string(message.raw()) + "]}", "m");
  FUZZ_CHECK(!again.refusal && is_json(again.body));
  // Blocks of what is not UTF-8 may part what looks like a character.
  const bool ascii = std::all_of(body.begin(), body.end(), [](char c) { return c >= 0; });
  for (const std::string& name : again.dropped.names()) {
    FUZZ_CHECK(!ascii || name != "messages.headgate.blocks");
  }
}

void check_stream(std::string_view first, std::string_view second) {
  headgate_gemini::StreamTranslator stream;
  stream.begin("m", 2, 0);
  std::vector<std::string> chunks;
  for (const std::string_view event : {first, second}) {
    if (hg::JsonView::valid(event)) stream.translate(hg::JsonView(event), chunks);
  }
  stream.finish();
  if (stream.usage()) chunks.push_back(stream.usage_chunk());
  for (const std::string& chunk : chunks) {
    FUZZ_CHECK(is_json(chunk) && chunk.find_first_of("\r\n") == std::string::npos);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const headgate::fuzz::Block whole(input.whole);
  if (input.variant % 3 == 0) return check_request(whole.view(), input.variant % 2 == 0);
  if (input.variant % 3 == 1) return check_answer(whole.view());
  const headgate::fuzz::Block front(input.whole.substr(0, input.split));
  const headgate::fuzz::Block back(input.whole.substr(input.split));
  check_stream(front.view(), back.view());
}
