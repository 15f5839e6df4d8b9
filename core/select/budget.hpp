#pragma once
// What all requests together may spend on extra attempts: a share of the requests, plus a floor per
// second so that a quiet gateway can retry at all. One word for the whole process. [any]
//
// Requests pay in through a worker's own BudgetShare, which touches the common word once in
// kBatch requests; only extra attempts touch it each time.

#include <atomic>
#include <cstdint>

#include "core/base/clock.hpp"
#include "core/select/ewma.hpp"

namespace headgate::select {

struct BudgetSettings {
  double ratio = 0.2;           // extra attempts per request
  double floor_per_second = 3;  // extra attempts that need no request to pay for them
  double balance_max = 100;     // what can be saved up, in attempts
};

class alignas(128) Budget {
 public:
  explicit Budget(const BudgetSettings& settings) : settings_(settings) {}

  // Takes one extra attempt, or says that there is none left.
  bool try_spend(TimePoint now);
  // `requests` were begun.
  void deposit(std::uint32_t requests, TimePoint now);
  // What is left, in attempts.
  double balance(TimePoint now) const;
  // Attempts since the start.
  std::uint64_t spent() const { return spent_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  // With what the floor has added since, and the first time with one second of it.
  double grown(StampedValue::Parts parts, std::uint32_t now) const;
  static std::uint32_t later(StampedValue::Parts parts, std::uint32_t now);

  const BudgetSettings settings_;
  StampedValue word_;
  std::atomic<std::uint64_t> spent_{0};
  std::atomic<std::uint64_t> refused_{0};
};

// Requests that hold still until an endpoint may be asked again, in the whole process. There is no
// use in a crowd that comes back at one moment, so beyond the bound nobody waits.
class Waiters {
 public:
  static constexpr std::uint32_t kMax = 64;

  // One place among them; given back at its end.
  class Seat {
   public:
    Seat() = default;
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat() { release(); }

    // Holds a place from now on; false: there is none.
    bool take(Waiters& waiters);
    void release();

   private:
    Waiters* waiters_ = nullptr;
  };

  std::uint32_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  // Since the start: who held a place, and who found none.
  std::uint64_t waited() const { return waited_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> waiting_{0};
  std::atomic<std::uint64_t> waited_{0};
  std::atomic<std::uint64_t> refused_{0};
};

// Those of the process. The first failover of a request is outside of all of them.
struct AttemptBudgets {
  Budget retries{BudgetSettings{}};              // after a failure
  Budget seconds{BudgetSettings{0.1, 1.0, 50}};  // beside an attempt that is slow
  Budget hedges{BudgetSettings{0.05, 1.0, 50}};  // beside one that may become slow
  Waiters waiters;                               // before another attempt
};

// A worker's way to pay in. [worker]
class BudgetShare {
 public:
  static constexpr std::uint32_t kBatch = 16;

  explicit BudgetShare(Budget& budget) : budget_(budget) {}
  void deposit_one(TimePoint now) {
    if (++pending_ < kBatch) return;
    budget_.deposit(pending_, now);
    pending_ = 0;
  }
  bool try_spend(TimePoint now) { return budget_.try_spend(now); }

 private:
  Budget& budget_;
  std::uint32_t pending_ = 0;
};

}  // namespace headgate::select
