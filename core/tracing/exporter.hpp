#pragma once
// Sends the spans that wait to a collector: OTLP over HTTP with JSON, on a thread and a loop of its
// own, so that a collector that is slow or gone holds up nothing but spans. One export at a time,
// each within a deadline; what cannot be sent is tried again within bounds (export_retry.hpp), then
// dropped and counted.
//
// A layer of its own: the text is observe's, which knows no sockets, and the sending needs net,
// http and upstream; nothing of a request needs this.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "core/http/head.hpp"
#include "core/net/signal.hpp"
#include "core/net/worker.hpp"
#include "core/observe/tracer.hpp"
#include "core/tracing/export_retry.hpp"
#include "core/upstream/pool.hpp"

namespace headgate::tracing {

// Where exports go. May hold keys: never logged.
struct ExportPlace {
  std::shared_ptr<const upstream::Target> target;
  std::string name;        // for the log
  std::string head;        // request line and headers of an export, but for its length
  std::string text_begin;  // observe::export_head()
};

class Exporter {
 public:
  // Spans that wait are sent together after this, or as soon as they fill an export.
  static constexpr milliseconds kInterval{1000};
  // One try, from the connection to the end of the answer.
  static constexpr std::chrono::seconds kTimeout{10};
  // Of an answer; more is not read.
  static constexpr std::size_t kAnswerMax = 64 * 1024;

  // `index` is that of the worker that it makes for itself. `clock` and `tracer` must outlive it;
  // nothing may be submitted to the tracer before start() or after stop(). [main]
  Exporter(std::size_t index, Clock& clock, net::WorkerOptions options, ExportPlace place,
           observe::Tracer& tracer);
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void start();  // [main]
  // What waits is sent without delay, and tried once. [main]
  void finish();
  // After finish(): nothing waits any more. [any]
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  // Ends the thread, whatever it is at. [main]
  void stop();

 private:
  net::Task<void> run();
  net::Task<void> deliver(observe::SpanBatch batch);
  net::Task<void> pause(milliseconds time);
  net::Task<ExportAnswer> post(const observe::SpanBatch& batch);
  net::Task<net::ErrorCode> converse(upstream::Connection& connection, std::string_view head,
                                     std::string_view spans, ExportAnswer& answer);
  bool take_head(upstream::Connection& connection, ExportAnswer& answer, net::ErrorCode& error);
  void note(const ExportAnswer& answer);

  observe::Tracer& tracer_;
  const ExportPlace place_;
  net::Worker worker_;
  upstream::Pool pool_;
  net::Signal wake_;    // spans wait, or the end has come
  net::Signal resume_;  // a pause is over
  net::Deadline interval_;
  net::Deadline pause_;
  std::string problem_;  // why the last try failed, for the log
  bool failing_ = false;
  bool ending_ = false;
  std::uint64_t bytes_received_ = 0;  // of the answer at hand
  http::ResponseHead answer_head_;
  std::atomic<bool> finished_{false};
};

}  // namespace headgate::tracing
