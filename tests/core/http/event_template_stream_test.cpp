// Whole streams, with and without a template.

#include <gmock/gmock.h>

#include <headgate/json_view.hpp>

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/http/event_template_fixture.hpp"

namespace headgate::http {
namespace {

// What of it matters to who reads it: members, kinds, and whether strings are empty.
std::string form_of(const hg::JsonView& value) {
  std::string form;
  if (value.is_string()) return value.equals("") ? "empty" : "text";
  if (value.is_object()) {
    value.each_member([&](std::string_view name, hg::JsonView member) {
      form += std::string(name) + "=" + form_of(member) + ";";
    });
    return "{" + form + "}";
  }
  if (value.is_array()) {
    value.each_element([&](hg::JsonView element) { form += form_of(element) + ";"; });
    return "[" + form + "]";
  }
  return std::string(value.raw());
}

std::string changed(std::mt19937& random, std::string event) {
  static const std::string kBytes = "\"\\{}[],:\n\r\t \x01\x1f\x7f\xffnul/";
  for (std::size_t count = 1 + random() % 2; count > 0; --count) {
    const std::size_t at = random() % event.size();
    const char byte = kBytes[random() % kBytes.size()];
    const auto way = random() % 4;
    if (way == 0) event.erase(at, 1 + random() % 4);
    if (way == 1) event.insert(at, 1, byte);
    if (way == 2) event[at] = byte;
    if (way == 3) event.replace(at, event.size() - at, "\n\n");
    if (event.empty()) event = "\n";
  }
  return event;
}

std::string random_event(std::mt19937& random) {
  static const std::vector<std::string> kFields = {"",           "",        "",     "",
                                                   "event: a\n", "id: 1\n", ": c\n"};
  static const std::vector<std::string> kTexts = {"a",
                                                  "b",
                                                  "some",
                                                  "words and more of them",
                                                  "one",
                                                  "two and three",
                                                  "",
                                                  "[DONE]",
                                                  "[DON",
                                                  "error",
                                                  "tokens",
                                                  "\\\"",
                                                  "\",\"reason\":\"stop",
                                                  "\"tokens\"",
                                                  "\n",
                                                  "\r",
                                                  "}",
                                                  "\"}\n\ndata: {\"x\":\"",
                                                  "ends ",
                                                  "\\u00e4",
                                                  "\\u00g4",
                                                  "\\x",
                                                  "\t",
                                                  "\x01",
                                                  "\xC3\xA4",
                                                  "\",\"more\":\"",
                                                  "\\"};
  static const std::vector<std::string> kEnds = {"\n\n",     "\n\n", "\n\n",   "\n\n",
                                                 "\r\n\r\n", "\n",   "\n\r\n", "\nid: 2\n\n"};
  const bool usual = random() % 4 != 0;
  const auto text = [&] {
    std::string made;
    for (std::size_t count = 1 + random() % 2; count > 0; --count)
      made += kTexts[random() % (usual ? 6 : kTexts.size())];
    return made;
  };
  const bool two = random() % 3 == 0;
  std::string object = two ? event_of_two(text(), text()) : event_of(text());
  object.resize(object.size() - 2);
  if (!usual && random() % 3 == 0) object = "data: {\"other\":\"" + text() + "\"}";
  const std::string event = kFields[random() % (usual ? 4 : kFields.size())] + object +
                            kEnds[random() % (usual ? 4 : kEnds.size())];
  return random() % 8 == 0 ? changed(random, event) : event;
}

// What a relay would do with a stream: the raw bytes of each event, and whether it has a word, says
// nothing or is broken.
struct Seen {
  std::vector<std::string> events;
  std::size_t alike = 0;
};

void note(Seen& seen, const Event& event) {
  const bool broken = event.has_data && !hg::JsonView::valid(event.data);
  seen.events.push_back(std::string(has_word(event.raw) ? "word " : "") +
                        (broken ? "broken " : "") + (event.has_data ? "" : "empty ") +
                        std::string(event.raw));
}

// What next() would have given.
void note_alike(Seen& seen, std::string_view raw, const std::set<std::string>& forms) {
  EventCutter cutter(EventFraming::sse);
  const Cut cut = cutter.next(raw);
  EXPECT_EQ(cut.consumed, raw.size());
  EXPECT_TRUE(cut.event.has_data && hg::JsonView::valid(cut.event.data)) << raw;
  EXPECT_FALSE(has_word(raw)) << raw;
  EXPECT_EQ(forms.count(form_of(hg::JsonView(cut.event.data))), 1u) << raw;
  ++seen.alike;
  note(seen, cut.event);
}

Seen read(std::string_view first, std::string_view second, bool with_template) {
  const WordFilter words{kWords};
  EventTemplate alike(words);
  EventCutter cutter(EventFraming::sse);
  Seen seen;
  std::set<std::string> forms;  // of what was learned
  std::string pending;
  for (const std::string_view part : {first, second}) {
    pending += part;
    const PaddedBytes padded(pending);
    std::string_view rest = padded.view();
    while (true) {
      const std::size_t size = with_template && cutter.at_event() ? alike.alike_at_front(rest) : 0;
      if (size > 0) {
        note_alike(seen, rest.substr(0, size), forms);
        cutter.skip(size);
        rest.remove_prefix(size);
        continue;
      }
      const Cut cut = cutter.next(rest);
      if (cut.status != CutStatus::event) break;
      note(seen, cut.event);
      if (cut.event.has_data && hg::JsonView::valid(cut.event.data)) {
        alike.learn(cut.event);
        forms.insert(form_of(hg::JsonView(cut.event.data)));
      }
      rest.remove_prefix(cut.consumed);
    }
    pending.erase(0, pending.size() - rest.size());
  }
  return seen;
}

TEST(EventTemplate, MakesNoDifferenceToAnyStreamHoweverItIsSplit) {
  std::mt19937 random(20261122);
  std::size_t alike = 0;
  std::size_t broken = 0;
  for (int round = 0; round < 300; ++round) {
    std::string stream;
    for (std::size_t count = 2 + random() % 10; count > 0; --count) stream += random_event(random);
    const Seen plain = read(stream, {}, false);
    const Seen quick = read(stream, {}, true);
    EXPECT_EQ(quick.events, plain.events);
    alike += quick.alike;
    for (const std::string& event : plain.events) broken += event.starts_with("broken") ? 1 : 0;
    for (std::size_t at = random() % 31; at < stream.size(); at += 31) {
      const std::string_view view = stream;
      EXPECT_EQ(read(view.substr(0, at), view.substr(at), true).events, plain.events)
          << "split at " << at;
    }
  }
  EXPECT_GT(alike, 200u);
  EXPECT_GT(broken, 200u);
}

}  // namespace
}  // namespace headgate::http
