#include "core/exchange/client_link.hpp"

#include <cassert>
#include <utility>

#include "core/http/head_writer.hpp"

namespace headgate::exchange {
namespace {

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::uint64_t total(std::span<const std::string_view> pieces) {
  std::uint64_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  return bytes;
}

// Of a chunk's head: 16 digits and a line end.
constexpr std::size_t kChunkHeadMax = 18;

}  // namespace

ClientLink::ClientLink(WorkerContext& worker, net::ByteStream& stream)
    : worker_(worker),
      stream_(stream),
      write_deadline_(worker.worker.sweep(), [this] { stream_.close(); }),
      watch_deadline_(worker.worker.sweep(), [this] {
        watching_ = true;
        stream_.watch_peer([this] { leave(); });
      }) {}

ClientLink::~ClientLink() {
  unwatch();
}

void ClientLink::begin_request(int minor_version, bool keep_alive, bool head_request) {
  minor_version_ = minor_version;
  keep_alive_ = keep_alive;
  head_request_ = head_request;
  head_sent_ = false;
  chunked_ = false;
  ends_with_connection_ = false;
  body_bytes_ = 0;
  blocked_ = {};
}

void ClientLink::Watch::begin() {
  if (previous_) return;
  next_ = client_.watches_;
  if (next_) next_->previous_ = &next_;
  previous_ = &client_.watches_;
  client_.watches_ = this;
  if (!client_.watching_ && !client_.watch_deadline_.armed()) {
    client_.watch_deadline_.arm_after(kWatchAfter);
  }
}

void ClientLink::Watch::end() {
  if (!previous_) return;
  *previous_ = next_;
  if (next_) next_->previous_ = previous_;
  next_ = nullptr;
  previous_ = nullptr;
}

void ClientLink::leave() {
  gone_ = true;
  for (Watch* watch = watches_; watch; watch = watch->next_) watch->on_gone_();
}

void ClientLink::cut() {
  stream_.close();
  leave();
}

// A connection that just ends would make the body of such an answer look whole.
void ClientLink::abort() {
  keep_alive_ = false;
  if (ends_with_connection_) {
    stream_.reset();
  } else {
    stream_.close();
  }
}

void ClientLink::unwatch() {
  while (watches_) watches_->end();
  watch_deadline_.disarm();
  if (watching_) stream_.unwatch_peer();
  watching_ = false;
}

void ClientLink::write_head(int status, const http::HeaderMap& headers,
                            std::optional<std::uint64_t> length) {
  head_.clear();
  http::write_status_line(head_, status);
  // An answer that was passed on keeps the date at which it was made.
  if (!headers.get("date")) http::write_known_header(head_, "date", worker_.date());
  http::write_headers(head_, headers);
  chunked_ = false;
  ends_with_connection_ = false;
  if (length) {
    if (may_have_body(status)) http::write_header(head_, "content-length", *length);
  } else if (minor_version_ >= 1) {
    chunked_ = true;
    http::write_header(head_, "transfer-encoding", "chunked");
  } else {
    keep_alive_ = false;  // HTTP/1.0: the connection's end is the body's
    ends_with_connection_ = true;
  }
  if (worker_.draining) keep_alive_ = false;
  if (!keep_alive_) {
    http::write_header(head_, "connection", "close");
  } else if (minor_version_ == 0) {
    http::write_header(head_, "connection", "keep-alive");
  }
  http::write_head_end(head_);
  head_sent_ = true;
}

bool ClientLink::write_out_at_once() {
  if (gone_) return false;
  net::drop_front(out_, stream_.write_at_once(out_));
  return out_.empty();
}

net::Task<bool> ClientLink::write_out() {
  if (write_out_at_once()) co_return true;
  if (gone_) co_return false;
  const TimePoint began = worker_.worker.clock().now();
  write_deadline_.arm_after(kWriteTimeout);
  const net::ErrorCode error = co_await stream_.write(out_);
  write_deadline_.disarm();
  blocked_ += worker_.worker.clock().now() - began;
  if (error) gone_ = true;
  co_return !error;
}

void ClientLink::frame(std::span<const BodyPiece> pieces) {
  if (head_request_) return;
  chunk_heads_.clear();
  chunk_heads_.reserve(pieces.size() * kChunkHeadMax);  // out_ has views of it
  for (std::size_t at = 0; at < pieces.size();) {
    if (pieces[at].in_chunks > 0) {
      assert(chunked_);
      body_bytes_ += pieces[at].in_chunks;
      out_.push_back(pieces[at++].bytes);
      continue;
    }
    const std::size_t begin = at;
    while (at < pieces.size() && pieces[at].in_chunks == 0) ++at;
    add_chunk(pieces.subspan(begin, at - begin));
  }
}

void ClientLink::add_chunk(std::span<const BodyPiece> pieces) {
  std::uint64_t bytes = 0;
  for (const BodyPiece& piece : pieces) bytes += piece.bytes.size();
  if (bytes == 0) return;
  body_bytes_ += bytes;
  if (chunked_) {
    const std::size_t begin = chunk_heads_.size();
    http::write_chunk_size(chunk_heads_, bytes);
    out_.push_back(std::string_view(chunk_heads_).substr(begin));
  }
  for (const BodyPiece& piece : pieces) out_.push_back(piece.bytes);
  if (chunked_) out_.push_back(http::kChunkEnd);
}

void ClientLink::add_end() {
  if (chunked_ && !head_request_) out_.push_back("0\r\n\r\n");
}

void ClientLink::begin_whole(int status, const http::HeaderMap& headers,
                             std::span<const std::string_view> body) {
  write_head(status, headers, total(body));
  out_.assign(1, head_);
  if (!may_have_body(status) || head_request_) return;
  body_bytes_ += total(body);
  out_.insert(out_.end(), body.begin(), body.end());
}

net::Task<bool> ClientLink::send_whole(int status, const http::HeaderMap& headers,
                                       std::span<const std::string_view> body) {
  begin_whole(status, headers, body);
  return write_out();
}

bool ClientLink::send_whole_at_once(int status, const http::HeaderMap& headers,
                                    std::span<const std::string_view> body) {
  begin_whole(status, headers, body);
  return write_out_at_once();
}

net::Task<bool> ClientLink::begin_answer(int status, const http::HeaderMap& headers,
                                         std::optional<std::uint64_t> length,
                                         std::span<const BodyPiece> first, bool last) {
  write_head(status, headers, length);
  out_.assign(1, head_);
  frame(first);
  if (last) add_end();
  return write_out();
}

net::Task<bool> ClientLink::send(std::span<const BodyPiece> pieces) {
  out_.clear();
  frame(pieces);
  return write_out();
}

net::Task<bool> ClientLink::end_answer(std::span<const BodyPiece> pieces) {
  out_.clear();
  frame(pieces);
  add_end();
  return write_out();
}

net::Task<bool> ClientLink::send_continue() {
  out_.assign(1, "HTTP/1.1 100 Continue\r\n\r\n");
  return write_out();
}

}  // namespace headgate::exchange
