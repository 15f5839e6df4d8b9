#include "core/exchange/side_call.hpp"

#include <algorithm>
#include <span>

#include "core/http/head_parser.hpp"
#include "core/http/head_writer.hpp"
#include "core/http/header_rules.hpp"
#include "core/plugin/call.hpp"
#include "core/upstream/stale_retry.hpp"

namespace headgate::exchange {
namespace {

// How the results are called in metrics, by HG_HTTP_*.
std::string_view name_of(std::uint32_t result) {
  switch (result) {
    case HG_HTTP_ANSWERED:
      return "answered";
    case HG_HTTP_CONNECT:
      return "connect";
    case HG_HTTP_TIMEOUT:
      return "timeout";
    case HG_HTTP_TOO_LARGE:
      return "too_large";
    default:
      return "broken";
  }
}

bool is_the_gateways(std::string_view name) {
  return http::is_hop_by_hop(name) || http::equals_ignoring_case(name, "content-length") ||
         http::equals_ignoring_case(name, "host") ||
         http::equals_ignoring_case(name, "accept-encoding");
}

bool is_target(std::string_view target) {
  return target.starts_with('/') && target.size() <= SideCall::kTargetBytesMax &&
         std::all_of(target.begin(), target.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > ' ' && byte != 0x7f;
         });
}

milliseconds shorter(std::uint64_t asked, milliseconds most) {
  if (asked == 0 || asked >= static_cast<std::uint64_t>(most.count())) return most;
  return milliseconds(static_cast<milliseconds::rep>(asked));
}

std::span<const hg_http_header> headers_of(const hg_http_request& request) {
  return {request.headers, request.header_count};
}

}  // namespace

std::int32_t SideCall::check(const hg_http_request& request) {
  const std::string_view method = plugin::view(request.method);
  if (!http::is_token(method) || method == "CONNECT" || !is_target(plugin::view(request.target))) {
    return HG_INVALID;
  }
  for (const hg_http_header& header : headers_of(request)) {
    const std::string_view name = plugin::view(header.name);
    if (is_the_gateways(name)) return HG_DENIED;
    if (!http::is_token(name) || !http::is_field_value(plugin::view(header.value))) {
      return HG_INVALID;
    }
  }
  return HG_OK;
}

SideCall::SideCall(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot,
                   const SideUpstream& upstream, std::string_view plugin,
                   const hg_http_request& request)
    : worker_(worker),
      snapshot_(std::move(snapshot)),
      upstream_(upstream),
      plugin_(plugin),
      method_(plugin::view(request.method)),
      body_(plugin::view(request.body)),
      timeout_(shorter(request.timeout, upstream.timeout)),
      answer_bytes_max_(request.answer_bytes_max == 0
                            ? kAnswerBytes
                            : static_cast<std::size_t>(request.answer_bytes_max)),
      deadline_(worker.worker.sweep(), [this] { close(); }) {
  write_head(request);
}

void SideCall::write_head(const hg_http_request& request) {
  http::write_request_line(head_text_, method_, plugin::view(request.target));
  http::write_known_header(head_text_, "host", upstream_.authority);
  bool named = false;
  for (const hg_http_header& header : headers_of(request)) {
    const std::string_view name = plugin::view(header.name);
    named = named || http::equals_ignoring_case(name, "user-agent");
    http::write_header(head_text_, name, plugin::view(header.value));
  }
  if (!named) http::write_known_header(head_text_, "user-agent", "headgate");
  http::write_known_header(head_text_, "accept-encoding", "identity");
  if (!body_.empty() || method_ == "POST" || method_ == "PUT" || method_ == "PATCH") {
    http::write_header(head_text_, "content-length", body_.size());
  }
  http::write_head_end(head_text_);
}

bool SideCall::take_room() {
  return room_.grow_to(worker_.bodies, body_.size());
}

void SideCall::start(const std::shared_ptr<SideCall>& call, std::function<void()> on_done) {
  call->on_done_ = std::move(on_done);
  call->deadline_.arm_after(call->timeout_);
  net::spawn(call->worker_.worker.io(), run(call));
}

void SideCall::cancel() {
  if (!on_done_) return;  // it is done, or cancelled before
  on_done_ = nullptr;
  cancelled_ = true;
  close();
}

void SideCall::close() {
  connecting_.request();
  if (connection_) connection_->stream().close();
}

net::Task<void> SideCall::run(std::shared_ptr<SideCall> call) {
  try {
    co_await call->exchange();
  } catch (...) {
    call->fail(HG_HTTP_BROKEN, "an error inside the gateway");
  }
  call->finish();
}

// Once more on a fresh connection if the one that waited turns out to be dead.
net::Task<void> SideCall::exchange() {
  for (bool fresh = false; !over(); fresh = true) {
    if (!fresh) connection_ = worker_.pool.take_idle(*upstream_.target);
    if (!connection_) {
      const bool connected = co_await connect();
      if (!connected) co_return;
    }
    co_await ask();
    if (head_taken_ || !may_try_fresh()) break;
    connection_.reset();
  }
  if (head_taken_) {
    co_await read_body();
  } else {
    fail(HG_HTTP_BROKEN, "the connection ended without an answer");
  }
}

net::Task<bool> SideCall::connect() {
  const TimePoint until = worker_.worker.clock().now() + upstream_.connect_timeout;
  const upstream::AcquireOptions options(until, true, &connecting_);
  auto acquired = co_await worker_.pool.acquire(*upstream_.target, options);
  if (!acquired) {
    fail(HG_HTTP_CONNECT, acquired.error().message);
    co_return false;
  }
  connection_ = std::move(*acquired);
  co_return !over();
}

// Sends the request and reads the head of the answer.
net::Task<void> SideCall::ask() {
  pieces_ = {head_text_, body_};
  head_.clear();
  bytes_received_ = 0;
  read_error_ = {};
  net::ByteStream& stream = connection_->stream();
  net::drop_front(pieces_, stream.write_at_once(pieces_));
  net::ErrorCode error;
  if (!pieces_.empty()) error = co_await stream.write(pieces_);
  // It may answer before it has read everything and then close: what it said counts.
  while (!over() && !take_head() && error_.empty()) {
    const net::ReadResult read = co_await stream.read_into(connection_->buffer(), 1);
    if (read.error) {
      read_error_ = read.error;
      break;
    }
    bytes_received_ += read.bytes;
  }
  if (error) {
    head_.keep_alive = false;
    if (!head_taken_) read_error_ = error;
  }
}

bool SideCall::may_try_fresh() const {
  if (over() || !error_.empty()) return false;
  return upstream::stale_retry_allowed(*connection_, bytes_received_, read_error_);
}

// True when the head is there, and taken. False: more bytes are needed, or it has failed.
bool SideCall::take_head() {
  static constexpr http::HeadLimits kLimits;
  ReadBuffer& buffer = connection_->buffer();
  while (!buffer.empty() && error_.empty()) {
    http::ParseStep step =
        http::parse_response_head(buffer.data(), kLimits, method_ == "HEAD", head_);
    if (step.status == http::ParseStatus::need_more) return false;
    if (step.status == http::ParseStatus::failed) {
      fail(HG_HTTP_BROKEN, "no valid answer: " + step.error->message);
    } else if (head_.status == 101) {
      fail(HG_HTTP_BROKEN, "no valid answer: another protocol that nobody asked for");
    } else if (head_.informational()) {
      buffer.consume(step.consumed);
      head_.clear();
    } else {
      keep_head(step.consumed);
      return true;
    }
  }
  return false;
}

void SideCall::keep_head(std::size_t bytes) {
  const char* const from = connection_->buffer().data().data();
  head_bytes_.assign(from, bytes);
  head_.rebase(from, head_bytes_.data());
  const http::HopByHop hop(head_);
  for (const http::Header& header : head_.headers) {
    if (hop.ends_here(header.name)) continue;
    headers_.push_back(hg_http_header{plugin::str(header.name), plugin::str(header.value)});
  }
  framing_ = http::response_body(head_, method_ == "HEAD", http::BodyLimits());
  connection_->buffer().consume(bytes);
  head_taken_ = true;
}

net::Task<void> SideCall::read_body() {
  while (!over() && error_.empty() && !framing_.done()) {
    if (take_piece()) continue;
    const net::ReadResult read = co_await connection_->stream().read_into(connection_->buffer(), 1);
    if (!read.error || over()) continue;
    if (!net::is_end(read.error) || !framing_.end_of_input()) {
      fail(HG_HTTP_BROKEN, "the answer broke off");
    }
    break;
  }
  complete_ = !over() && error_.empty();
}

// Takes what is there of the body. False: more bytes are needed.
bool SideCall::take_piece() {
  const std::string_view there = connection_->buffer().data();
  http::Piece piece = framing_.next(there);
  if (piece.status == http::PieceStatus::failed) {
    fail(HG_HTTP_BROKEN, "no valid answer: " + piece.error->message);
    return true;
  }
  const std::size_t most = answer_bytes_max_ - answer_.size();
  if (piece.data.size() > most || framing_.remaining() > most - piece.data.size()) {
    fail(HG_HTTP_TOO_LARGE,
         "the answer has more than " + std::to_string(answer_bytes_max_) + " bytes");
    return true;
  }
  if (!room_.grow_to(worker_.bodies, body_.size() + answer_.size() + piece.data.size())) {
    fail(HG_HTTP_TOO_LARGE, "no room for the answer: too many bodies are held");
    return true;
  }
  answer_.append(piece.data);
  connection_->buffer().consume(piece.consumed);
  return piece.consumed > 0 || framing_.done();
}

// The first failure counts.
void SideCall::fail(std::uint32_t result, std::string error) {
  if (over() || !error_.empty()) return;
  result_ = result;
  error_ = std::move(error);
}

void SideCall::finish() {
  const bool in_time = complete_ || !deadline_.expired();
  deadline_.disarm();
  if (complete_ && !cancelled_) {
    result_ = HG_HTTP_ANSWERED;
    if (head_.keep_alive) worker_.pool.give_back(std::move(connection_));
  } else if (!in_time) {
    result_ = HG_HTTP_TIMEOUT;
    error_ = "no answer in " + std::to_string(timeout_.count()) + " ms";
  }
  connection_.reset();
  upstream_.series->ended(worker_.metrics, plugin_, cancelled_ ? "cancelled" : name_of(result_));
  if (on_done_) std::exchange(on_done_, nullptr)();
}

void SideCall::read(hg_http_answer& answer) const {
  answer.result = result_;
  answer.error = plugin::str(error_);
  if (result_ != HG_HTTP_ANSWERED) return;
  answer.status = static_cast<std::uint32_t>(head_.status);
  answer.header_count = static_cast<std::uint32_t>(headers_.size());
  answer.headers = headers_.data();
  answer.body = plugin::str(answer_);
}

}  // namespace headgate::exchange
