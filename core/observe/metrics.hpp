#pragma once
// Numbers about what the gateway does. Each worker adds to memory of its own with relaxed loads and
// stores (no locked instruction, no shared cache line); a scrape sums over the workers. A series is
// resolved to a handle once, when a snapshot is built or at its first use; a request then only
// adds.
//
// A counter or histogram stays for the life of the process, so families are bounded: when one has
// series_max series, all further label values are counted under "other".

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/observe/prometheus_text.hpp"

namespace headgate::observe {

// The value of every label of the series that takes what does not fit.
inline constexpr std::string_view kOverflowLabel = "other";

class FamilySpec {
 public:
  std::string name;  // Prometheus form: [a-z_], unit last, _total for counters
  std::string help;
  MetricType type = MetricType::counter;
  std::vector<std::string> labels;
  std::vector<double> bounds;  // of a histogram: upper bounds, ascending, without +Inf
  std::size_t series_max = 1000;
};

// Handles: small values that name a place in every worker's memory.
class Counter {
 public:
  std::uint32_t slot = 0;
};
class Gauge {  // a sum of what the workers added and took away
 public:
  std::uint32_t slot = 0;
};
class Histogram {
 public:
  std::uint32_t slot = 0;  // one count per bound, one above, then the sum
  std::uint32_t bound_count = 0;
  const double* bounds = nullptr;  // owned by the registry
};

// One worker's numbers. Written by that worker only; read by a scrape. [worker]
class WorkerMetrics {
 public:
  WorkerMetrics() = default;
  WorkerMetrics(const WorkerMetrics&) = delete;
  WorkerMetrics& operator=(const WorkerMetrics&) = delete;

  void add(Counter counter, std::uint64_t amount = 1) { bump(counter.slot, amount); }
  // The difference is kept modulo 2^64; the sum over workers is what counts.
  void add(Gauge gauge, std::int64_t amount) {
    bump(gauge.slot, static_cast<std::uint64_t>(amount));
  }
  void observe(const Histogram& histogram, double value);

 private:
  friend class MetricRegistry;
  using Slot = std::atomic<std::uint64_t>;
  static constexpr std::size_t kChunkSlots = 512;
  static constexpr std::size_t kChunksMax = 2048;

  Slot& slot(std::uint32_t index) { return chunks_[index / kChunkSlots][index % kChunkSlots]; }
  void bump(std::uint32_t index, std::uint64_t amount) {
    Slot& place = slot(index);
    place.store(place.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  // Filled by the registry before a handle into the chunk exists, so who has a handle sees it.
  std::array<std::unique_ptr<Slot[]>, kChunksMax> chunks_;
};

// Adds families at scrape whose values live elsewhere (per-endpoint gauges, for instance).
class Collector {
 public:
  virtual ~Collector() = default;
  // Called by whoever scrapes, never twice at the same time. [any]
  virtual void collect(PrometheusWriter& writer) = 0;
};

class MetricRegistry {
 public:
  // `hidden` names families that are not shown (config: metrics.remove).
  explicit MetricRegistry(std::size_t workers, std::vector<std::string> hidden = {});
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // A family known by this name already is returned as it is. [any]
  std::size_t family(FamilySpec spec);

  // The series of `family` with these label values, made at the first call. One value per label.
  // Takes a lock: at snapshot building, or at the first use of a value. [any]
  Counter counter(std::size_t family, std::span<const std::string_view> values);
  Gauge gauge(std::size_t family, std::span<const std::string_view> values);
  Histogram histogram(std::size_t family, std::span<const std::string_view> values);

  // REQUIRES: index < workers.
  WorkerMetrics& worker(std::size_t index) { return *workers_[index]; }
  // For the control thread.
  WorkerMetrics& control() { return *workers_[workers_.size() - 2]; }
  // For what is rare and counted by whatever thread. [any]
  void count(Counter counter, std::uint64_t amount = 1) {
    workers_.back()->slot(counter.slot).fetch_add(amount, std::memory_order_relaxed);
  }

  // Calls `visit` for each series of a family of counters whose first label values are these, with
  // the values of its other labels and its sum over the workers. `visit` must not call the
  // registry. [any]
  using CounterVisitor =
      std::function<void(std::span<const std::string> others, std::uint64_t count)>;
  void visit(std::size_t family, std::span<const std::string_view> first,
             const CounterVisitor& visit) const;

  // `collector` must live until it is removed. [any]
  void add_collector(Collector& collector);
  void remove_collector(Collector& collector);

  // Everything as Prometheus text. [any]
  std::string render();
  // Of all families that there are now, also those without a series and those that are not shown;
  // and those that are not to be shown. [any]
  std::vector<std::string> names();
  const std::vector<std::string>& hidden() const;

 private:
  void write_all(PrometheusWriter& writer);
  struct State;
  // Both under the lock; slot 0 when there is no room left.
  std::uint32_t slot_of(std::size_t family, std::span<const std::string_view> values);
  std::uint32_t reserve_slots(std::size_t count);
  std::uint64_t sum(std::uint32_t slot) const;
  double sum_of_doubles(std::uint32_t slot) const;

  // The last two are the control thread's and the one of count().
  std::vector<std::unique_ptr<WorkerMetrics>> workers_;
  std::unique_ptr<State> state_;
};

}  // namespace headgate::observe
