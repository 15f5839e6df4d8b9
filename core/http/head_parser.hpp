#pragma once
// Bytes to message heads, strictly: what two implementations could read differently is refused, so
// that nothing can be smuggled past this gateway or past its upstreams. Never laxer than Beast's
// parser, which a test holds it against (docs/decisions/0009). [any]
//
// Refused, among others: bare LF and bare CR, folded headers, a space before the colon,
// Content-Length twice (also when equal) or with Transfer-Encoding, any transfer coding but
// `chunked`, a missing or second Host, control bytes, targets of the wrong form. After a failure
// the connection must be closed: where the next message begins is not known.

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/error.hpp"
#include "core/http/head.hpp"

namespace headgate::http {

struct HeadLimits {
  // Bytes of a whole head, start line to empty line.
  std::size_t head_bytes_max = 64 * 1024;

  // Bytes of the request line with its CRLF. Longer ones get 414.
  std::size_t request_line_bytes_max = 16 * 1024;

  // Header fields of a head.
  std::size_t headers_max = 100;
};

enum class ParseStatus { need_more, done, failed };

class ParseStep {
 public:
  static ParseStep need_more() { return ParseStep(ParseStatus::need_more, 0, std::nullopt); }
  static ParseStep done(std::size_t consumed) {
    return ParseStep(ParseStatus::done, consumed, std::nullopt);
  }
  static ParseStep failed(Error error) {
    return ParseStep(ParseStatus::failed, 0, std::move(error));
  }

  ParseStatus status;
  std::size_t consumed;        // bytes of the head, when done
  std::optional<Error> error;  // when failed

 private:
  ParseStep(ParseStatus status, std::size_t consumed, std::optional<Error> error)
      : status(status), consumed(consumed), error(std::move(error)) {}
};

// `bytes` begins where the request does and holds all that came so far; behind the head there may
// be more (the body, a pipelined request). With need_more call again with the same bytes and more
// behind them, which may lie elsewhere, and the same `out`: then no byte is looked at twice. The
// views in `out` are valid while the bytes stay where they are (or rebase() is called).
// Errors are the client's, with status 400, 414, 417, 431, 501 or 505.
ParseStep parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& out);

// The same for what an upstream sent. `head_request`: it answers HEAD, so no body follows.
// A 1xx is done like any other: skip its bytes and parse again while out.informational().
// Errors are the upstream's, 502, code "upstream_bad_response".
ParseStep parse_response_head(std::string_view bytes, const HeadLimits& limits, bool head_request,
                              ResponseHead& out);

}  // namespace headgate::http
