#pragma once
// The access log: one line per request. A worker writes it when the request is over and has been
// answered, and a thread of its own brings the lines of all workers to where they go. The worker
// never waits: no lock, no system call (but one wake-up when the log thread slept), and when too
// much waits for a slow disk or terminal, the line is dropped and counted.

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

  // Once so many bytes of a worker's lines wait, further lines are dropped and counted.
  std::size_t waiting_bytes_max = std::size_t{2} * 1024 * 1024;

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

  // An empty record to fill, always the same one.
  AccessRecord& begin() {
    record_.reset();
    return record_;
  }

  // Names, in lower case, of the request headers that a record must carry; most often none.
  const std::vector<std::string>& headers() const;

  // Makes a line of the record, or drops it when too much waits already. What the record has views
  // of is not needed afterwards.
  void submit(const AccessRecord& record);

 private:
  friend class AccessLog;
  struct Waiting;
  explicit AccessLogWriter(AccessLog& log);
  void append(TextBuffer& lines, const AccessRecord& record);

  AccessLog& log_;
  AccessRecord record_;
  AddedValues added_;
  std::unique_ptr<Waiting> waiting_;
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
  // for the sink. What is submitted later is lost. [main]
  void stop();

  // Writes what waits, on this thread; returns the number of lines. For tests and for a log that
  // was not started. REQUIRES: no log thread runs.
  std::size_t drain();

  // The log file was moved away: write to a new one of the same name. [any]
  void reopen() { sink_->reopen(); }

  // The log thread sleeps because nothing waits. [any]
  bool idle() const;

  std::uint64_t written() const;  // lines given to the sink [any]
  std::uint64_t dropped() const;  // lines lost: too much waited, or the sink failed [any]

 private:
  friend class AccessLogWriter;
  struct Thread;

  void run();
  void wake();

  const AccessLogOptions options_;
  const std::unique_ptr<LogSink> sink_;
  std::vector<std::unique_ptr<AccessLogWriter>> workers_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> lost_in_sink_{0};
  std::unique_ptr<Thread> thread_;
};

}  // namespace headgate::observe
