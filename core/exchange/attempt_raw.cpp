// Bytes that nobody here understands: pass-through paths, plain upstreams, answers too large to
// hold. Committed at the head; read and written one after the other, so a slow client stops the
// upstream.

#include <headgate/endpoints.h>

#include <array>

#include "core/exchange/attempt.hpp"

namespace headgate::exchange {

// Whole chunks that have been read, for a client that takes them as they came.
BodyPiece Attempt::take_chunks() {
  BodyPiece run;
  if (!client_.takes_chunks()) return run;
  ReadBuffer& buffer = connection_->buffer();
  http::Chunk chunk;
  while (framing_.take_chunk(buffer.data(), chunk)) {
    const char* const begin = run.bytes.empty() ? chunk.raw.data() : run.bytes.data();
    run.bytes = std::string_view(begin, run.bytes.size() + chunk.raw.size());
    run.in_chunks += chunk.data.size();
    keep_tail_of(chunk.data);
    buffer.consume(chunk.consumed);
  }
  return run;
}

void Attempt::keep_tail_of(std::string_view bytes) {
  if (tail_) tail_->add(bytes);
}

void Attempt::show_tail() {
  if (!tail_) return;
  call_.enter(Phase::none, &context_);
  endpoint_.provider->on_tail(context_.provider_context, call_, tail_->view());
}

net::Task<AttemptEnd> Attempt::relay_raw() {
  deadline_.disarm();  // from here on it is armed for each read
  if (!race_.commit(*this)) co_return superseded();
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
  ReadBuffer& buffer = connection_->buffer();
  keep_tail_of(whole_);
  BodyPiece chunks = take_chunks();
  http::Piece piece = framing_.next(buffer.data());
  keep_tail_of(piece.data);
  bool ended = piece.status == http::PieceStatus::done;
  const std::array<BodyPiece, 3> first{BodyPiece{whole_}, chunks, BodyPiece{piece.data}};
  if (!co_await client_.begin_answer(context_.head.status, context_.response_headers, length, first,
                                     ended)) {
    co_return served();
  }
  const milliseconds idle = endpoint_.timeout.stream_idle_timeout;
  while (piece.status == http::PieceStatus::more) {
    buffer.consume(piece.consumed);
    if (piece.consumed == 0 || buffer.empty()) {
      deadline_.arm(idle_deadline(idle));
      const net::ReadResult read = co_await read_more();
      deadline_.disarm();
      if (!took(read)) {
        if (!net::is_end(read_error_) || !framing_.end_of_input()) co_return cut_raw();
        piece = http::Piece();
        piece.status = http::PieceStatus::done;  // with no bytes
        break;
      }
    }
    answered_ = request_.worker.worker.clock().now();
    blocked_ += client_.take_blocked();
    chunks = take_chunks();
    piece = framing_.next(buffer.data());
    keep_tail_of(piece.data);
    const std::array<BodyPiece, 2> pieces{chunks, BodyPiece{piece.data}};
    ended = piece.status == http::PieceStatus::done;
    if (ended) {
      if (!co_await client_.end_answer(pieces)) co_return served();
    } else {
      if (!co_await client_.send(pieces)) co_return served();
    }
  }
  if (piece.status == http::PieceStatus::failed) co_return cut_raw();
  buffer.consume(piece.consumed);
  body_complete_ = true;
  show_tail();
  if (!ended) {  // it ended with its connection
    const std::span<const BodyPiece> nothing;
    co_await client_.end_answer(nothing);
  }
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
