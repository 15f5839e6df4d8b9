#include "core/upstream/stale_retry.hpp"

#include <boost/asio/error.hpp>

#include "core/net/byte_stream.hpp"

namespace headgate::upstream {
namespace {

bool says_closed(const net::ErrorCode& error) {
  return net::is_end(error) || net::is_truncated(error) ||
         error == boost::asio::error::connection_reset ||
         error == boost::asio::error::broken_pipe ||
         error == boost::asio::error::connection_aborted ||
         error == boost::asio::error::not_connected;
}

}  // namespace

bool stale_retry_allowed(const BrokenExchange& exchange) {
  return exchange.reused && exchange.bytes_received == 0 && exchange.body_replayable &&
         says_closed(exchange.error);
}

}  // namespace headgate::upstream
