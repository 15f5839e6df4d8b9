#include <gmock/gmock.h>

#include "tests/core/http/heads.hpp"

namespace headgate::http {
namespace {

using namespace std::string_literals;

TEST(ResponseHead, IsViewsIntoTheBytes) {
  ResponseHead head;
  EXPECT_EQ(describe(parse_response(
                "HTTP/1.1 200 All right\r\nA: b\r\nContent-Length: 3\r\n\r\n \n", head)),
            "done 51");
  EXPECT_EQ(describe(head), "200 All right 1.1 length 3 keep-alive [A|b] [Content-Length|3]");
  EXPECT_EQ(describe(parse_response("HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n", head)),
            "done 45");
  EXPECT_EQ(describe(head), "404  1.1 chunked keep-alive [Transfer-Encoding|chunked]");
}

TEST(ResponseHead, TellsWhichStatusComesBeforeTheAnswer) {
  const auto informational = [](std::string_view line) {
    ResponseHead head;
    EXPECT_EQ(parse_response(std::string(line) + "\r\n\r\n", head).status, ParseStatus::done);
    return head.informational();
  };
  EXPECT_TRUE(informational("HTTP/1.1 100 Continue"));
  EXPECT_TRUE(informational("HTTP/1.1 103 Early Hints"));
  EXPECT_FALSE(informational("HTTP/1.1 101 Switching Protocols"));
  EXPECT_FALSE(informational("HTTP/1.1 200 OK"));
}

TEST(ResponseHead, EndsTheConnectionWhereThatIsWhatEndsTheBody) {
  const auto keeps = [](std::string_view bytes, bool head_request) {
    ResponseHead head;
    EXPECT_EQ(parse_response(bytes, head, head_request).status, ParseStatus::done);
    return head.keep_alive;
  };
  EXPECT_FALSE(keeps("HTTP/1.1 200 OK\r\n\r\n", false));
  EXPECT_TRUE(keeps("HTTP/1.1 200 OK\r\n\r\n", true));
  EXPECT_TRUE(keeps("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", false));
  EXPECT_TRUE(keeps("HTTP/1.1 204 No Content\r\n\r\n", false));
  EXPECT_TRUE(keeps("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false));
  // Whether a body follows is anybody's guess.
  EXPECT_FALSE(keeps("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", false));
  EXPECT_FALSE(keeps("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false));
  EXPECT_FALSE(keeps("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", false));
}

TEST(ResponseHead, FollowsItsBytesWhenTheyMove) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  ResponseHead head;
  parse_response(bytes, head);
  const std::string moved = bytes;
  head.rebase(bytes.data(), moved.data());
  EXPECT_EQ(head.reason.data(), moved.data() + 13);
  EXPECT_EQ(head.headers.find("a")->data(), moved.data() + 20);
}

class RefusedResponse : public testing::TestWithParam<std::string> {};

TEST_P(RefusedResponse, IsTheUpstreamsFault) {
  ResponseHead head;
  const ParseStep step = parse_response(GetParam(), head);
  ASSERT_EQ(step.status, ParseStatus::failed);
  EXPECT_EQ(step.error->fault, Fault::upstream);
  EXPECT_EQ(step.error->retry, Retry::elsewhere);
  EXPECT_EQ(step.error->status, 502);
  EXPECT_EQ(step.error->code, "upstream_bad_response");
  EXPECT_THAT(step.error->message, testing::StartsWith("the upstream's answer: "));
}

INSTANTIATE_TEST_SUITE_P(
    Heads, RefusedResponse,
    testing::Values("<html>", "HTTP/2 200\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20\r\n\r\n",
                    "HTTP/1.1 200\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                    "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
                    "HTTP/1.1 600 OK\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
                    "HTTP/1.1 200 O\x01K\r\n\r\n", "HTTP/1.1 200 OK\n\n",
                    "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"s,
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\n",
                    "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "\x15\x03\x01\0\x02\x02\x46"s));

TEST(ResponseHead, TellsWhenTheUpstreamSpeaksTls) {
  ResponseHead head;
  EXPECT_THAT(parse_response("\x15\x03\x01", head).error->message,
              testing::HasSubstr("turn TLS on"));
}

TEST(ResponseHead, HasNoMoreBytesThanTheLimit) {
  HeadLimits limits;
  limits.head_bytes_max = 64;
  ResponseHead head;
  const ParseStep step =
      parse_response("HTTP/1.1 200 OK\r\nA: " + std::string(64, 'b'), head, false, limits);
  ASSERT_EQ(step.status, ParseStatus::failed);
  EXPECT_EQ(step.error->status, 502);
}

}  // namespace
}  // namespace headgate::http
