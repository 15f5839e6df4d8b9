#include "core/exchange/client_connection.hpp"

#include <array>
#include <optional>
#include <utility>

#include "core/exchange/client_link.hpp"
#include "core/exchange/exchange.hpp"
#include "core/http/head_parser.hpp"
#include "core/net/frame.hpp"

namespace headgate::exchange {
namespace {

// After the last answer the client's unread bytes are taken for a moment: closing over them would
// reset the connection, and the client might lose the answer.
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::size_t kLingerBytesMax = 1024 * 1024;

class ClientConnection final : private ConnectionList::Member {
 public:
  ClientConnection(WorkerContext& worker, std::unique_ptr<net::ByteStream> stream,
                   std::uint16_t port)
      : worker_(worker),
        stream_(std::move(stream)),
        port_(port),
        open_(worker.open, *this),
        link_(worker, *stream_),
        deadline_(worker.worker.sweep(), [this] { on_deadline(); }),
        in_(&worker.pool.read_memory()) {
    ++worker_.connections;
  }
  ~ClientConnection() { --worker_.connections; }
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  net::Task<void> run() {
    tell_footprint(HEADGATE_FRAME);
    // While the gateway ends, whoever just came may still ask.
    while (served_ == 0 || !worker_.draining) {
      head_.clear();
      if (in_.empty()) {
        begin_to_wait();
        const net::ReadResult first = co_await stream_->read_into(in_, 1);
        end_to_wait();
        if (first.error) break;
      }
      bool came = parse_head().status == http::ParseStatus::done;
      if (!came) came = co_await read_rest_of_head();
      if (!came) break;
      ++served_;
      link_.begin_request(head_.minor_version, head_.keep_alive, head_.method == "HEAD");
      {
        // So that the exchange's memory is not held between requests.
        const Pooled<Exchange, WorkerContext::kExchangeBytes> exchange(
            worker_.exchange_memory, worker_, *stream_, in_, head_, link_, port_);
        co_await exchange->run();
      }
      if (!link_.keep_alive()) break;
    }
    if (!link_.gone() && link_.head_sent()) co_await linger();
    stream_->close();
  }

 private:
  void tell_footprint(net::Footprint::Piece frame) {
    const net::Footprint::Piece object{this, sizeof(*this)};
    net::Footprint footprint;
    footprint.add(frame);
    footprint.add(object);
    stream_->set_footprint(footprint);
    link_.set_memory(object, frame);
  }

  // For a request to begin.
  void begin_to_wait() {
    ConnectionList::Member& member = *this;
    waiting_.emplace(served_ == 0 ? worker_.fresh : worker_.idle, member);
    deadline_.arm_after(worker_.snapshot->config->frontend.http.idle_timeout);
    nobody_waits_ = true;
  }
  void end_to_wait() {
    nobody_waits_ = false;
    deadline_.disarm();
    waiting_.reset();
  }

  http::ParseStep parse_head() {
    const config::HttpLimits& limits = worker_.snapshot->config->frontend.http;
    http::HeadLimits head_limits;
    head_limits.head_bytes_max = static_cast<std::size_t>(limits.head_bytes_max);
    head_limits.headers_max = limits.headers_max;
    return http::parse_request_head(in_.data(), head_limits, head_);
  }

  // Of a head that is not there yet, or is no head. False: no further request, whatever the reason;
  // a client that sent something else than a request has been told so.
  net::Task<bool> read_rest_of_head() {
    const milliseconds head_timeout = worker_.snapshot->config->frontend.http.head_timeout;
    std::optional<TimePoint> until;
    for (;;) {
      http::ParseStep step = parse_head();
      if (step.status == http::ParseStatus::done) co_return true;
      if (step.status == http::ParseStatus::failed) {
        Error error = std::move(*step.error);
        co_await refuse(error);
        co_return false;
      }
      if (!until) until = worker_.worker.clock().now() + head_timeout;
      deadline_.arm(*until);
      const net::ReadResult result = co_await stream_->read_into(in_, 1);
      deadline_.disarm();
      if (deadline_.expired()) {
        const Error error =
            client_error(408, "head_timeout", "the request head did not arrive in time");
        co_await refuse(error);
        co_return false;
      }
      if (result.error) co_return false;
    }
  }

  net::Task<void> refuse(const Error& error) {
    link_.begin_request(1, false, false);
    Arena arena;
    http::HeaderMap headers(arena);
    headers.set("content-type", "application/json");
    const std::string body = plain_error(error);
    const std::array<std::string_view, 1> pieces{body};
    co_await link_.send_whole(error.status, headers, pieces);
    write_record(link_.gone() ? 0 : error.status, error.code);
  }

  // Of what never became a request.
  void write_record(int status, std::string_view code) {
    observe::AccessRecord& record = worker_.access_log.begin();
    record.time = worker_.worker.clock().wall();
    record.client_address = stream_->remote_address();
    record.status = status;
    record.error_code = code;
    worker_.access_log.submit(record);
  }

  void end() override { link_.cut(); }

  // Who is in the middle of a request is answered; nobody else waits for an answer.
  void on_deadline() {
    if (nobody_waits_) {
      stream_->close();
    } else {
      stream_->cancel_read();
    }
  }

  net::Task<void> linger() {
    nobody_waits_ = true;
    deadline_.arm_after(kLingerTimeout);
    co_await stream_->shutdown_send();
    std::size_t seen = 0;
    while (seen < kLingerBytesMax) {
      in_.consume(in_.size());
      const net::ReadResult result = co_await stream_->read_into(in_, 1);
      if (result.error) break;
      seen += result.bytes;
    }
    deadline_.disarm();
  }

  WorkerContext& worker_;
  std::unique_ptr<net::ByteStream> stream_;
  const std::uint16_t port_;
  const ConnectionList::Entry open_;
  ClientLink link_;
  net::Deadline deadline_;
  std::optional<ConnectionList::Entry> waiting_;  // among those that wait for a request
  bool nobody_waits_ = false;                     // for an answer
  std::uint64_t served_ = 0;
  ReadBuffer in_;
  http::RequestHead head_;
};

}  // namespace

net::Task<void> serve_connection(WorkerContext& worker, std::unique_ptr<net::ByteStream> stream,
                                 std::uint16_t port) {
  ClientConnection connection(worker, std::move(stream), port);
  co_await connection.run();
}

}  // namespace headgate::exchange
