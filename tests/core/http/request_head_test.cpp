#include <gmock/gmock.h>

#include "tests/core/http/heads.hpp"

namespace headgate::http {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

// A valid head with these lines behind the Host.
std::string post_with(std::string_view lines) {
  return "POST /v1/chat HTTP/1.1\r\nHost: api\r\n" + std::string(lines) + "\r\n";
}

TEST(RequestHead, IsViewsIntoTheBytes) {
  const std::string bytes =
      "POST /v1/chat/completions?x=1 HTTP/1.1\r\n"
      "Host: api.example:8080\r\n"
      "content-type:application/json\r\n"
      "X-Padded: \t a value \t \r\n"
      "X-Empty:\r\n"
      "Content-Length: 11\r\n\r\n";
  const std::string with_body = bytes + " body\n\nmore";
  RequestHead head;
  const ParseStep step = parse_request(with_body, head);
  ASSERT_EQ(describe(step), "done " + std::to_string(bytes.size()));
  EXPECT_EQ(describe(head),
            "POST /v1/chat/completions?x=1 api.example:8080 1.1 length 11 keep-alive"
            " [Host|api.example:8080] [content-type|application/json] [X-Padded|a value]"
            " [X-Empty|] [Content-Length|11]");
  EXPECT_EQ(head.method.data(), with_body.data());
  EXPECT_EQ(head.head_bytes, bytes.size());
}

TEST(RequestHead, PassesOverOneEmptyLineBefore) {
  RequestHead head;
  EXPECT_EQ(describe(parse_request("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", head)), "done 29");
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(describe(parse_request("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", head)),
            "400 bad_request_line: the request: it does not begin with a method");
}

TEST(RequestHead, CanBeParsedIntoAgain) {
  RequestHead head;
  parse_request(post_with("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"), head);
  EXPECT_TRUE(head.chunked);
  EXPECT_TRUE(head.expect_continue);
  parse_request("GET / HTTP/1.0\r\n\r\n", head);
  EXPECT_EQ(describe(head), "GET /  1.0");
}

TEST(RequestHead, KnowsWhetherTheConnectionStays) {
  const auto keeps = [](std::string_view version, std::string_view line) {
    RequestHead head;
    const std::string bytes =
        "GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(line) + "\r\n";
    EXPECT_EQ(parse_request(bytes, head).status, ParseStatus::done);
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: x, Close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "connection: Keep-Alive\r\n"));
}

TEST(RequestHead, ReadsFramingFacts) {
  RequestHead head;
  parse_request(post_with("Content-Length: 0\r\n"), head);
  EXPECT_EQ(head.content_length, 0u);
  parse_request(post_with("content-length: 18446744073709551615\r\n"), head);
  EXPECT_EQ(head.content_length, 18446744073709551615u);
  parse_request(post_with("TRANSFER-ENCODING: Chunked\r\n"), head);
  EXPECT_TRUE(head.chunked);
  EXPECT_FALSE(head.content_length);
  parse_request(post_with("Connection: upgrade\r\nUpgrade: websocket\r\n"), head);
  EXPECT_TRUE(head.upgrade);
  parse_request("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", head);
  EXPECT_FALSE(head.expect_continue);
}

TEST(RequestHead, TakesTheHostFromTheAbsoluteForm) {
  RequestHead head;
  parse_request("GET http://a.b:80/x?y HTTP/1.1\r\nHost: A.b:80\r\n\r\n", head);
  EXPECT_EQ(head.target, "/x?y");
  EXPECT_EQ(head.authority, "a.b:80");
  parse_request("GET HTTPS://[::1]:80 HTTP/1.0\r\n\r\n", head);
  EXPECT_EQ(head.target, "/");
  EXPECT_EQ(head.authority, "[::1]:80");
}

TEST(RequestHead, TakesTheAsteriskForOptions) {
  RequestHead head;
  EXPECT_EQ(parse_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", head).status, ParseStatus::done);
  EXPECT_EQ(head.target, "*");
}

TEST(RequestHead, FollowsItsBytesWhenTheyMove) {
  const std::string bytes = "\r\nPOST http://h HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
  RequestHead head;
  ASSERT_EQ(parse_request(bytes, head).status, ParseStatus::done);
  const std::string before = describe(head);
  const std::string moved = bytes;
  head.rebase(bytes.data(), moved.data());
  EXPECT_EQ(describe(head), before);
  EXPECT_EQ(head.method.data(), moved.data() + 2);
  EXPECT_EQ(head.headers[1].value.data(), moved.data() + bytes.find('y'));
  EXPECT_EQ(head.target, "/");  // not from the bytes: it stays
}

struct Refused {
  std::string bytes;
  std::string expected;  // "status code" and a part of the message
};

void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.expected;
}

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, IsRefusedHoweverItIsSplit) {
  RequestHead head;
  const ParseStep step = parse_request(GetParam().bytes, head);
  ASSERT_EQ(step.status, ParseStatus::failed);
  EXPECT_EQ(std::to_string(step.error->status) + " " + std::string(step.error->code),
            GetParam().expected);
  EXPECT_EQ(step.error->fault, Fault::client);
  EXPECT_EQ(step.error->retry, Retry::no);
  EXPECT_THAT(step.error->message, testing::StartsWith("the request: "));
  EXPECT_THAT(step.error->message, Not(HasSubstr("secret")));
}

// Whatever may hold a secret is spelled so: no message may repeat it.
INSTANTIATE_TEST_SUITE_P(
    Lines, RefusedRequest,
    testing::Values(Refused{"GET / HTTP/1.1\nHost: a\n\n", "400 bare_line_feed"},
                    Refused{"GET / HTTP/1.1\r\nHost: a\n\r\n", "400 bare_line_feed"},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\n\n", "400 bare_line_feed"},
                    Refused{"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
                    Refused{"\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
                    Refused{post_with("A: b\rsecret\r\n"), "400 bare_carriage_return"},
                    Refused{post_with("A: b\r\rC: secret\r\n"), "400 bare_carriage_return"},
                    Refused{post_with("A: b\r\n secret\r\n"), "400 folded_header"},
                    Refused{post_with("A: b\r\n\tsecret\r\n"), "400 folded_header"},
                    Refused{post_with("A:\r\n secret\r\n"), "400 folded_header"},
                    Refused{"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 folded_header"},
                    Refused{post_with("Content-Length : 5\r\n"), "400 space_before_colon"},
                    Refused{post_with("Authorization\t: secret\r\n"), "400 space_before_colon"},
                    Refused{post_with("Bearer secret\r\n"), "400 space_before_colon"},
                    Refused{post_with("secret\r\n"), "400 bad_header_name"},
                    Refused{post_with(": secret\r\n"), "400 bad_header_name"},
                    Refused{post_with("A(b): secret\r\n"), "400 bad_header_name"},
                    Refused{post_with("A\xC3\xA4: secret\r\n"), "400 bad_header_name"},
                    Refused{post_with("A\0b: secret\r\n"s), "400 bad_header_name"},
                    Refused{post_with("A: secret\0\r\n"s), "400 bad_header_value"},
                    Refused{post_with("A: secret\x01\r\n"), "400 bad_header_value"},
                    Refused{post_with("A: secret\x7f\r\n"), "400 bad_header_value"},
                    Refused{post_with("Connection: a b\r\n"), "400 bad_header_value"},
                    Refused{post_with("Connection: close, \"secret\"\r\n"), "400 bad_header_value"},
                    Refused{post_with("Proxy-Connection: a;b\r\n"), "400 bad_header_value"}));

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedRequest,
    testing::Values(
        Refused{post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                "400 content_length_with_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
                "400 content_length_with_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: chunked\r\nContent-Length: x\r\n"),
                "400 content_length_with_transfer_encoding"},
        Refused{post_with("Content-Length: 5\r\nContent-Length: 6\r\n"),
                "400 duplicate_content_length"},
        Refused{post_with("Content-Length: 5\r\ncontent-length: 5\r\n"),
                "400 duplicate_content_length"},
        Refused{post_with("Content-Length: 5, 5\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length: 5, 6\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length:\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length: -1\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length: +1\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length: 0x10\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length: 1 0\r\n"), "400 bad_content_length"},
        Refused{post_with("Content-Length: 18446744073709551616\r\n"), "400 bad_content_length"},
        Refused{post_with("Transfer-Encoding: gzip, chunked\r\n"),
                "501 unsupported_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: chunked, identity\r\n"),
                "501 unsupported_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: xchunked\r\n"), "501 unsupported_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: \"chunked\"\r\n"),
                "501 unsupported_transfer_encoding"},
        Refused{post_with("Transfer-Encoding:\r\n"), "501 unsupported_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: \x0b"
                          "chunked\r\n"),
                "400 bad_header_value"},
        Refused{post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                "400 duplicate_transfer_encoding"},
        Refused{post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
                "400 duplicate_transfer_encoding"},
        Refused{"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                "400 transfer_encoding_in_http_1_0"},
        Refused{post_with("Expect: 200-maybe\r\n"), "417 expectation_failed"}));

INSTANTIATE_TEST_SUITE_P(
    Host, RefusedRequest,
    testing::Values(Refused{"GET / HTTP/1.1\r\n\r\n", "400 missing_host"},
                    Refused{"GET http://a/ HTTP/1.1\r\n\r\n", "400 missing_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "400 duplicate_host"},
                    Refused{"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "400 duplicate_host"},
                    Refused{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: []\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: [:]\r\n\r\n", "400 bad_host"},
                    Refused{"GET / HTTP/1.1\r\nHost: [a.b/]\r\n\r\n", "400 bad_host"},
                    Refused{"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "400 host_mismatch"},
                    Refused{"GET http://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n", "400 host_mismatch"}));

INSTANTIATE_TEST_SUITE_P(
    StartLine, RefusedRequest,
    testing::Values(
        Refused{"GET HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET /secret x HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_start_line"},
        Refused{"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400 bad_start_line"},
        Refused{"GET / http/1.1\r\nHost: a\r\n\r\n", "400 bad_start_line"},
        Refused{"GET / H\r\n\r\n", "400 bad_start_line"},
        Refused{"GET /\r\n\r\n", "400 bad_target"}, Refused{"GET\r\n\r\n", "400 bad_request_line"},
        Refused{"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
        Refused{" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_request_line"},
        Refused{"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, "400 bad_target"},
        Refused{"GET /\xC3\xA4 HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET http:// HTTP/1.0\r\n\r\n", "400 bad_target"},
        Refused{"GET http://u:p@a/ HTTP/1.0\r\n\r\n", "400 bad_target"},
        Refused{"GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"OPTIONS a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "400 bad_target"},
        Refused{"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", "501 unsupported_method"},
        Refused{"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", "501 unsupported_method"},
        Refused{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 unsupported_http_version"},
        Refused{"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505 unsupported_http_version"},
        Refused{"GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505 unsupported_http_version"},
        Refused{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 http2_preface"},
        Refused{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, "400 tls_on_plaintext_port"},
        Refused{"\x16\x02GET / HTTP/1.1\r\n\r\n", "400 bad_request_line"},
        Refused{"\0GET / HTTP/1.1\r\n\r\n"s, "400 bad_request_line"}));

TEST(RequestHead, SaysWhatIsWrongWhere) {
  RequestHead head;
  EXPECT_EQ(describe(parse_request(post_with("X-Broken : secret\r\n"), head)),
            "400 space_before_colon: the request: header 'X-Broken' has a space before its colon, "
            "or none");
  EXPECT_EQ(describe(parse_request(post_with("X-Broken: a\x02\r\n"), head)),
            "400 bad_header_value: the request: header 'X-Broken' holds a byte that may not be "
            "there");
  EXPECT_THAT(describe(parse_request("\x16\x03\x01", head)), HasSubstr("the client began TLS"));
  EXPECT_THAT(describe(parse_request("PRI * HTTP/2.0\r\n", head)), HasSubstr("use HTTP/1.1"));
}

TEST(RequestHead, WaitsWhileItIsNotComplete) {
  RequestHead head;
  for (const std::string_view part : {"", "\r", "\r\n", "\x16", "PRI * HTTP/2.0", "GET / HTTP/1.1",
                                      "GET / HTTP/1.1\r\nHost: a\r\n\r"})
    EXPECT_EQ(describe(parse_request(part, head)), "need more") << part;
}

TEST(RequestHead, HasNoMoreBytesThanTheLimit) {
  HeadLimits limits;
  const std::string bytes = post_with("A: b\r\n");
  limits.head_bytes_max = bytes.size();
  RequestHead head;
  EXPECT_EQ(parse_request(bytes + "body", head, limits).status, ParseStatus::done);
  limits.head_bytes_max = bytes.size() - 1;
  EXPECT_EQ(describe(parse_request(bytes, head, limits)),
            "431 head_too_large: the request: the head is larger than " +
                std::to_string(bytes.size() - 1) + " bytes");
  // So many bytes and no end: the end can only come too late.
  EXPECT_EQ(parse_request(bytes.substr(0, bytes.size() - 1), head, limits).error->status, 431);
  EXPECT_EQ(parse_request(bytes.substr(0, bytes.size() - 2), head, limits).status,
            ParseStatus::need_more);
}

TEST(RequestHead, HasNoLongerFirstLineThanTheLimit) {
  HeadLimits limits;
  const std::string line = "GET /long HTTP/1.1\r\n";
  limits.request_line_bytes_max = line.size();
  RequestHead head;
  EXPECT_EQ(parse_request(line + "Host: a\r\n\r\n", head, limits).status, ParseStatus::done);
  limits.request_line_bytes_max = line.size() - 1;
  EXPECT_EQ(parse_request(line + "Host: a\r\n\r\n", head, limits).error->status, 414);
  EXPECT_EQ(parse_request("GET /" + std::string(200, 'x'), head, limits).error->status, 414);
}

TEST(RequestHead, HasNoMoreHeadersThanTheLimit) {
  HeadLimits limits;
  std::string lines;
  for (int i = 1; i < 100; ++i) lines += "A: " + std::to_string(i) + "\r\n";
  RequestHead head;
  const std::string bytes = post_with(lines);
  ASSERT_EQ(parse_request(bytes, head, limits).status, ParseStatus::done);
  EXPECT_EQ(head.headers.size(), 100u);
  EXPECT_EQ(head.headers[99].value, "99");
  EXPECT_EQ(describe(parse_request(post_with(lines + "B: c\r\n"), head, limits)),
            "431 too_many_headers: the request: there are more than 100 headers");
}

}  // namespace
}  // namespace headgate::http
