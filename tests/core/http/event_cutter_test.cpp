#include "core/http/event_cutter.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/core/http/exact_bytes.hpp"

namespace headgate::http {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::StartsWith;

std::string describe(const Event& event) {
  std::string text = event.has_data ? "'" + std::string(event.data) + "'" : "-";
  if (!event.type.empty()) text += " type=" + std::string(event.type);
  if (event.id) text += " id=" + std::string(*event.id);
  if (!event.message_type.empty()) text += " message=" + std::string(event.message_type);
  if (!event.exception_type.empty()) text += " exception=" + std::string(event.exception_type);
  return text;
}

// A buffer as a connection has it: bytes come in at its end and it moves each time; what is cut is
// taken off its front.
class Reader {
 public:
  Reader(EventFraming framing, const EventLimits& limits) : cutter_(framing, limits) {}

  void feed(std::string_view bytes) {
    pending_ += bytes;
    while (!failed_ && take([&](std::string_view in) { return cutter_.next(in); })) {
    }
  }
  void finish() {
    while (!failed_ && take([&](std::string_view in) { return cutter_.finish(in); })) {
    }
  }

  std::vector<std::string> events;
  std::string raw;

 private:
  template <class Call>
  bool take(Call call) {
    const ExactBytes moved(pending_);
    const Cut cut = call(moved.view());
    if (cut.status == CutStatus::failed) {
      failed_ = true;
      events.push_back("failed " + std::string(cut.error->code));
    }
    if (cut.status != CutStatus::event) return false;
    EXPECT_GT(cut.consumed, 0u);
    EXPECT_EQ(cut.event.raw, moved.view().substr(0, cut.consumed));
    events.push_back(describe(cut.event));
    raw += cut.event.raw;
    pending_.erase(0, cut.consumed);
    return true;
  }

  EventCutter cutter_;
  std::string pending_;
  bool failed_ = false;
};

// The events of `stream`, which must be the same in two parts and byte by byte.
std::vector<std::string> cut(EventFraming framing, std::string_view stream,
                             const EventLimits& limits = EventLimits()) {
  Reader whole(framing, limits);
  whole.feed(stream);
  whole.finish();
  if (whole.events.empty() || !whole.events.back().starts_with("failed")) {
    EXPECT_EQ(whole.raw, stream);
  }
  Reader bytes(framing, limits);
  for (std::size_t i = 0; i < stream.size(); ++i) {
    bytes.feed(stream.substr(i, 1));
    Reader split(framing, limits);
    split.feed(stream.substr(0, i));
    split.feed(stream.substr(i));
    split.finish();
    EXPECT_EQ(split.events, whole.events) << "split at " << i;
    EXPECT_EQ(split.raw, whole.raw) << "split at " << i;
  }
  bytes.finish();
  EXPECT_EQ(bytes.events, whole.events) << "byte by byte";
  return whole.events;
}

std::vector<std::string> cut_sse(std::string_view stream) {
  return cut(EventFraming::sse, stream);
}

TEST(SseCutter, CutsAtEmptyLines) {
  EXPECT_THAT(cut_sse("data: a\n\ndata: b\n\n"), ElementsAre("'a'", "'b'"));
  EXPECT_THAT(cut_sse("data: a\r\n\r\ndata: b\r\n\r\n"), ElementsAre("'a'", "'b'"));
  EXPECT_THAT(cut_sse("data: a\r\rdata: b\r\r"), ElementsAre("'a'", "'b'"));
  EXPECT_THAT(cut_sse("data: a\n\rdata: b\r\n\n"), ElementsAre("'a'", "'b'"));
}

TEST(SseCutter, TellsAnEventAtItsLastByte) {
  for (const std::string_view stream : {"data: a\n\n", "data: a\r\n\r\n", "data: a\r\r"}) {
    Reader reader(EventFraming::sse, EventLimits());
    reader.feed(stream);
    EXPECT_THAT(reader.events, ElementsAre("'a'"));
  }
}

TEST(SseCutter, TakesOneSpaceOffAValue) {
  EXPECT_THAT(cut_sse("data:a\n\ndata:  a \n\ndata:\n\ndata: \n\ndata\n\n"),
              ElementsAre("'a'", "' a '", "''", "''", "''"));
}

TEST(SseCutter, JoinsSeveralDataLines) {
  EXPECT_THAT(cut_sse("data: a\ndata\nid: 1\ndata: b\n\ndata: c\ndata: d\n\ndata: e\n\n"),
              ElementsAre("'a\n\nb' id=1", "'c\nd'", "'e'"));
}

TEST(SseCutter, GivesOneDataLineWithoutACopy) {
  const std::string stream = "event: x\ndata: {\"a\":1}\n\n";
  EventCutter cutter(EventFraming::sse);
  const Cut result = cutter.next(stream);
  ASSERT_EQ(result.status, CutStatus::event);
  EXPECT_EQ(result.event.data.data(), stream.data() + 15);
  EXPECT_EQ(result.event.type.data(), stream.data() + 7);
}

TEST(SseCutter, ReadsTypeAndId) {
  EXPECT_THAT(cut_sse("event: a\nid: 7\ndata: b\nevent: c\n\nid\ndata: d\n\ndata: e\n\n"),
              ElementsAre("'b' type=c id=7", "'d' id=", "'e'"));
  EXPECT_THAT(cut_sse("id: a\0b\ndata: c\n\n"s), ElementsAre("'c'"));
}

TEST(SseCutter, PassesOnWhatSaysNothing) {
  EXPECT_THAT(
      cut_sse(": keep-alive\n\ndata: a\n\n\n\nevent: b\n\nretry: 5\n\nDATA: x\n\ndatax: y\n\n"),
      ElementsAre("-", "'a'", "-", "-", "- type=b", "-", "-", "-"));
  EXPECT_THAT(cut_sse("data: a\r\r\ndata: b\r\n\r\n"), ElementsAre("'a'", "-", "'b'"));
}

TEST(SseCutter, PassesOverAByteOrderMarkAtTheStartOnly) {
  EXPECT_THAT(cut_sse("\xEF\xBB\xBF"
                      "data: a\n\n\xEF\xBB\xBF"
                      "data: b\n\n"),
              ElementsAre("'a'", "-"));
  EXPECT_THAT(cut_sse("\xEF\xBB"), ElementsAre("-"));
}

TEST(SseCutter, GivesWhatIsLeftAtTheEnd) {
  EXPECT_THAT(cut_sse("data: a\n\ndata: b"), ElementsAre("'a'", "'b'"));
  EXPECT_THAT(cut_sse("data: a\ndata: b\r"), ElementsAre("'a\nb'"));
  EXPECT_THAT(cut_sse("data: a\n"), ElementsAre("'a'"));
  EXPECT_THAT(cut_sse("data: a\r\n\r"), ElementsAre("'a'"));
  EXPECT_THAT(cut_sse(""), ElementsAre());
}

TEST(SseCutter, BoundsOneEvent) {
  EventLimits limits;
  limits.event_bytes_max = 10;
  const std::string fits = "data: ab\n\n";
  EXPECT_THAT(cut(EventFraming::sse, fits + fits, limits), ElementsAre("'ab'", "'ab'"));
  EXPECT_THAT(cut(EventFraming::sse, fits + "data: abc\n\n", limits),
              ElementsAre("'ab'", "failed upstream_event_too_large"));
  EXPECT_THAT(cut(EventFraming::sse, std::string(50, 'x'), limits),
              ElementsAre("failed upstream_event_too_large"));
  EXPECT_THAT(cut(EventFraming::ndjson, "123456789\n1234567890\n", limits),
              ElementsAre("'123456789'", "failed upstream_event_too_large"));
}

TEST(SseCutter, LooksAtEachByteOnceHoweverSlowlyTheyCome) {
  // Half a million line ends of the kind that is searched for last, in one buffer; then a line that
  // comes byte by byte. Work that grows with the square of it shows as time: seconds, not a moment.
  const std::string returns(500'000, '\r');
  EventCutter cutter(EventFraming::sse);
  std::string_view rest = returns;
  std::size_t events = 0;
  for (Cut result = cutter.next(rest); result.status == CutStatus::event;
       result = cutter.next(rest)) {
    ++events;
    rest.remove_prefix(result.consumed);
  }
  EXPECT_EQ(events, returns.size() - 1);  // the last may be half of a CRLF

  const std::string line = "data: " + std::string(500'000, 'x');
  EventCutter slow(EventFraming::sse);
  for (std::size_t size = 0; size < line.size(); ++size)
    ASSERT_EQ(slow.next(std::string_view(line).substr(0, size)).status, CutStatus::need_more);
}

TEST(SseCutter, SaysWhetherAnEventHasBegun) {
  EventCutter cutter(EventFraming::sse);
  EXPECT_FALSE(cutter.at_event()) << "a byte order mark may come";
  const std::string events = "data: a\n\ndata: b\r\n\r\ndata: c\n\n";
  EXPECT_EQ(cutter.next(events).consumed, 9u);
  EXPECT_TRUE(cutter.at_event());
  EXPECT_EQ(cutter.next(events.substr(9, 4)).status, CutStatus::need_more);
  EXPECT_FALSE(cutter.at_event());
  EXPECT_EQ(cutter.next(events.substr(9)).consumed, 11u);
  EXPECT_TRUE(cutter.at_event());
}

TEST(SseCutter, GoesOnBehindEventsThatWereLeftOut) {
  const std::string events = "data: a\n\ndata: bb\n\ndata: c\rdata: d\r\r";
  EventCutter cutter(EventFraming::sse);
  cutter.next(events);
  cutter.skip(10);
  const Cut cut = cutter.next(std::string_view(events).substr(19));
  EXPECT_EQ(cut.event.data, "c\nd");
}

TEST(NdjsonCutter, CutsLines) {
  EXPECT_THAT(cut(EventFraming::ndjson, "{\"a\":1}\n{\"b\":2}\r\n\n \t\r\n{\"c\":3}"),
              ElementsAre("'{\"a\":1}'", "'{\"b\":2}'", "-", "-", "'{\"c\":3}'"));
  EXPECT_THAT(cut(EventFraming::ndjson, "a\rb\nc\r"), ElementsAre("'a\rb'", "'c'"));
}

void append_number(std::string& out, std::size_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

std::size_t checksum(const std::string& bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

std::string text_header(std::string_view name, std::string_view value) {
  std::string out;
  append_number(out, name.size(), 1);
  out += name;
  append_number(out, 7, 1);
  append_number(out, value.size(), 2);
  out += value;
  return out;
}

std::string message(const std::string& headers, const std::string& payload) {
  std::string out;
  append_number(out, 16 + headers.size() + payload.size(), 4);
  append_number(out, headers.size(), 4);
  append_number(out, checksum(out), 4);
  out += headers + payload;
  append_number(out, checksum(out), 4);
  return out;
}

std::vector<std::string> cut_messages(const std::string& stream) {
  return cut(EventFraming::aws_event_stream, stream);
}

TEST(EventStreamCutter, ReadsAKnownMessage) {
  // "one empty message" of the format's published test vectors.
  EXPECT_THAT(cut_messages("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"s),
              ElementsAre("''"));
}

TEST(EventStreamCutter, ReadsHeadersAndPayload) {
  EXPECT_THAT(cut_messages(message(text_header(":message-type", "event") +
                                       text_header(":event-type", "chunk") + text_header("x", "y"),
                                   "{\"a\":1}") +
                           message(text_header(":exception-type", "throttled"), "{}") +
                           message(text_header(":error-code", "500"), "")),
              ElementsAre("'{\"a\":1}' type=chunk message=event", "'{}' exception=throttled",
                          "'' exception=500"));
}

TEST(EventStreamCutter, PassesOverHeadersOfOtherTypes) {
  const std::string headers =
      "\x01"
      "a\x00\x01"
      "b\x01\x01"
      "c\x02"
      "1\x01"
      "d\x03"
      "12\x01"
      "e\x04"
      "1234\x01"
      "f\x05"
      "12345678\x01"
      "g\x06\x00\x03xyz\x01"
      "h\x08"
      "12345678\x01"
      "i\x09"
      "1234567890123456"s +
      text_header(":event-type", "end");
  EXPECT_THAT(cut_messages(message(headers, "p")), ElementsAre("'p' type=end"));
}

TEST(EventStreamCutter, RefusesWhatIsDamaged) {
  const std::string good = message(text_header(":event-type", "a"), "payload");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_THAT(cut_messages(bad), ElementsAre("failed upstream_bad_response")) << at;
  }
  EXPECT_THAT(cut_messages(good.substr(0, good.size() - 1)),
              ElementsAre("failed upstream_bad_response"));
  EXPECT_THAT(cut_messages(good.substr(0, 5)), ElementsAre("failed upstream_bad_response"));
}

TEST(EventStreamCutter, RefusesHeadersThatDoNotFit) {
  for (const std::string& headers :
       {"\x00"s, "\x05"s, "\x05"s + "abc", "\x01"s + "a", "\x01"s + "a\x0a",
        "\x01"s + "a\x04" + "123", "\x01"s + "a\x07\x00"s, "\x01"s + "a\x07\x00\x05"s + "1234"})
    EXPECT_THAT(cut_messages(message(headers, "")), ElementsAre("failed upstream_bad_response"));
}

TEST(EventStreamCutter, RefusesLengthsThatCannotBe) {
  const auto prelude = [](std::size_t total, std::size_t headers) {
    std::string out;
    append_number(out, total, 4);
    append_number(out, headers, 4);
    append_number(out, checksum(out), 4);
    return out;
  };
  // Headers that reach into the checksum, in a message that is complete and right otherwise.
  std::string reaching = prelude(19, 4) + "\x01" + "a" + "\x00"s;
  append_number(reaching, checksum(reaching), 4);
  EXPECT_THAT(cut_messages(reaching), ElementsAre("failed upstream_bad_response"));
  Reader reader(EventFraming::aws_event_stream, EventLimits());
  reader.feed(prelude(20, 5));
  EXPECT_THAT(reader.events, ElementsAre("failed upstream_bad_response"));  // before it is complete
  EXPECT_THAT(cut_messages(prelude(15, 0)), ElementsAre("failed upstream_bad_response"));
  EXPECT_THAT(cut_messages(prelude(20, 5)), ElementsAre("failed upstream_bad_response"));
  EXPECT_THAT(cut_messages(prelude(16, 0xffffffff)), ElementsAre("failed upstream_bad_response"));
  EXPECT_THAT(cut_messages(prelude(0xffffffff, 0)), ElementsAre("failed upstream_event_too_large"));
}

}  // namespace
}  // namespace headgate::http
