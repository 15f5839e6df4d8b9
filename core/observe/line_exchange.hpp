#pragma once
// Lines from one thread that never waits to one other: the writer appends to one buffer while the
// reader has the other, and the reader changes them when it comes for what was written. A buffer
// has one owner at any time, so neither needs a lock. [one writer, one reader]

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>

#include "core/base/text_buffer.hpp"

namespace headgate::observe {

struct Lines {
  TextBuffer text;
  std::size_t count = 0;
};

class LineExchange {
 public:
  LineExchange() : offered_(new Lines) {}
  ~LineExchange() { delete offered_.load(); }
  LineExchange(const LineExchange&) = delete;
  LineExchange& operator=(const LineExchange&) = delete;

  // [writer] What the lines are appended to, until give_back().
  Lines& take() { return *offered_.exchange(nullptr, std::memory_order_acquire); }
  // Sequentially consistent, so that a writer that then looks for a sleeping reader, and a reader
  // that says it sleeps and then looks here, cannot miss each other.
  void give_back(Lines& lines) { offered_.store(&lines, std::memory_order_seq_cst); }

  // [reader] Gives `read`, which is empty, for what was written. Waits while the writer appends.
  void change(std::unique_ptr<Lines>& read) {
    Lines* written = offered_.load(std::memory_order_seq_cst);
    while (written == nullptr ||
           !offered_.compare_exchange_weak(written, read.get(), std::memory_order_acq_rel,
                                           std::memory_order_relaxed)) {
      std::this_thread::yield();
      written = offered_.load(std::memory_order_relaxed);
    }
    static_cast<void>(read.release());
    read.reset(written);
  }

 private:
  // Null while the writer appends.
  std::atomic<Lines*> offered_;
};

}  // namespace headgate::observe
