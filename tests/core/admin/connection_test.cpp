#include "core/admin/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <deque>
#include <string>

#include "core/net/signal.hpp"
#include "tests/support/manual_clock.hpp"

namespace headgate::admin {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Gives the bytes that were written down, then waits, or ends when the client is done sending.
class ScriptedStream final : public net::ByteStream {
 public:
  ScriptedStream(net::IoContext& io, std::deque<std::string> reads) : reads(reads), more_(io) {}

  net::Task<net::ReadResult> read_some(std::span<char> into) override {
    while (reads.empty() && !client_done && !closed) co_await more_.wait();
    if (closed) co_return net::ReadResult(boost::asio::error::operation_aborted, 0);
    if (reads.empty()) co_return net::ReadResult(boost::asio::error::eof, 0);
    std::string& next = reads.front();
    const std::size_t count = std::min(next.size(), into.size());
    std::copy_n(next.begin(), count, into.begin());
    next.erase(0, count);
    if (next.empty()) reads.pop_front();
    co_return net::ReadResult(net::ErrorCode(), count);
  }
  net::Task<net::ErrorCode> write(std::span<const std::string_view> pieces) override {
    if (closed) co_return boost::asio::error::operation_aborted;
    for (const std::string_view piece : pieces) written += piece;
    co_return net::ErrorCode();
  }
  void cancel_read() override {}
  void close() override {
    closed = true;
    more_.notify();
  }
  net::Task<void> shutdown_send() override {
    sending_ended = true;
    co_return;
  }
  void watch_peer(std::function<void()>) override {}
  void unwatch_peer() override {}
  const std::string& remote_address() const override { return address; }
  const std::string& remote_ip() const override { return address; }

  void send(std::string bytes) {
    reads.push_back(std::move(bytes));
    more_.notify();
  }

  std::deque<std::string> reads;
  std::string written;
  std::string address = "127.0.0.1:40000";
  bool client_done = false;
  bool sending_ended = false;
  bool closed = false;

 private:
  net::Signal more_;
};

class AdminConnection : public ::testing::Test {
 protected:
  AdminConnection() {
    sources_.readiness = [] { return Readiness::ready; };
    sources_.reload = [this]() -> Result<void> {
      ++reloads_;
      return {};
    };
  }

  ~AdminConnection() override {
    stream_.close();
    turn();
    EXPECT_TRUE(ended_);
  }

  void serve(AdminLimits limits = {}) {
    net::spawn(io_, run(limits));
    turn();
  }
  net::Task<void> run(AdminLimits limits) {
    co_await serve_connection(stream_, sweep_, sources_, AdminScope::all, limits);
    ended_ = true;
  }
  void turn() {
    io_.restart();
    io_.poll();
  }

  ManualClock clock_;
  net::IoContext io_;
  net::DeadlineSweep sweep_{io_, clock_};
  ScriptedStream stream_{io_, {}};
  AdminSources sources_;
  int reloads_ = 0;
  bool ended_ = false;
};

TEST_F(AdminConnection, AnswersARequestAndGoesOn) {
  stream_.reads = {"GET /healthz/ready HTTP/1.1\r\nHost: a\r\n\r\n"};
  serve();
  EXPECT_EQ(stream_.written,
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 6\r\n"
            "cache-control: no-store\r\nx-content-type-options: nosniff\r\n"
            "content-security-policy: default-src 'none'\r\nconnection: keep-alive\r\n\r\nready\n");
  EXPECT_FALSE(ended_);
  stream_.written.clear();
  stream_.send("GET /healthz/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  turn();
  EXPECT_THAT(stream_.written, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(stream_.written, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(stream_.written, EndsWith("\r\n\r\nok\n"));
  EXPECT_TRUE(stream_.sending_ended);
}

TEST_F(AdminConnection, ReadsAHeadThatComesByteByByteAndAnswersPipelinedRequestsInOrder) {
  const std::string both =
      "GET /healthz/ready HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char c : both) stream_.reads.push_back(std::string(1, c));
  serve();
  const std::string bytewise = stream_.written;
  EXPECT_LT(bytewise.find("HTTP/1.1 200"), bytewise.find("HTTP/1.1 404"));
  EXPECT_NE(bytewise.find("HTTP/1.1 404"), std::string::npos);
  stream_.written.clear();
  stream_.send(both);
  turn();
  EXPECT_EQ(stream_.written, bytewise);
}

TEST_F(AdminConnection, SendsNoBodyForHead) {
  stream_.reads = {"HEAD /healthz/ready HTTP/1.1\r\nHost: a\r\n\r\n"};
  serve();
  EXPECT_THAT(stream_.written, HasSubstr("content-length: 6\r\n"));
  EXPECT_THAT(stream_.written, EndsWith("\r\n\r\n"));
}

TEST_F(AdminConnection, NamesTheMethodThatAPathTakes) {
  stream_.reads = {"GET /api/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"};
  serve();
  EXPECT_THAT(stream_.written, HasSubstr("\r\nallow: POST\r\n"));
}

TEST_F(AdminConnection, PassesOnWhatKeepsWebPagesOut) {
  for (const char* header : {"Host: example.com", "Host: 127.0.0.1\r\nOrigin: http://example.com",
                             "Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site"}) {
    stream_.reads.push_back("POST /api/reload HTTP/1.1\r\nContent-Length: 0\r\n" +
                            std::string(header) + "\r\n\r\n");
  }
  serve();
  EXPECT_EQ(reloads_, 0);
  EXPECT_THAT(stream_.written, Not(HasSubstr("HTTP/1.1 200")));
  stream_.send("POST /api/reload HTTP/1.1\r\nContent-Length: 0\r\nHost: 127.0.0.1\r\n\r\n");
  turn();
  EXPECT_EQ(reloads_, 1);
  EXPECT_FALSE(ended_);
}

TEST_F(AdminConnection, TrustsAUnixSocket) {
  stream_.address = "unix";
  stream_.reads = {"POST /api/reload HTTP/1.1\r\nHost: anything\r\n\r\n"};
  serve();
  EXPECT_EQ(reloads_, 1);
}

TEST_F(AdminConnection, ClosesBehindARequestWithABodyWithoutReadingItAsARequest) {
  stream_.reads = {
      "POST /api/reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 70\r\n\r\n"
      "POST /api/reload HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"};
  serve();
  EXPECT_EQ(reloads_, 1);
  EXPECT_THAT(stream_.written, HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(stream_.sending_ended);
  EXPECT_FALSE(stream_.closed);  // not before the client has read the answer
  stream_.client_done = true;
  stream_.send("x");
  turn();
  EXPECT_TRUE(ended_);
  EXPECT_TRUE(stream_.closed);
}

TEST_F(AdminConnection, RefusesAHeadThatIsNotHttpAndCloses) {
  stream_.reads = {"GET / HTTP/1.1\r\nHost : a\r\n\r\n"};
  serve();
  EXPECT_THAT(stream_.written, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(stream_.written, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(stream_.written, HasSubstr(R"({"error":{"code":")"));
}

TEST_F(AdminConnection, RefusesAHeadThatIsTooLarge) {
  AdminLimits limits;
  limits.head_bytes_max = 100;
  stream_.reads = {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100, 'x') + "\r\n\r\n"};
  serve(limits);
  EXPECT_THAT(stream_.written, StartsWith("HTTP/1.1 431 "));
}

TEST_F(AdminConnection, EndsWhenTheClientDoes) {
  stream_.reads = {"GET /healthz/ready HT"};
  stream_.client_done = true;
  serve();
  EXPECT_TRUE(ended_);
  EXPECT_EQ(stream_.written, "");
  EXPECT_TRUE(stream_.closed);
}

TEST_F(AdminConnection, IsCutByItsDeadline) {
  stream_.reads = {"GET /healthz/ready HT"};
  serve();
  clock_.advance(milliseconds(9'900));
  sweep_.expire(clock_.now());
  turn();
  EXPECT_FALSE(ended_);
  clock_.advance(milliseconds(200));
  sweep_.expire(clock_.now());
  turn();
  EXPECT_TRUE(ended_);
}

TEST_F(AdminConnection, HasTheWholeTimeForEachRequest) {
  serve();
  clock_.advance(milliseconds(9'000));
  stream_.send("GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n");
  turn();
  clock_.advance(milliseconds(9'000));
  sweep_.expire(clock_.now());
  turn();
  EXPECT_FALSE(ended_);
  clock_.advance(milliseconds(1'100));
  sweep_.expire(clock_.now());
  turn();
  EXPECT_TRUE(ended_);
}

}  // namespace
}  // namespace headgate::admin
