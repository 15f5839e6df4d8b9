// Our head parser beside Beast's, on the same bytes: it accepts no head that Beast refuses, and
// reads what both accept in the same way. And however a head is split, it says the same.

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/src.hpp>  // compiled here, for the program does without it
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/http/heads.hpp"

namespace headgate::http {
namespace {

namespace beast = boost::beast;

template <bool is_request>
class BeastParser final : public beast::http::basic_parser<is_request> {
 public:
  std::string start;
  std::string fields;

 private:
  using Failure = beast::error_code;

  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                       int version, Failure&) override {
    start = std::string(method) + " " + std::string(target) + " " + std::to_string(version);
  }
  void on_response_impl(int status, beast::string_view reason, int version, Failure&) override {
    start = std::to_string(status) + " " + std::string(reason) + " " + std::to_string(version);
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     Failure&) override {
    fields += "[" + std::string(name) + "|" + std::string(value) + "]";
  }
  void on_header_impl(Failure&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Failure&) override {}
  std::size_t on_body_impl(beast::string_view, Failure&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, Failure&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, Failure&) override { return 0; }
  void on_finish_impl(Failure&) override {}
};

std::string start_of(const RequestHead& head) {
  return std::string(head.method) + " " + std::string(head.target) + " 1" +
         std::to_string(head.minor_version);
}

std::string start_of(const ResponseHead& head) {
  return std::to_string(head.status) + " " + std::string(head.reason) + " 1" +
         std::to_string(head.minor_version);
}

ParseStep parse(std::string_view bytes, RequestHead& head, bool) {
  return parse_request_head(bytes, HeadLimits(), head);
}

ParseStep parse(std::string_view bytes, ResponseHead& head, bool head_request) {
  return parse_response_head(bytes, HeadLimits(), head_request, head);
}

// Whether both accept it.
template <bool is_request, class Head>
bool agree(const std::string& bytes, bool head_request) {
  Head ours;
  const ExactBytes exact(bytes);
  const ParseStep step = parse(exact.view(), ours, head_request);

  // In two parts, so that the slower way through the parser is taken.
  for (const std::size_t split : {std::size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
    Head again;
    const ExactBytes front(bytes.substr(0, split));
    ParseStep second = parse(front.view(), again, head_request);
    if (second.status == ParseStatus::need_more) second = parse(exact.view(), again, head_request);
    EXPECT_EQ(describe(second), describe(step)) << bytes;
    if (step.status == ParseStatus::done) {
      EXPECT_EQ(describe(again), describe(ours)) << bytes;
    }
  }
  if (step.status != ParseStatus::done) return false;

  BeastParser<is_request> theirs;
  theirs.body_limit(boost::none);
  theirs.header_limit(1u << 20);
  if constexpr (!is_request) theirs.skip(head_request);
  beast::error_code failure;
  const std::size_t skipped = is_request && bytes.starts_with("\r\n") ? 2 : 0;
  const std::size_t used =
      theirs.put(boost::asio::buffer(bytes.data() + skipped, bytes.size() - skipped), failure);
  EXPECT_FALSE(failure) << failure.message() << "\n" << bytes;
  EXPECT_TRUE(theirs.is_header_done()) << bytes;
  EXPECT_EQ(skipped + used, step.consumed) << bytes;

  std::string fields;
  for (const Header& header : ours.headers)
    fields += "[" + std::string(header.name) + "|" + std::string(header.value) + "]";
  EXPECT_EQ(fields, theirs.fields) << bytes;
  if (bytes.find("http://") == std::string::npos) {
    EXPECT_EQ(start_of(ours), theirs.start);
  }
  EXPECT_EQ(ours.chunked, theirs.chunked()) << bytes;
  EXPECT_EQ(ours.upgrade, theirs.upgrade()) << bytes;
  // A 204 that is framed is not trusted to keep its connection in order.
  const bool distrusted = bytes.find(" 204 ") != std::string::npos && !ours.keep_alive;
  if (!distrusted) {
    EXPECT_EQ(ours.keep_alive, theirs.keep_alive()) << bytes;
  }
  if (ours.content_length) {
    EXPECT_EQ(*ours.content_length, theirs.content_length().value_or(0));
  }
  return true;
}

// Heads put together from good and bad parts, most of them good; then a byte may change.
class HeadMaker {
 public:
  explicit HeadMaker(std::uint32_t seed) : random_(seed) {}

  std::string request() {
    std::string bytes = one_in(20) ? "\r\n" : "";
    bytes += pick({"GET", "POST", "OPTIONS", "M-SEARCH", "G@T", ""}, 4);
    bytes += pick({" ", "  ", "\t", ""}, 1);
    bytes += pick(
        {"/", "/v1/chat/completions?x=%20", "*", "http://h:80/p", "a/b", "/\x80", "", "/ "}, 4);
    bytes +=
        pick({" HTTP/1.1", " HTTP/1.0", " HTTP/1.2", " HTTP/2.0", " http/1.1", " HTTP/1.1 "}, 2);
    bytes += line_end() + (one_in(10) ? "" : "Host: h:80\r\n");
    return fields(std::move(bytes));
  }

  std::string response() {
    std::string bytes = pick({"HTTP/1.1", "HTTP/1.0", "HTTP/1.9", "HTTP/2", "HTTP"}, 2);
    bytes +=
        pick({" 200 ", " 204 ", " 304 ", " 100 ", " 101 ", " 503 ", " 099 ", " 20 ", " 200"}, 6);
    bytes += pick({"OK", "", "Not \tFound", "\xC3\xA4", "a\rb", "a\x01"}, 4);
    return fields(bytes + line_end());
  }

  bool one_in(unsigned count) { return random_() % count == 0; }

 private:
  // One of the first `good`, and now and then one of the others.
  std::string pick(const std::vector<std::string_view>& choices, std::size_t good) {
    const std::size_t among = one_in(12) ? choices.size() : good;
    return std::string(choices[random_() % among]);
  }

  std::string line_end() { return pick({"\r\n", "\n", "\r", "\r\n ", "\r\r\n", "\r\n\t"}, 1); }

  std::string fields(std::string bytes) {
    for (auto count = random_() % 6; count > 0; --count) {
      bytes += pick({"X-Some", "Content-Type", "Connection", "Content-Length", "User-Agent",
                     "Transfer-Encoding", "Proxy-Connection", "Upgrade", "connection", "Expect",
                     "CONTENT-LENGTH", "transfer-encoding", "Host", "X y", "", "X\x80", "X\x7f"},
                    9);
      bytes += pick({":", ": ", ":\t  ", " :", "", "\t:"}, 3);
      bytes +=
          pick({"a value of sixteen and more bytes", "close", "keep-alive", "Keep-Alive, Upgrade",
                "12", "chunked", "", "a\tb", "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4",
                "x-a ,, x-b", "5, 5", "1 2", "gzip, chunked", "a;b", "a b c d e f \x01",
                "12345678\x7f", "\"q\"", "-1", "18446744073709551616"},
               10);
      bytes += pick({"", " ", " \t "}, 3) + line_end();
    }
    bytes += pick({"\r\n", "\n", "\r", ""}, 1);
    if (one_in(6)) bytes[random_() % bytes.size()] = static_cast<char>(random_());
    return bytes;
  }

  std::mt19937 random_;
};

TEST(HeadParserBesideBeast, AcceptsNoRequestThatBeastRefusesAndReadsTheSame) {
  HeadMaker maker(1);
  int accepted = 0;
  for (int i = 0; i < 30000 && !testing::Test::HasFailure(); ++i)
    accepted += agree<true, RequestHead>(maker.request(), false) ? 1 : 0;
  // So that the comparison is one.
  EXPECT_GT(accepted, 5000);
}

TEST(HeadParserBesideBeast, AcceptsNoResponseThatBeastRefusesAndReadsTheSame) {
  HeadMaker maker(2);
  int accepted = 0;
  for (int i = 0; i < 30000 && !testing::Test::HasFailure(); ++i) {
    const bool head_request = maker.one_in(4);
    accepted += agree<false, ResponseHead>(maker.response(), head_request) ? 1 : 0;
  }
  EXPECT_GT(accepted, 5000);
}

TEST(HeadParserBesideBeast, AgreesAboutEveryByteAtEveryPlace) {
  const std::string request = "GET /p HTTP/1.1\r\nHost: h\r\nConnection: a, b\r\nA: b c\r\n\r\n";
  const std::string response = "HTTP/1.1 200 OK\r\nConnection: a\r\nContent-Length: 1\r\n\r\n";
  int accepted = 0;
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < request.size() && !testing::Test::HasFailure(); ++at) {
      std::string bytes = request;
      bytes[at] = static_cast<char>(byte);
      accepted += agree<true, RequestHead>(bytes, false) ? 1 : 0;
    }
    for (std::size_t at = 0; at < response.size() && !testing::Test::HasFailure(); ++at) {
      std::string bytes = response;
      bytes[at] = static_cast<char>(byte);
      accepted += agree<false, ResponseHead>(bytes, false) ? 1 : 0;
    }
  }
  EXPECT_GT(accepted, 2000);
}

}  // namespace
}  // namespace headgate::http
