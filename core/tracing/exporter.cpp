#include "core/tracing/exporter.hpp"

#include <algorithm>
#include <array>
#include <boost/system/errc.hpp>
#include <span>
#include <utility>

#include "core/base/log.hpp"
#include "core/http/body_framing.hpp"
#include "core/http/head_parser.hpp"
#include "core/http/head_writer.hpp"
#include "core/http/header_rules.hpp"
#include "core/select/retry_after.hpp"
#include "core/upstream/stale_retry.hpp"

namespace headgate::tracing {

using observe::SpanResult;

Exporter::Exporter(std::size_t index, Clock& clock, net::WorkerOptions options, ExportPlace place,
                   observe::Tracer& tracer)
    : tracer_(tracer),
      place_(std::move(place)),
      worker_(index, clock, std::move(options)),
      pool_(worker_.sweep(), worker_.connector(), upstream::PoolOptions()),
      wake_(worker_.io()),
      resume_(worker_.io()),
      interval_(worker_.sweep(), [this] { wake_.notify(); }),
      pause_(worker_.sweep(), [this] { resume_.notify(); }) {
  tracer_.on_waiting = [this](bool now) {
    worker_.post([this, now] {
      if (now) {
        wake_.notify();
      } else if (!interval_.armed()) {
        interval_.arm_after(kInterval);
      }
    });
  };
}

Exporter::~Exporter() {
  stop();
}

void Exporter::start() {
  net::spawn(worker_.io(), run());
  worker_.start();
}

void Exporter::finish() {
  worker_.post([this] {
    ending_ = true;
    wake_.notify();
    resume_.notify();
  });
}

void Exporter::stop() {
  worker_.stop();
  worker_.join();
  worker_.destroy_tasks();
}

net::Task<void> Exporter::run() {
  for (;;) {
    co_await wake_.wait();
    interval_.disarm();
    for (observe::SpanBatch batch = tracer_.queue.take(); batch.spans != 0;
         batch = tracer_.queue.take()) {
      co_await deliver(std::move(batch));
    }
    if (ending_) break;
  }
  finished_.store(true, std::memory_order_release);
}

net::Task<void> Exporter::deliver(observe::SpanBatch batch) {
  const TimePoint began = worker_.clock().now();
  ExportState state;
  ExportStep step;
  do {
    if (step.wait.count() > 0) {
      co_await pause(step.wait);
      ++state.tries;
    }
    const ExportAnswer answer = co_await post(batch);
    note(answer);
    state.elapsed = std::chrono::duration_cast<milliseconds>(worker_.clock().now() - began);
    state.ending = ending_;
    state.jitter = worker_.rng().uniform();
    step = after_export(answer, state);
    if (!step.again && step.result == SpanResult::sent) {
      const std::uint64_t rejected = std::min<std::uint64_t>(answer.rejected, batch.spans);
      if (rejected != 0) tracer_.series().ended(SpanResult::rejected, rejected);
      tracer_.series().ended(SpanResult::sent, batch.spans - rejected);
    }
  } while (step.again);
  if (step.result == SpanResult::sent) co_return;
  tracer_.series().ended(step.result, batch.spans);
  batch = observe::SpanBatch();  // not held while nothing is sent
  if (step.wait.count() > 0) co_await pause(step.wait);
}

// Ends early when the gateway does.
net::Task<void> Exporter::pause(milliseconds time) {
  pause_.arm_after(time);
  while (!pause_.expired() && !ending_) co_await resume_.wait();
  pause_.disarm();
}

// Once, and once more on a fresh connection when the one that waited turns out to be dead.
net::Task<ExportAnswer> Exporter::post(const observe::SpanBatch& batch) {
  const TimePoint until = worker_.clock().now() + kTimeout;
  std::string head = place_.head;
  http::write_header(head, "content-length",
                     place_.text_begin.size() + batch.text.size() + observe::kExportTail.size());
  http::write_head_end(head);
  ExportAnswer answer;
  for (bool fresh = false;; fresh = true) {
    const upstream::AcquireOptions options(until, fresh);
    auto acquired = co_await pool_.acquire(*place_.target, options);
    if (!acquired) {
      problem_ = acquired.error().message;
      co_return answer;
    }
    std::unique_ptr<upstream::Connection> connection = std::move(*acquired);
    net::Deadline deadline(worker_.sweep(), [&connection] { connection->stream().close(); });
    deadline.arm(until);
    bytes_received_ = 0;
    const net::ErrorCode error = co_await converse(*connection, head, batch.text, answer);
    deadline.disarm();
    if (!error) {
      if (answer_head_.keep_alive) pool_.give_back(std::move(connection));
      co_return answer;
    }
    answer = ExportAnswer();
    problem_ = deadline.expired() ? "no answer in time" : error.message();
    if (deadline.expired() || !upstream::stale_retry_allowed(*connection, bytes_received_, error)) {
      co_return answer;
    }
  }
}

// Sends and reads the answer. keep_alive of the head tells whether the connection is of further
// use.
net::Task<net::ErrorCode> Exporter::converse(upstream::Connection& connection,
                                             std::string_view head, std::string_view spans,
                                             ExportAnswer& answer) {
  const std::array<std::string_view, 4> pieces{head, place_.text_begin, spans,
                                               observe::kExportTail};
  net::ErrorCode error = co_await connection.stream().write(pieces);
  if (error) co_return error;
  answer_head_.clear();
  while (!take_head(connection, answer, error)) {
    if (error) co_return error;
    const std::span<char> space = connection.buffer().space();
    const net::ReadResult read = co_await connection.stream().read_some(space);
    if (read.error) co_return read.error;
    connection.buffer().commit(read.bytes);
    bytes_received_ += read.bytes;
  }
  http::BodyFraming framing = http::response_body(answer_head_, false, http::BodyLimits());
  std::string body;
  while (!framing.done()) {
    const http::Piece piece = framing.next(connection.buffer().data());
    body += piece.data;
    connection.buffer().consume(piece.consumed);
    if (piece.status == http::PieceStatus::done) break;
    // What the collector says has no more to tell; the status does.
    if (piece.status == http::PieceStatus::failed || body.size() > kAnswerMax) {
      answer_head_.keep_alive = false;
      break;
    }
    if (!connection.buffer().empty()) continue;
    const std::span<char> space = connection.buffer().space();
    const net::ReadResult read = co_await connection.stream().read_some(space);
    if (read.error) {
      answer_head_.keep_alive = false;
      break;
    }
    connection.buffer().commit(read.bytes);
  }
  answer.rejected = rejected_spans(body);
  co_return net::ErrorCode();
}

// True when the head is there; `error` when it never will be.
bool Exporter::take_head(upstream::Connection& connection, ExportAnswer& answer,
                         net::ErrorCode& error) {
  static constexpr http::HeadLimits kLimits;
  while (!connection.buffer().empty()) {
    const http::ParseStep step =
        http::parse_response_head(connection.buffer().data(), kLimits, false, answer_head_);
    if (step.status == http::ParseStatus::need_more) return false;
    if (step.status == http::ParseStatus::failed) {
      error = boost::system::errc::make_error_code(boost::system::errc::bad_message);
      return false;
    }
    const bool informational = answer_head_.informational();
    if (!informational) {
      answer.status = answer_head_.status;
      if (const auto after = answer_head_.headers.find("retry-after")) {
        answer.retry_after = select::parse_retry_after(*after, worker_.clock().wall());
      }
    }
    connection.buffer().consume(step.consumed);
    if (!informational) return true;
    answer_head_.clear();
  }
  return false;
}

// Says so once when it begins to go wrong, and once when it is over.
void Exporter::note(const ExportAnswer& answer) {
  const bool failed = answer.status < 200 || answer.status > 299;
  if (failed == failing_) return;
  failing_ = failed;
  if (failed) {
    log::warn("traces cannot be sent to " + place_.name + ": " +
              (answer.status == 0 ? problem_ : "it answered " + std::to_string(answer.status)));
  } else {
    log::info("traces are sent to " + place_.name + " again");
  }
}

}  // namespace headgate::tracing
