#include "tests/tools/upstream-sim/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <random>

namespace sim {
namespace {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using TlsStream = asio::ssl::stream<Socket>;
template <typename T>
using Task = asio::awaitable<T, Executor>;
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kToken{};

constexpr std::size_t kReadSize = std::size_t{64} << 10;
constexpr std::size_t kBodyMax = std::size_t{256} << 20;

// How a reply ended.
enum class Outcome : std::uint8_t { complete, client_left, faulted };

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::complete:
      return "complete";
    case Outcome::client_left:
      return "client_left";
    case Outcome::faulted:
      return "faulted";
  }
  return "";
}

template <typename Stream>
class Session final : public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, const Surroundings& surroundings)
      : stream_(std::move(stream)), surroundings_(surroundings), timer_(stream_.get_executor()) {
    arrival_.listener = surroundings.listener;
    arrival_.connection = surroundings.simulator.connection_opened();
  }
  ~Session() { surroundings_.simulator.connection_closed(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Executor executor() { return stream_.get_executor(); }
  Task<void> run();

 private:
  Socket& socket() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  Task<bool> handshake();
  Task<bool> read_more();
  Task<bool> read_request();
  Task<bool> answer();
  Task<bool> answer_control();
  Task<Outcome> send(const Reply& reply);
  Task<Outcome> send_head_and_waits(const Reply& reply);
  Task<Outcome> send_pieces(const Reply& reply);
  Task<bool> write(std::string_view bytes);
  Task<bool> wait(Milliseconds time, Milliseconds jitter);
  void watch_for_leaving();
  void stop_watching();
  void reset();

  Stream stream_;
  const Surroundings surroundings_;
  Timer timer_;
  Arrival arrival_;
  std::minstd_rand random_{std::random_device()()};
  std::string buffer_;
  RequestHead head_;
  std::string decoded_;    // of a chunked body
  std::string_view body_;  // in buffer_ or decoded_
  std::size_t request_bytes_ = 0;
  std::uint64_t watched_reply_ = 0;  // counts replies, so that a late watcher knows it is late
  bool client_left_ = false;
  std::int64_t tokens_sent_ = 0;
  std::uint64_t bytes_sent_ = 0;
};

template <typename Stream>
Task<void> Session<Stream>::run() {
  if (!co_await handshake()) co_return;
  for (;;) {
    if (!co_await read_request()) break;
    const bool go_on = co_await answer();
    if (!go_on || client_left_) break;
    buffer_.erase(0, request_bytes_);
  }
  boost::system::error_code ignored;
  socket().shutdown(asio::socket_base::shutdown_both, ignored);
  socket().close(ignored);
}

template <typename Stream>
Task<bool> Session<Stream>::handshake() {
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kToken);
    if (error) co_return false;
    const char* const name = SSL_get_servername(stream_.native_handle(), TLSEXT_NAMETYPE_host_name);
    if (name != nullptr) arrival_.server_name = name;
  }
  co_return true;
}

template <typename Stream>
Task<bool> Session<Stream>::read_more() {
  const std::size_t have = buffer_.size();
  buffer_.resize(have + kReadSize);
  const asio::mutable_buffer room(buffer_.data() + have, kReadSize);
  const auto [error, got] = co_await stream_.async_read_some(room, kToken);
  buffer_.resize(have + got);
  co_return !error;
}

template <typename Stream>
Task<bool> Session<Stream>::read_request() {
  HeadResult result = parse_head(buffer_, head_);
  while (result == HeadResult::need_more) {
    if (!co_await read_more()) co_return false;
    result = parse_head(buffer_, head_);
  }
  if (result == HeadResult::bad) co_return false;

  const bool has_body = head_.chunked || head_.content_length > 0;
  if (head_.expects_continue && has_body && !surroundings_.replies.no_continue()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await write(kContinue)) co_return false;
  }
  if (head_.chunked) {
    ChunkDecoder decoder(head_.bytes);
    ChunkResult chunks = decoder.feed(buffer_);
    while (chunks == ChunkResult::need_more && buffer_.size() < kBodyMax) {
      if (!co_await read_more()) co_return false;
      chunks = decoder.feed(buffer_);
    }
    if (chunks != ChunkResult::complete) co_return false;
    decoded_ = decoder.body();
    request_bytes_ = decoder.end();
  } else {
    if (head_.content_length > kBodyMax) co_return false;
    request_bytes_ = head_.bytes + head_.content_length;
    while (buffer_.size() < request_bytes_) {
      if (!co_await read_more()) co_return false;
    }
  }
  // The buffer may have moved while the body came: the views are taken anew.
  parse_head(buffer_, head_);
  body_ = head_.chunked ? std::string_view(decoded_)
                        : std::string_view(buffer_).substr(head_.bytes, head_.content_length);
  co_return true;
}

template <typename Stream>
Task<bool> Session<Stream>::answer() {
  if (head_.target.starts_with("/sim/")) co_return co_await answer_control();
  const std::uint64_t number = surroundings_.simulator.arrived(head_, body_, arrival_);
  const std::shared_ptr<const Reply> reply = surroundings_.replies.reply_to(head_, body_);
  tokens_sent_ = 0;
  bytes_sent_ = 0;
  Outcome outcome = Outcome::complete;
  if (reply->immediate) {
    tokens_sent_ = reply->tokens;
    if (!co_await write(reply->bytes)) outcome = Outcome::client_left;
  } else {
    outcome = co_await send(*reply);
  }
  surroundings_.simulator.ended(number, reply->status, outcome_name(outcome), tokens_sent_,
                                bytes_sent_);
  if (outcome != Outcome::complete || reply->close) co_return false;
  if (reply->behaviour.close_after) {
    const Milliseconds none(0);
    co_await wait(reply->behaviour.close_after_delay, none);
    co_return false;
  }
  co_return true;
}

template <typename Stream>
Task<bool> Session<Stream>::answer_control() {
  Simulator& simulator = surroundings_.simulator;
  Answer answer;
  const bool post = head_.method == "POST";
  if (post && head_.target == "/sim/config") {
    const std::optional<std::string> fault = simulator.configure(body_);
    answer.status = fault ? 400 : 200;
    answer.body = fault ? "{\"error\":" + quoted(*fault) + "}" : "{}";
  } else if (post && head_.target == "/sim/forget") {
    simulator.forget();
    answer.body = "{}";
  } else if (!post && head_.target == "/sim/stats") {
    answer.body = simulator.stats_json();
  } else {
    answer.status = 404;
    answer.body = "{\"error\":\"POST /sim/config, POST /sim/forget or GET /sim/stats\"}";
  }
  const std::shared_ptr<const Reply> reply =
      frame(std::move(answer), Behaviour(), head_.keep_alive);
  co_return co_await write(reply->bytes) && !reply->close;
}

template <typename Stream>
Task<Outcome> Session<Stream>::send(const Reply& reply) {
  watch_for_leaving();
  Outcome outcome = co_await send_head_and_waits(reply);
  if (outcome == Outcome::complete) outcome = co_await send_pieces(reply);
  stop_watching();
  if (outcome == Outcome::faulted && reply.behaviour.cut == "reset") reset();
  co_return outcome;
}

// Everything up to the first piece of the body.
template <typename Stream>
Task<Outcome> Session<Stream>::send_head_and_waits(const Reply& reply) {
  const Behaviour& behaviour = reply.behaviour;
  if (!co_await wait(behaviour.head_delay, behaviour.jitter)) co_return Outcome::client_left;
  if (behaviour.reset_before_head) {
    reset();
    co_return Outcome::faulted;
  }
  if (!behaviour.raw.empty()) {
    co_await write(behaviour.raw);
    co_return Outcome::faulted;
  }
  if (!co_await write(reply.head)) co_return Outcome::client_left;
  co_return Outcome::complete;
}

template <typename Stream>
Task<Outcome> Session<Stream>::send_pieces(const Reply& reply) {
  const Behaviour& behaviour = reply.behaviour;
  bool first_waited = !reply.is_stream;
  std::int64_t body_sent = 0;
  for (const Event& piece : reply.pieces) {
    const bool opening = piece.kind == EventKind::opening;
    if (!first_waited && !(behaviour.role_first && opening)) {
      first_waited = true;
      if (!co_await wait(behaviour.first_token_delay, behaviour.jitter)) {
        co_return Outcome::client_left;
      }
    } else if (piece.kind == EventKind::token && tokens_sent_ > 0) {
      if (!co_await wait(behaviour.token_interval, behaviour.jitter)) {
        co_return Outcome::client_left;
      }
    } else if (behaviour.slow_bytes > 0 && body_sent > 0) {
      if (!co_await wait(behaviour.slow_interval, behaviour.jitter)) {
        co_return Outcome::client_left;
      }
    }
    if (!opening && behaviour.cut_after_tokens == tokens_sent_) {
      if (behaviour.cut == "end") co_await write(reply.end);
      co_return Outcome::faulted;
    }
    if (!opening && behaviour.stall_after_tokens == tokens_sent_) {
      if (!co_await wait(behaviour.stall, behaviour.jitter)) co_return Outcome::client_left;
    }
    std::string_view bytes = piece.bytes;
    const std::int64_t left = behaviour.cut_body_at - body_sent;
    const bool cut = !reply.is_stream && behaviour.cut_body_at != kOff &&
                     left <= static_cast<std::int64_t>(bytes.size());
    if (cut) bytes = bytes.substr(0, static_cast<std::size_t>(left));
    if (!co_await write(bytes)) co_return Outcome::client_left;
    if (cut) co_return Outcome::faulted;
    body_sent += static_cast<std::int64_t>(bytes.size());
    if (piece.kind == EventKind::token) ++tokens_sent_;
  }
  if (!reply.end.empty() && !co_await write(reply.end)) co_return Outcome::client_left;
  co_return Outcome::complete;
}

template <typename Stream>
Task<bool> Session<Stream>::write(std::string_view bytes) {
  if (client_left_) co_return false;
  const asio::const_buffer buffer(bytes.data(), bytes.size());
  const auto [error, sent] = co_await asio::async_write(stream_, buffer, kToken);
  bytes_sent_ += sent;
  co_return !error;
}

// Returns false when the client left meanwhile.
template <typename Stream>
Task<bool> Session<Stream>::wait(Milliseconds time, Milliseconds jitter) {
  if (client_left_) co_return false;
  if (time.count() == 0) co_return true;
  if (jitter.count() > 0) {
    time += Milliseconds(std::uniform_int_distribution<std::int64_t>(0, jitter.count())(random_));
  }
  timer_.expires_after(time);
  co_await timer_.async_wait(kToken);
  co_return !client_left_;
}

// While a reply takes time, bytes (or their end) from the client mean one of two things: it sent
// its next request early, or it left. A plain socket tells which; over TLS it counts as leaving,
// because no gateway pipelines.
template <typename Stream>
void Session<Stream>::watch_for_leaving() {
  socket().async_wait(Socket::wait_read, [self = this->shared_from_this(),
                                          reply = watched_reply_](boost::system::error_code error) {
    if (error || reply != self->watched_reply_) return;
    boost::system::error_code ignored;
    constexpr bool kTls = std::is_same_v<Stream, TlsStream>;
    if (!kTls && self->socket().available(ignored) > 0) return;
    self->client_left_ = true;
    self->timer_.cancel();
    // Frees a write that waits for a reader who is gone.
    self->socket().shutdown(asio::socket_base::shutdown_both, ignored);
  });
}

template <typename Stream>
void Session<Stream>::stop_watching() {
  ++watched_reply_;
  boost::system::error_code ignored;
  socket().cancel(ignored);
}

template <typename Stream>
void Session<Stream>::reset() {
  boost::system::error_code ignored;
  socket().set_option(asio::socket_base::linger(true, 0), ignored);
  socket().close(ignored);
}

template <typename Stream>
void start(Stream stream, const Surroundings& surroundings) {
  auto session = std::make_shared<Session<Stream>>(std::move(stream), surroundings);
  Executor executor = session->executor();
  // The session is held by the completion handler, not by the coroutine's frame.
  asio::co_spawn(executor, session->run(), [session](const std::exception_ptr&) {});
}

}  // namespace

void serve(Socket socket, const Surroundings& surroundings) {
  if (surroundings.tls == nullptr) {
    start(std::move(socket), surroundings);
  } else {
    start(TlsStream(std::move(socket), *surroundings.tls), surroundings);
  }
}

}  // namespace sim
