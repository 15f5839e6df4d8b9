#include "core/upstream/stale_retry.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

#include "core/net/stream_error.hpp"

namespace headgate::upstream {
namespace {

using boost::asio::error::connection_reset;

const BrokenExchange kStale{true, 0, true, connection_reset};

TEST(StaleRetry, IsAllowedForEveryWayAClosedConnectionShows) {
  namespace error = boost::asio::error;
  for (const net::ErrorCode& code :
       {net::ErrorCode(error::eof), net::ErrorCode(connection_reset),
        net::ErrorCode(error::broken_pipe), net::ErrorCode(error::connection_aborted),
        net::ErrorCode(error::not_connected), make_error_code(net::StreamError::truncated)}) {
    BrokenExchange exchange = kStale;
    exchange.error = code;
    EXPECT_TRUE(stale_retry_allowed(exchange)) << code.message();
  }
}

TEST(StaleRetry, IsRefusedOnAFreshConnection) {
  BrokenExchange exchange = kStale;
  exchange.reused = false;
  EXPECT_FALSE(stale_retry_allowed(exchange));
}

TEST(StaleRetry, IsRefusedOnceAByteOfTheAnswerCame) {
  BrokenExchange exchange = kStale;
  exchange.bytes_received = 1;
  EXPECT_FALSE(stale_retry_allowed(exchange));
}

TEST(StaleRetry, IsRefusedWhenTheBodyIsGone) {
  BrokenExchange exchange = kStale;
  exchange.body_replayable = false;
  EXPECT_FALSE(stale_retry_allowed(exchange));
}

TEST(StaleRetry, IsRefusedWhenWeClosedItOurselvesOrItFailedOtherwise) {
  BrokenExchange exchange = kStale;
  exchange.error = boost::asio::error::operation_aborted;  // a deadline
  EXPECT_FALSE(stale_retry_allowed(exchange));
  exchange.error = make_error_code(net::StreamError::tls_failed);
  EXPECT_FALSE(stale_retry_allowed(exchange));
  exchange.error = boost::asio::error::timed_out;  // keep-alive probes: it may have been processed
  EXPECT_FALSE(stale_retry_allowed(exchange));
  exchange.error = {};
  EXPECT_FALSE(stale_retry_allowed(exchange));
}

}  // namespace
}  // namespace headgate::upstream
