#pragma once
// The access log: one line per request, formatted and written by a thread of its own. A worker
// hands over a filled record through a bounded queue that only it fills: no lock, no system call
// (but one wake-up when the log thread slept), and when the queue is full the record is dropped and
// counted. Requests never wait for a slow disk or terminal.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text_buffer.hpp"
#include "core/observe/access_expressions.hpp"
#include "core/observe/access_format.hpp"
#include "core/observe/access_record.hpp"

namespace headgate::observe {

// Where lines go. Called by the log thread only, except reopen().
class LogSink {
 public:
  virtual ~LogSink() = default;
  // Writes whole lines. May take its time, but returns soon after `give_up` becomes true. False
  // when not all could be written.
  virtual bool write(std::string_view lines, const std::atomic<bool>& give_up) = 0;
  // Opens the file of this name anew (it was rotated) before the next write. [any]
  virtual void reopen() {}
};

std::unique_ptr<LogSink> make_stdout_sink();
// Appends to `path`, creating it with mode 0640.
Result<std::unique_ptr<LogSink>> open_file_sink(const std::string& path);

class AccessLogOptions {
 public:
  log::Format format = log::Format::text;
  FieldSelection fields;
  // Which requests are logged, and what else is said of them.
  AccessExpressions expressions;

  // Records that may wait per worker. Further ones are dropped and counted.
  std::size_t queue_records_max = 4096;

  // How long a line may wait to be written together with others.
  std::chrono::milliseconds flush_interval{50};

  // How long stop() waits for a sink that takes nothing.
  std::chrono::milliseconds stop_timeout{2000};
};

class AccessLog;

// One worker's end of the log. [worker]
class AccessLogWriter {
 public:
  ~AccessLogWriter();
  AccessLogWriter(const AccessLogWriter&) = delete;
  AccessLogWriter& operator=(const AccessLogWriter&) = delete;

  // An empty record to fill: one that was used before, if there is one.
  std::unique_ptr<AccessRecord> take();

  // Names, in lower case, of the request headers that a record must carry; most often none.
  const std::vector<std::string>& headers() const;

  // Hands the record to the log thread, or drops it when the queue is full. Never blocks.
  void submit(std::unique_ptr<AccessRecord> record);

 private:
  friend class AccessLog;
  struct Queues;
  AccessLogWriter(AccessLog& log, std::size_t queue_records_max);

  AccessLog& log_;
  std::unique_ptr<Queues> queues_;
};

class AccessLog {
 public:
  AccessLog(AccessLogOptions options, std::size_t workers, std::unique_ptr<LogSink> sink);
  ~AccessLog();  // stops
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // REQUIRES: index < workers. Lives as long as the log. [main]
  AccessLogWriter& worker(std::size_t index);

  // Starts the log thread. [main]
  void start();
  // Writes all that was submitted before, then ends the thread. Waits no longer than stop_timeout
  // for the sink. Records submitted later are lost. [main]
  void stop();

  // Writes what is queued, on this thread; returns the number of records. For tests and for a log
  // that was not started. REQUIRES: no log thread runs.
  std::size_t drain();

  // The log file was moved away: write to a new one of the same name. [any]
  void reopen() { sink_->reopen(); }

  // The log thread sleeps because nothing is queued. [any]
  bool idle() const;

  std::uint64_t written() const;  // records given to the sink [any]
  std::uint64_t dropped() const;  // records lost: queue full, or the sink failed [any]

 private:
  friend class AccessLogWriter;
  struct Thread;

  std::size_t drain_once();
  void run();
  void wake();

  const AccessLogOptions options_;
  const std::unique_ptr<LogSink> sink_;
  std::vector<std::unique_ptr<AccessLogWriter>> workers_;
  TextBuffer batch_;
  AddedValues added_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> lost_in_sink_{0};
  std::unique_ptr<Thread> thread_;
};

}  // namespace headgate::observe
