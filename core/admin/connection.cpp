#include "core/admin/connection.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/read_buffer.hpp"
#include "core/http/head.hpp"
#include "core/http/head_writer.hpp"

namespace headgate::admin {
namespace {

// How a head ended. Has a constructor: it travels through a coroutine.
class HeadRead {
 public:
  explicit HeadRead(http::ParseStep step) : step(std::move(step)) {}
  http::ParseStep step;  // need_more: the connection ended first
};

net::Task<HeadRead> read_head(net::ByteStream& stream, ReadBuffer& buffer,
                              const http::HeadLimits& limits, http::RequestHead& head) {
  head.clear();
  http::ParseStep step = http::parse_request_head(buffer.data(), limits, head);
  while (step.status == http::ParseStatus::need_more) {
    const net::ReadResult read = co_await stream.read_into(buffer, 1);
    if (read.error) break;
    step = http::parse_request_head(buffer.data(), limits, head);
  }
  co_return HeadRead(std::move(step));
}

AdminRequest request_of(const http::RequestHead& head, bool local_socket) {
  AdminRequest request;
  request.method = head.method;
  request.target = head.target;
  request.authority = head.authority;
  request.accept = head.headers.find("accept").value_or(std::string_view());
  request.origin = head.headers.find("origin").value_or(std::string_view());
  request.fetch_site = head.headers.find("sec-fetch-site").value_or(std::string_view());
  request.local_socket = local_socket;
  return request;
}

void append_response(std::string& out, const AdminResponse& response, bool with_body, bool close) {
  http::write_status_line(out, response.status);
  http::write_header(out, "content-type", response.content_type);
  http::write_header(out, "content-length", response.body.size());
  http::write_header(out, "cache-control", "no-store");
  http::write_header(out, "x-content-type-options", "nosniff");
  http::write_header(out, "content-security-policy", "default-src 'none'");
  if (!response.allow.empty()) http::write_header(out, "allow", response.allow);
  http::write_header(out, "connection", close ? "close" : "keep-alive");
  http::write_head_end(out);
  if (with_body) out += response.body;
}

// Closes so that the client reads the answer even if it is still sending: see shutdown_send().
net::Task<void> linger(net::ByteStream& stream, ReadBuffer& buffer) {
  co_await stream.shutdown_send();
  while (true) {
    buffer.consume(buffer.size());
    const net::ReadResult read = co_await stream.read_into(buffer, 1);
    if (read.error) break;
  }
}

}  // namespace

net::Task<void> serve_connection(net::ByteStream& stream, net::DeadlineSweep& sweep,
                                 const AdminSources& sources, AdminScope scope,
                                 AdminLimits limits) {
  net::Deadline deadline(sweep, [&stream] { stream.close(); });
  http::HeadLimits head_limits;
  head_limits.head_bytes_max = limits.head_bytes_max;
  const bool local_socket = stream.remote_address() == "unix";
  ReadBuffer buffer;
  http::RequestHead head;
  std::string out;

  while (true) {
    deadline.arm_after(limits.request_timeout);
    const HeadRead read = co_await read_head(stream, buffer, head_limits, head);
    if (read.step.status == http::ParseStatus::need_more) break;

    out.clear();
    bool close = true;
    if (read.step.status == http::ParseStatus::failed) {
      const Error& error = *read.step.error;
      append_response(out, error_response(error.status, error.code, error.message), true, close);
    } else {
      // A body means nothing here; it is not read, so the connection cannot go on behind it.
      const bool has_body = head.chunked || head.content_length.value_or(0) != 0;
      close = has_body || !head.keep_alive;
      const AdminResponse response = handle(request_of(head, local_socket), sources, scope);
      append_response(out, response, head.method != "HEAD", close);
      buffer.consume(read.step.consumed);
    }
    const net::ErrorCode failed = co_await net::write(stream, out);
    if (failed) break;
    if (close) {
      co_await linger(stream, buffer);
      break;
    }
  }
  stream.close();
}

}  // namespace headgate::admin
