#include "core/exchange/request_body.hpp"

#include <algorithm>

#include "core/http/body_framing.hpp"
#include "core/http/decoder.hpp"

namespace headgate::exchange {

RequestBody::RequestBody(RequestContext& request, net::ByteStream& stream, ReadBuffer& in,
                         ClientLink& client)
    : request_(request),
      stream_(stream),
      in_(in),
      client_(client),
      deadline_(request.worker.worker.sweep(), [this] { stream_.cancel_read(); }),
      limits_(request.snapshot->config->frontend.http),
      buffered_bytes_(request.head.head_bytes),
      complete_(!request.head.content_length && !request.head.chunked) {}

std::optional<Result<std::string_view>> RequestBody::take_if_there() {
  const http::RequestHead& head = request_.head;
  if (head.chunked) return std::nullopt;
  const std::uint64_t length = head.content_length.value_or(0);
  if (length > limits_.body_bytes_max || in_.size() - head.head_bytes < length ||
      (length > 0 && head.headers.contains("content-encoding")) ||
      !share_.grow_to(request_.worker.bodies, length)) {
    return std::nullopt;
  }
  complete_ = true;
  bytes_ = length;
  buffered_bytes_ = head.head_bytes + static_cast<std::size_t>(length);
  return in_.data().substr(head.head_bytes, static_cast<std::size_t>(length));
}

net::Task<Result<std::string_view>> RequestBody::read() {
  const http::RequestHead& head = request_.head;
  began_ = request_.worker.worker.clock().now();
  if (head.content_length && *head.content_length > limits_.body_bytes_max) co_return too_large();
  if (head.expect_continue && in_.size() == head.head_bytes) {
    const bool sent = co_await client_.send_continue();
    if (!sent) co_return client_error(400, "client_gone", "the client left");
  }
  if (head.chunked) {
    Result<std::string_view> body = co_await read_chunked();
    co_return finished(std::move(body));
  }
  Result<std::string_view> body = co_await read_length(*head.content_length);
  co_return finished(std::move(body));
}

// What was read, with its coding taken off.
Result<std::string_view> RequestBody::finished(Result<std::string_view> body) {
  if (!body) return body;
  complete_ = true;
  bytes_ = body->size();
  if (request_.head.headers.contains("content-encoding")) return decoded(*body);
  return body;
}

net::Task<Result<std::string_view>> RequestBody::read_length(std::uint64_t length) {
  if (!share_.grow_to(request_.worker.bodies, length)) {
    co_return no_room();
  }
  const std::size_t head_bytes = request_.head.head_bytes;
  const std::size_t wanted = head_bytes + static_cast<std::size_t>(length);
  while (in_.size() < wanted) {
    // One byte more than there will be: a read that fills its room is followed by one that asks at
    // once, in vain.
    const std::size_t room = wanted - in_.size() + 1;
    auto more = co_await read_more(room);
    if (!more) co_return std::move(more.error());
  }
  buffered_bytes_ = wanted;
  co_return in_.data().substr(head_bytes, static_cast<std::size_t>(length));
}

// The chunks are copied together, and what was copied leaves the buffer: a body of many small
// chunks costs no more memory than its bytes.
net::Task<Result<std::string_view>> RequestBody::read_chunked() {
  move_head_to_arena();
  http::BodyLimits limits;
  limits.body_bytes_max = limits_.body_bytes_max;
  http::BodyFraming framing = http::BodyFraming::chunked(limits, Fault::client);
  for (;;) {
    http::Piece piece = framing.next(in_.data());
    if (piece.status == http::PieceStatus::failed) co_return std::move(*piece.error);
    if (!share_.grow_to(request_.worker.bodies, copied_.size() + piece.data.size())) {
      co_return no_room();
    }
    copied_.append(piece.data);
    in_.consume(piece.consumed);
    if (piece.status == http::PieceStatus::done) break;
    if (piece.consumed > 0 && !in_.empty()) continue;
    auto more = co_await read_more(1);
    if (!more) co_return std::move(more.error());
  }
  const std::size_t size = copied_.size();
  copied_.append(ReadBuffer::kPadding, '\0');
  co_return std::string_view(copied_.data(), size);
}

net::Task<Result<void>> RequestBody::read_more(std::size_t room) {
  if (buffered_bytes_ > 0) make_room(room);
  deadline_.arm(deadline());
  const net::ReadResult result = co_await stream_.read_into(in_, room);
  deadline_.disarm();
  if (deadline_.expired()) {
    co_return client_error(408, "body_timeout", "the request body did not arrive in time");
  }
  if (!result.error) {
    received_ += result.bytes;
    co_return Result<void>();
  }
  co_return client_error(400, "client_gone", "the client left before its request was complete");
}

// The head is in the buffer, and there are views of it.
void RequestBody::make_room(std::size_t room) {
  const char* const before = in_.data().data();
  in_.space(room);
  const char* const now = in_.data().data();
  if (now == before) return;
  request_.head.rebase(before, now);
  request_.rebase(before, now);
}

// Each piece must come within the timeout, and all of them together at the least rate: a byte now
// and then would hold a request's memory for ever.
TimePoint RequestBody::deadline() const {
  const TimePoint next = request_.worker.worker.clock().now() + limits_.body_timeout;
  if (limits_.body_rate_min == 0) return next;
  const milliseconds earned(received_ * 1000 / limits_.body_rate_min);
  return std::min(next, began_ + limits_.body_timeout + earned);
}

void RequestBody::move_head_to_arena() {
  const std::string_view head = in_.data().substr(0, request_.head.head_bytes);
  const std::string_view kept = request_.arena.copy(head);
  request_.head.rebase(head.data(), kept.data());
  request_.rebase(head.data(), kept.data());
  in_.consume(head.size());
  buffered_bytes_ = 0;
}

Result<std::string_view> RequestBody::decoded(std::string_view coded) {
  const std::string encoding(*request_.head.headers.find("content-encoding"));
  if (encoding == "identity") return coded;
  auto decoder = http::make_decoder(encoding);
  if (!decoder) {
    return client_error(415, "unsupported_content_encoding",
                        "the request body's content-encoding '" + encoding + "' is not supported");
  }
  std::string plain;
  if (auto fed = (*decoder)->feed(coded, plain, limits_.body_bytes_max); !fed) {
    if (fed.error().code == "decoded_body_too_large") return too_large();
    return client_error(400, "bad_content_encoding",
                        "the request body is not valid " + encoding + " data");
  }
  if (!(*decoder)->finished()) {
    return client_error(400, "bad_content_encoding", "the request body's coding is cut short");
  }
  if (!share_.grow_to(request_.worker.bodies, coded.size() + plain.size())) return no_room();
  was_coded_ = true;
  const std::size_t size = plain.size();
  plain.append(ReadBuffer::kPadding, '\0');
  copied_ = std::move(plain);
  return std::string_view(copied_.data(), size);
}

Error RequestBody::no_room() {
  return gateway_error("too_many_bodies",
                       "the gateway holds as many bodies as it may (frontendPolicies.http."
                       "maxTotalBufferSize); try again later",
                       503);
}

Error RequestBody::too_large() const {
  return client_error(413, "request_too_large",
                      "the request body is larger than " +
                          config::format_size(limits_.body_bytes_max) +
                          " (frontendPolicies.http.maxBufferSize)");
}

void RequestBody::consume() {
  in_.consume(buffered_bytes_);
  buffered_bytes_ = 0;
  in_.release();
  share_.release();
}

}  // namespace headgate::exchange
