// Bytes that nobody here understands: pass-through paths, plain upstreams, answers too large to
// hold. Committed at the head; read and written one after the other, so a slow client stops the
// upstream.

#include <headgate/endpoints.h>

#include "core/exchange/attempt.hpp"

namespace headgate::exchange {

net::Task<AttemptEnd> Attempt::relay_raw() {
  deadline_.disarm();  // from here on it is armed for each read
  const std::int32_t allowed = policies_.on_response(context_);
  if (allowed != HG_CONTINUE) co_return stopped_by_policy(allowed);
  add_answer_headers();
  std::optional<std::uint64_t> length;
  if (framing_.kind() == http::BodyKind::length) length = framing_.remaining() + whole_.size();
  if (framing_.kind() == http::BodyKind::none) {
    // What a HEAD does not say of the body is not known here either.
    length = context_.head.content_length;
    if (!length && context_.method != "HEAD") length = 0;
  }
  std::vector<std::string_view> first;
  if (!whole_.empty()) first.push_back(whole_);
  ReadBuffer& buffer = connection_->buffer();
  http::Piece piece = framing_.next(buffer.data());
  if (!piece.data.empty()) first.push_back(piece.data);
  if (!co_await client_.begin_answer(context_.head.status, context_.response_headers, length,
                                     std::move(first))) {
    co_return served();
  }
  const milliseconds idle = endpoint_.timeout.stream_idle_timeout;
  while (piece.status == http::PieceStatus::more) {
    buffer.consume(piece.consumed);
    if (piece.consumed == 0 || buffer.empty()) {
      deadline_.arm(idle_deadline(idle));
      const bool more = co_await read_more();
      deadline_.disarm();
      if (!more) {
        if (!net::is_end(read_error_) || !framing_.end_of_input()) co_return cut_raw();
        piece = http::Piece();
        piece.status = http::PieceStatus::done;
        break;
      }
    }
    piece = framing_.next(buffer.data());
    std::vector<std::string_view> pieces{piece.data};
    if (!co_await client_.send(std::move(pieces))) co_return served();
  }
  if (piece.status == http::PieceStatus::failed) co_return cut_raw();
  buffer.consume(piece.consumed);
  body_complete_ = true;
  co_await client_.end_answer(std::vector<std::string_view>());
  co_return served();
}

// Nothing can be added to bytes of an unknown format: the client sees the connection break, which
// is the one sign that HTTP itself has for an answer cut short.
AttemptEnd Attempt::cut_raw() {
  client_.abort();
  return broken(deadline_.expired() ? "upstream_timeout" : "upstream_cut");
}

TimePoint Attempt::idle_deadline(milliseconds idle) const {
  TimePoint until = request_.worker.worker.clock().now() + idle;
  if (endpoint_.timeout.backend_request_timeout) {
    until = std::min(until, started_ + *endpoint_.timeout.backend_request_timeout);
  }
  return request_.deadline ? std::min(until, *request_.deadline) : until;
}

}  // namespace headgate::exchange
