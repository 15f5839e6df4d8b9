#include "core/config/frontend_config.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/base/ascii.hpp"
#include "core/config/fields.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

namespace {

constexpr std::uint64_t kKiB = 1u << 10;
constexpr std::uint64_t kGiB = 1u << 30;

// As long as an attempt compares names of headers.
constexpr std::string_view kToken = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}";

// Of this hop, of the body that is sent, or the gateway's own affair.
constexpr std::array<std::string_view, 14> kStay = {"host",
                                                    "connection",
                                                    "keep-alive",
                                                    "proxy-connection",
                                                    "te",
                                                    "trailer",
                                                    "transfer-encoding",
                                                    "upgrade",
                                                    "content-length",
                                                    "content-encoding",
                                                    "expect",
                                                    "accept-encoding",
                                                    "proxy-authenticate",
                                                    "http2-settings"};

void check_forwarded(Fields& fields, std::vector<PlacedText>& names) {
  for (PlacedText& name : names) {
    name.text = lowered(name.text);
    if (std::find(kStay.begin(), kStay.end(), name.text) == kStay.end()) continue;
    fields.fault(name, "header '" + name.text +
                           "' is about one connection or body and is never forwarded; leave it "
                           "out");
  }
}

}  // namespace

void describe(Fields& fields, HttpLimits& limits) {
  size(fields, {"maxBufferSize", "One request body. Larger ones are answered 413."},
       limits.body_bytes_max, {kKiB, kGiB});
  size(fields,
       {"maxTotalBufferSize",
        "All bodies held at one time: of requests, and of answers that are held until they are "
        "complete. Beyond it requests are answered 503."},
       limits.total_body_bytes_max, {kKiB, 1024 * kGiB});
  size(fields, {"http1MaxHeadSize", "Request line and headers. Larger ones are answered 431."},
       limits.head_bytes_max, {kKiB, 1024 * kKiB});
  count(fields, {"http1MaxHeaders", "Number of header lines. More are answered 431."},
        limits.headers_max, {1, 1000});
  duration(fields, {"headTimeout", "From the first byte of a request head to its last."},
           limits.head_timeout, kHour);
  duration(fields, {"bodyTimeout", "Between two pieces of a request body."}, limits.body_timeout,
           kHour);
  size(fields,
       {"minBodyRate",
        "Bytes a second that a request body must bring on average once bodyTimeout has passed. "
        "Slower ones are answered 408. 0 = no limit."},
       limits.body_rate_min, {0, kGiB});
  duration(fields, {"http1IdleTimeout", "A kept connection between two requests."},
           limits.idle_timeout, 24 * kHour);
  count(fields,
        {"maxPendingConnections",
         "Connections of a port that wait to be accepted, per worker thread; read when the port is "
         "opened."},
        limits.pending_connections_max, {1, 65535});
  texts(
      fields,
      {"forwardHeaders",
       "Headers of clients that providers get besides the common ones and those that a provider's "
       "plugin asks for."},
      limits.forward_headers,
      {.expects = "the name of a header of at most 64 characters", .pattern = kToken});
  check_forwarded(fields, limits.forward_headers);
  if (limits.total_body_bytes_max < limits.body_bytes_max) {
    fields.fault("/maxTotalBufferSize", "'maxTotalBufferSize' must not be below 'maxBufferSize'");
  }
}

void describe(Fields& fields, FrontendConfig& frontend) {
  part(fields, {"http", "Limits of HTTP."}, frontend.http);
}

}  // namespace headgate::config
