// An answer in one piece: held until it is complete, so that it can still fail unseen.

#include <headgate/provider.h>

#include <array>

#include "core/exchange/attempt.hpp"
#include "core/exchange/commit_gate.hpp"
#include "core/select/retry_after.hpp"

namespace headgate::exchange {

// read_whole() where nothing has to be waited for: the body came with its head. False otherwise.
bool Attempt::take_whole_if_there(std::size_t bytes_max) {
  const std::string_view there = connection_->buffer().data();
  if (framing_.kind() != http::BodyKind::length || framing_.remaining() > bytes_max ||
      framing_.remaining() > there.size()) {
    return false;
  }
  context_.response_body = framing_.next(there).data;
  body_complete_ = true;
  return true;
}

// Reads the whole body. Afterwards context_.response_body is a view of it: in the connection's
// buffer where it came with a length, in whole_ otherwise. More than `bytes_max` is left unread:
// then body_complete_ is false and what came so far is in whole_.
net::Task<Attempt::MaybeFailure> Attempt::read_whole(std::size_t bytes_max) {
  whole_.clear();
  ReadBuffer& buffer = connection_->buffer();
  if (framing_.kind() == http::BodyKind::length && framing_.remaining() <= bytes_max) {
    const auto length = static_cast<std::size_t>(framing_.remaining());
    if (auto no_room = hold(length)) co_return no_room;
    while (buffer.size() < length) {
      const std::size_t room = length - buffer.size() + 1;  // not filled: more is not to be had
      const net::ReadResult read = co_await read_more(room);
      if (!took(read)) co_return read_failure();
    }
    take_whole_if_there(bytes_max);
    co_return std::nullopt;
  }
  while (!framing_.done() && whole_.size() <= bytes_max) {
    http::Piece piece = framing_.next(buffer.data());
    if (piece.status == http::PieceStatus::failed) {
      co_return failure(FailureKind::bad_answer, "upstream_bad_response", piece.error->message);
    }
    whole_.append(piece.data);
    buffer.consume(piece.consumed);
    if (auto no_room = hold(whole_.size())) co_return no_room;
    if (piece.status == http::PieceStatus::done) break;
    if (piece.consumed > 0 && !buffer.empty()) continue;
    const net::ReadResult read = co_await read_more();
    if (!took(read)) {
      if (!net::is_end(read_error_) || !framing_.end_of_input()) co_return read_failure();
      break;
    }
  }
  body_complete_ = framing_.done();
  context_.response_body = whole_;
  co_return std::nullopt;
}

Attempt::MaybeFailure Attempt::decode_whole(std::size_t bytes_max) {
  if (content_encoding_.empty()) return std::nullopt;
  auto decoder = http::make_decoder(content_encoding_);
  if (!decoder) {
    return failure(FailureKind::bad_answer, decoder.error().code, decoder.error().message);
  }
  std::string decoded;
  if (auto fed = (*decoder)->feed(context_.response_body, decoded, bytes_max); !fed) {
    return failure(FailureKind::bad_answer, fed.error().code, fed.error().message);
  }
  if (!(*decoder)->finished()) {
    return failure(FailureKind::bad_answer, "bad_content_encoding", "sent a coded body cut short");
  }
  if (auto no_room = hold(context_.response_body.size() + decoded.size())) return no_room;
  if (framing_.kind() == http::BodyKind::length) {
    connection_->buffer().consume(context_.response_body.size());
  }
  whole_ = std::move(decoded);
  context_.response_body = whole_;
  content_encoding_.clear();
  context_.response_headers.remove("content-encoding");
  decoded_ = true;
  return std::nullopt;
}

// For classify(): the error's body, decoded. What cannot be read of it is left out; the status is
// failure enough.
net::Task<Attempt::MaybeFailure> Attempt::read_error_body(Failure& failure) {
  select::RetryHint hint(request_.worker.worker.clock().wall());
  for (const http::Header& header : context_.response_headers) hint.see(header.name, header.value);
  failure.retry_after = hint.wait();
  failure.content_type = content_type_;
  const auto problem = co_await read_whole(kErrorBodyMax);
  if (problem || !body_complete_) co_return std::nullopt;
  const bool in_buffer = framing_.kind() == http::BodyKind::length;
  const std::size_t coded_bytes = context_.response_body.size();
  if (!decode_whole(kErrorBodyMax)) failure.body = context_.response_body;
  if (in_buffer && !decoded_) connection_->buffer().consume(coded_bytes);
  context_.response_body = {};
  give_back_connection();
  co_return std::nullopt;
}

Attempt::MaybeFailure Attempt::translate_whole(const hg_plan& plan) {
  if (plan.want_body != 0) {
    call_.enter(Phase::body, &context_);
    const std::int32_t result =
        endpoint_.provider->on_body(context_.provider_context, call_, context_.response_body);
    if (result == HG_ABORT) {
      return failure(FailureKind::bad_answer, "upstream_bad_response",
                     "sent a body that its plugin cannot read");
    }
  }
  const plugin::DialectInstance& dialect = *request_.dialect.dialect;
  if (plan.passes == 0 && !dialect.declares().neutral) {
    call_.enter(Phase::body, &context_);
    const std::string neutral(call_.body(HG_RESPONSE));
    if (dialect.from_neutral_body(request_.dialect_context, call_, neutral) != HG_CONTINUE) {
      return failure(FailureKind::bad_answer, "not_translatable",
                     "sent an answer that cannot be translated");
    }
  }
  return std::nullopt;
}

net::Task<AttemptEnd> Attempt::relay_whole(hg_plan plan) {
  const bool must_hold = plan.passes == 0;
  const std::size_t bytes_max = must_hold ? kTranslatedBodyMax : CommitGate::kWholeBytesMax;
  MaybeFailure problem;
  if (!take_whole_if_there(bytes_max)) problem = co_await read_whole(bytes_max);
  if (problem) co_return failed(std::move(*problem));
  if (!body_complete_) {
    if (must_hold) {
      co_return failed(FailureKind::bad_answer, "upstream_answer_too_large",
                       "sent an answer above " + std::to_string(kTranslatedBodyMax) + " bytes");
    }
    const bool reads_tail = plan.want_body != 0 && endpoint_.provider->reads_tails();
    if (reads_tail && content_encoding_.empty()) tail_ = std::make_unique<BodyTail>();
    co_return co_await relay_raw();  // what is in whole_ goes first
  }
  const bool in_buffer = framing_.kind() == http::BodyKind::length && content_encoding_.empty();
  problem = decode_whole(kTranslatedBodyMax);
  if (!problem) problem = translate_whole(plan);
  if (!problem && context_.body_replaced) {
    problem = hold(context_.response_body.size() + context_.replaced_body.size());
  }
  if (problem) co_return failed(std::move(*problem));
  if (context_.body_replaced) context_.response_headers.set("content-type", "application/json");

  if (!race_.commit(*this)) co_return superseded();
  const std::int32_t allowed = policies_.on_response(context_);
  if (allowed != HG_CONTINUE) co_return stopped_by_policy(allowed);
  deadline_.disarm();
  add_answer_headers();
  const std::string_view body =
      context_.body_replaced ? std::string_view(context_.replaced_body) : context_.response_body;
  const std::array<std::string_view, 1> pieces{body};
  if (!client_.send_whole_at_once(context_.head.status, context_.response_headers, pieces)) {
    co_await client_.send_rest();
  }
  if (in_buffer) connection_->buffer().consume(context_.response_body.size());
  co_return served();
}

}  // namespace headgate::exchange
