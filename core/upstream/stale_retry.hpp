#pragma once
// When a request may be sent again because its kept-alive connection turned out to be dead. Pure.

#include <cstdint>

#include "core/net/task.hpp"
#include "core/upstream/connection.hpp"

namespace headgate::upstream {

// How far an exchange on one connection got when it failed.
struct BrokenExchange {
  bool reused;                   // the connection had served a request before
  std::uint64_t bytes_received;  // of the answer, on this connection
  bool body_replayable;          // the whole request body is still at hand
  net::ErrorCode error;          // what the write or read ended with
};

// A server may close an idle connection at any time; a request that crosses with the FIN was not
// processed. So: only on a reused connection, only before the first byte of an answer, only for the
// errors that a closed connection gives (not for a deadline, which closes it from our side), and
// once: the second try asks for a fresh connection, which is never reused.
bool stale_retry_allowed(const BrokenExchange& exchange);

// The same of an exchange on this connection, where all of the request is still at hand.
inline bool stale_retry_allowed(const Connection& connection, std::uint64_t bytes_received,
                                const net::ErrorCode& error) {
  return stale_retry_allowed(BrokenExchange{connection.reused(), bytes_received, true, error});
}

}  // namespace headgate::upstream
