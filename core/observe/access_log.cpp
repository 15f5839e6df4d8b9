#include "core/observe/access_log.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/observe/spsc_ring.hpp"

namespace headgate::observe {
namespace {

// Lines are given to the sink in pieces of about this size.
constexpr std::size_t kBatchBytes = 64 * 1024;
// Memory for them beyond this is given back: a line of a very long target needs much.
constexpr std::size_t kKeptBytesMax = 4 * kBatchBytes;
// Used records that wait to be filled again, per worker.
constexpr std::size_t kSpentRecordsMax = 1024;
// The log thread is woken before its interval ends when a queue has grown by this part.
constexpr std::size_t kWakeFraction = 8;

}  // namespace

struct AccessLogWriter::Queues {
  explicit Queues(std::size_t records_max)
      : filled(records_max),
        spent(std::min(records_max, kSpentRecordsMax)),
        wake_every(std::max<std::size_t>(1, filled.capacity() / kWakeFraction)) {}

  SpscRing<std::unique_ptr<AccessRecord>> filled;  // worker -> log thread
  SpscRing<std::unique_ptr<AccessRecord>> spent;   // and back
  const std::size_t wake_every;
  std::atomic<std::uint64_t> dropped{0};  // written by the worker only
};

struct AccessLog::Thread {
  // True while the thread sleeps until somebody has something for it.
  std::atomic<bool> asleep{false};
  std::atomic<bool> stopping{false};
  std::atomic<bool> give_up{false};

  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;     // under the mutex
  bool finished = false;  // under the mutex
  std::thread thread;
};

AccessLogWriter::AccessLogWriter(AccessLog& log, std::size_t queue_records_max)
    : log_(log), queues_(std::make_unique<Queues>(queue_records_max)) {}

AccessLogWriter::~AccessLogWriter() = default;

std::unique_ptr<AccessRecord> AccessLogWriter::take() {
  std::unique_ptr<AccessRecord> record;
  if (!queues_->spent.pop(record)) record = std::make_unique<AccessRecord>();
  return record;
}

const std::vector<std::string>& AccessLogWriter::headers() const {
  return log_.options_.expressions.headers();
}

void AccessLogWriter::submit(std::unique_ptr<AccessRecord> record) {
  Queues& queues = *queues_;
  if (!queues.filled.push(record)) {
    queues.dropped.store(queues.dropped.load(std::memory_order_relaxed) + 1,
                         std::memory_order_relaxed);
    return;
  }
  std::atomic<bool>& asleep = log_.thread_->asleep;
  if (asleep.load(std::memory_order_seq_cst)) {
    if (asleep.exchange(false)) log_.wake();
  } else if (queues.filled.pushed() % queues.wake_every == 0) {
    log_.wake();
  }
}

AccessLog::AccessLog(AccessLogOptions options, std::size_t workers, std::unique_ptr<LogSink> sink)
    : options_(std::move(options)), sink_(std::move(sink)), thread_(std::make_unique<Thread>()) {
  for (std::size_t i = 0; i < workers; ++i) {
    workers_.push_back(std::unique_ptr<AccessLogWriter>(
        new AccessLogWriter(*this, std::max<std::size_t>(1, options_.queue_records_max))));
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

std::size_t AccessLog::drain() {
  return drain_once();
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
    total += worker->queues_->dropped.load(std::memory_order_relaxed);
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
    const std::size_t count = drain_once();
    if (last) break;

    std::unique_lock lock(thread.mutex);
    if (count != 0) {
      thread.changed.wait_for(lock, options_.flush_interval, awaited);
    } else {
      thread.asleep.store(true, std::memory_order_seq_cst);
      const bool empty = std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) {
        return worker->queues_->filled.size() == 0;
      });
      if (empty) thread.changed.wait(lock, awaited);
      thread.asleep.store(false);
    }
    thread.woken = false;
  }
  {
    const std::lock_guard lock(thread.mutex);
    thread.finished = true;
  }
  thread.changed.notify_all();
}

// Once over all queues, and of each no more than it held at first: a busy worker must not keep the
// thread from the others, nor from ending.
std::size_t AccessLog::drain_once() {
  std::size_t count = 0;
  std::size_t in_batch = 0;
  const auto flush = [&] {
    if (batch_.size() == 0) return;
    const bool wrote = sink_->write(batch_.view(), thread_->give_up);
    (wrote ? written_ : lost_in_sink_).fetch_add(in_batch, std::memory_order_relaxed);
    batch_.clear(kKeptBytesMax);
    in_batch = 0;
  };

  const AccessExpressions& expressions = options_.expressions;
  std::unique_ptr<AccessRecord> record;
  for (const auto& worker : workers_) {
    AccessLogWriter::Queues& queues = *worker->queues_;
    for (std::size_t left = queues.filled.size(); left != 0 && queues.filled.pop(record); --left) {
      if (expressions.wants(*record)) {
        std::span<const AddedValue> added;
        if (!expressions.added().empty()) added = added_.of(expressions, *record);
        if (options_.format == log::Format::json) {
          append_json_line(batch_, *record, options_.fields, added);
        } else {
          append_text_line(batch_, *record, options_.fields, added);
        }
        ++in_batch;
      }
      record->reset();
      if (!queues.spent.push(record)) record.reset();
      ++count;
      if (batch_.size() >= kBatchBytes) flush();
    }
  }
  flush();
  return count;
}

}  // namespace headgate::observe
