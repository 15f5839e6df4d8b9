#include "core/http/head_writer.hpp"

#include <gtest/gtest.h>

#include "core/http/head_parser.hpp"

namespace headgate::http {
namespace {

using namespace std::string_literals;

TEST(HeadWriter, WritesWhatTheParserReads) {
  std::string out;
  write_request_line(out, "POST", "/v1/chat?x=y");
  write_header(out, "host", "a");
  write_known_header(out, "x-empty", "");
  write_header(out, "content-length", 12);
  write_head_end(out);
  EXPECT_EQ(out,
            "POST /v1/chat?x=y HTTP/1.1\r\nhost: a\r\nx-empty: \r\ncontent-length: 12\r\n\r\n");
  RequestHead head;
  EXPECT_EQ(parse_request_head(out, HeadLimits(), head).status, ParseStatus::done);

  out.clear();
  write_status_line(out, 200);
  write_header(out, "content-length", 18446744073709551615u);
  write_head_end(out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n");
}

TEST(HeadWriter, WritesAListAsItWritesEachHeader) {
  Arena arena;
  HeaderMap headers(arena);
  headers.add("host", "a");
  headers.add("x-empty", "");
  std::string out = "before\r\n";
  write_headers(out, headers);
  write_head_end(out);
  EXPECT_EQ(out, "before\r\nhost: a\r\nx-empty: \r\n\r\n");
}

TEST(HeadWriter, WritesHeadersOfEveryLength) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string value(size, 'v');
    std::string out = "before\r\n";
    write_header(out, "name", value);
    write_known_header(out, "known", value);
    EXPECT_EQ(out, "before\r\nname: " + value + "\r\nknown: " + value + "\r\n");
  }
}

TEST(HeadWriter, KnowsTheStandardReasons) {
  std::string out;
  write_status_line(out, 429);
  write_status_line(out, 502);
  write_status_line(out, 799);
  EXPECT_EQ(out,
            "HTTP/1.1 429 Too Many Requests\r\nHTTP/1.1 502 Bad Gateway\r\n"
            "HTTP/1.1 799 Unknown\r\n");
  EXPECT_EQ(standard_reason(431), "Request Header Fields Too Large");
}

TEST(HeadWriter, LetsNoValueBeginAHeader) {
  std::string out;
  write_header(out, "a", "b\r\nx-evil: 1\n\r\0"s);
  write_header(out, "c\r\nx-evil", "a longer value that is looked at eight bytes at a time\nd: e");
  write_known_header(out, "k", "a longer value that is looked at eight bytes at a time\r\ne: f");
  write_header(out, "n\n", 5);
  write_request_line(out, "GET", "/c\r\nx-evil:1");
  write_request_line(out, "GET\r\n", "/a b\r\nx-evil: 1");
  EXPECT_EQ(out,
            "a: bx-evil: 1\r\n"
            "cx-evil: a longer value that is looked at eight bytes at a timed: e\r\n"
            "k: a longer value that is looked at eight bytes at a timee: f\r\n"
            "n: 5\r\n"
            "GET /cx-evil:1 HTTP/1.1\r\n"
            "GET /a%20bx-evil:%201 HTTP/1.1\r\n");
}

TEST(HeadWriter, FramesChunks) {
  std::string out;
  write_chunk_size(out, 26);
  out += kChunkEnd;
  write_chunk_size(out, 0xffffffffffffffff);
  write_last_chunk(out);
  EXPECT_EQ(out, "1a\r\n\r\nffffffffffffffff\r\n0\r\n\r\n");
}

TEST(HeadWriter, WritesDates) {
  const auto date = [](std::time_t seconds) {
    std::string out;
    append_http_date(out, seconds);
    return out;
  };
  EXPECT_EQ(date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // the example of RFC 9110
  EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date(1709210096), "Thu, 29 Feb 2024 12:34:56 GMT");
  EXPECT_EQ(date(1798761599), "Thu, 31 Dec 2026 23:59:59 GMT");
}

}  // namespace
}  // namespace headgate::http
