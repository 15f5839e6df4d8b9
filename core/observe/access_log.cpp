#include "core/observe/access_log.hpp"

#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "core/observe/line_exchange.hpp"

namespace headgate::observe {
namespace {

// Memory for lines beyond this is given back: a line of a very long target needs much.
constexpr std::size_t kKeptBytesMax = 256 * 1024;
// The log thread is woken before its interval ends when lines of a worker have grown by this much.
constexpr std::size_t kWakeBytes = 128 * 1024;

}  // namespace

struct AccessLogWriter::Waiting {
  LineExchange lines;                                       // worker -> log thread
  std::unique_ptr<Lines> read = std::make_unique<Lines>();  // the log thread's, between two visits
  std::atomic<std::uint64_t> dropped{0};                    // written by the worker only
};

struct AccessLog::Thread {
  // True from when nothing waits until somebody has something for the thread.
  std::atomic<bool> asleep{false};
  std::atomic<bool> stopping{false};
  std::atomic<bool> give_up{false};

  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;     // under the mutex
  bool finished = false;  // under the mutex
  std::thread thread;
};

AccessLogWriter::AccessLogWriter(AccessLog& log)
    : log_(log), waiting_(std::make_unique<Waiting>()) {}

AccessLogWriter::~AccessLogWriter() = default;

const std::vector<std::string>& AccessLogWriter::headers() const {
  return log_.options_.expressions.headers();
}

void AccessLogWriter::submit(const AccessRecord& record) {
  if (!log_.options_.expressions.wants(record)) return;
  Lines& lines = waiting_->lines.take();
  const std::size_t before = lines.text.size();
  const bool full = before >= log_.options_.waiting_bytes_max;
  if (!full) {
    append(lines.text, record);
    ++lines.count;
  }
  const std::size_t after = lines.text.size();
  waiting_->lines.give_back(lines);
  if (full) {
    std::atomic<std::uint64_t>& dropped = waiting_->dropped;
    dropped.store(dropped.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::atomic<bool>& asleep = log_.thread_->asleep;
  if (asleep.load(std::memory_order_seq_cst)) {
    if (asleep.exchange(false)) log_.wake();
  } else if (before / kWakeBytes != after / kWakeBytes) {
    log_.wake();
  }
}

void AccessLogWriter::append(TextBuffer& lines, const AccessRecord& record) {
  const AccessLogOptions& options = log_.options_;
  std::span<const AddedValue> added;
  if (!options.expressions.added().empty()) added = added_.of(options.expressions, record);
  if (options.format == log::Format::json) {
    append_json_line(lines, record, options.fields, added);
  } else {
    append_text_line(lines, record, options.fields, added);
  }
}

AccessLog::AccessLog(AccessLogOptions options, std::size_t workers, std::unique_ptr<LogSink> sink)
    : options_(std::move(options)), sink_(std::move(sink)), thread_(std::make_unique<Thread>()) {
  for (std::size_t i = 0; i < workers; ++i) {
    workers_.push_back(std::unique_ptr<AccessLogWriter>(new AccessLogWriter(*this)));
  }
}

AccessLog::~AccessLog() {
  stop();
}

AccessLogWriter& AccessLog::worker(std::size_t index) {
  return *workers_[index];
}

void AccessLog::start() {
  thread_->thread = std::thread([this] { run(); });
}

void AccessLog::stop() {
  Thread& thread = *thread_;
  if (!thread.thread.joinable()) return;
  thread.stopping.store(true);
  wake();
  {
    std::unique_lock lock(thread.mutex);
    thread.changed.wait_for(lock, options_.stop_timeout, [&] { return thread.finished; });
  }
  thread.give_up.store(true);
  thread.thread.join();
}

bool AccessLog::idle() const {
  return thread_->asleep.load();
}

std::uint64_t AccessLog::written() const {
  return written_.load(std::memory_order_relaxed);
}

std::uint64_t AccessLog::dropped() const {
  std::uint64_t total = lost_in_sink_.load(std::memory_order_relaxed);
  for (const auto& worker : workers_) {
    total += worker->waiting_->dropped.load(std::memory_order_relaxed);
  }
  return total;
}

void AccessLog::wake() {
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->woken = true;
  }
  thread_->changed.notify_all();
}

void AccessLog::run() {
  Thread& thread = *thread_;
  const auto awaited = [&] { return thread.woken || thread.stopping.load(); };
  while (true) {
    // Asked before draining: what was submitted before stop() is written.
    const bool last = thread.stopping.load();
    std::size_t count = drain();
    if (last) break;
    if (count == 0) {
      // Who submits from here on sees it asleep; what came before is seen by the second look.
      thread.asleep.store(true, std::memory_order_seq_cst);
      count = drain();
    }
    std::unique_lock lock(thread.mutex);
    if (count == 0) {
      thread.changed.wait(lock, awaited);
    } else {
      thread.changed.wait_for(lock, options_.flush_interval, awaited);
    }
    thread.asleep.store(false);
    thread.woken = false;
  }
  {
    const std::lock_guard lock(thread.mutex);
    thread.finished = true;
  }
  thread.changed.notify_all();
}

// Of each worker what it wrote until now: a busy one must not keep the thread from the others, nor
// from ending.
std::size_t AccessLog::drain() {
  std::size_t count = 0;
  for (const auto& worker : workers_) {
    std::unique_ptr<Lines>& lines = worker->waiting_->read;
    worker->waiting_->lines.change(lines);
    if (lines->count == 0) continue;
    const bool wrote = sink_->write(lines->text.view(), thread_->give_up);
    (wrote ? written_ : lost_in_sink_).fetch_add(lines->count, std::memory_order_relaxed);
    count += lines->count;
    lines->text.clear(kKeptBytesMax);
    lines->count = 0;
  }
  return count;
}

}  // namespace headgate::observe
