#pragma once
// `frontendPolicies`: the limits of what clients may send. Every one of them bounds memory or time
// that a client could otherwise take.

#include <chrono>
#include <cstdint>
#include <vector>

#include "core/config/values.hpp"

namespace headgate::config {

class Fields;

// `frontendPolicies.http`
struct HttpLimits {
  // maxBufferSize: one request body. Larger ones are answered 413.
  std::uint64_t body_bytes_max = 20u << 20;
  // maxTotalBufferSize: all bodies held at one time; beyond it requests are answered 503.
  std::uint64_t total_body_bytes_max = 1u << 30;
  // http1MaxHeadSize: request line and headers. Larger ones are answered 431.
  std::uint64_t head_bytes_max = 64u << 10;
  // http1MaxHeaders: number of header lines. More are answered 431.
  std::uint32_t headers_max = 100;
  // headTimeout: from the first byte of a head to its last.
  milliseconds head_timeout{10'000};
  // bodyTimeout: between two reads of a body that bring something.
  milliseconds body_timeout{30'000};
  // minBodyRate: bytes a second that a body must bring on average once bodyTimeout has passed;
  // 0 = any. It bounds the whole body where bodyTimeout bounds each wait: answered 408.
  std::uint64_t body_rate_min = 1u << 10;
  // http1IdleTimeout: a kept connection between two requests.
  milliseconds idle_timeout{600'000};
  // maxPendingConnections: accepted by the kernel and not yet by the gateway, per worker of a port;
  // for ports that are opened from now on. A client beyond it tries again after a second.
  std::uint32_t pending_connections_max = 1024;
  // forwardHeaders: headers of clients that providers get besides the common ones. Lower case.
  std::vector<PlacedText> forward_headers;
};

struct FrontendConfig {
  HttpLimits http;
};

void describe(Fields& fields, HttpLimits& limits);
void describe(Fields& fields, FrontendConfig& frontend);

}  // namespace headgate::config
