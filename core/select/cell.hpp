#pragma once
// What is known of one upstream target: its load, latency, health and evictions, shared by all
// workers and kept over a reload. A target is (provider id, authority, base path, key fingerprint,
// upstream model); see cell_table.hpp, which makes and owns the cells.
//
// All that a pick reads and a request writes is in the first cache line, so that a request writes
// one line that is its endpoint's own. Readers see figures that are slightly stale; P2C lives well
// with that. [any]

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/select/cost.hpp"
#include "core/select/eviction.hpp"
#include "core/select/ewma.hpp"
#include "core/select/health.hpp"
#include "core/select/latency_histogram.hpp"
#include "core/select/load.hpp"
#include "core/select/milliseconds.hpp"

namespace headgate::select {

class ModelCells;
struct CellTimes;
class Target;

// Half-life of the latency figures, in milliseconds.
inline constexpr double kLatencyHalfLifeMs = 5'000;
// Half-life of the mean sizes of requests and answers, which change slowly.
inline constexpr double kSizeHalfLifeMs = 60'000;

// Two lines: processors fetch lines in pairs.
struct alignas(128) Cell {
  Cell(Target& target, std::string model, const std::array<Eviction*, 3>& shared, TimePoint now);
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  double failures_per_success_at(std::uint32_t now) const {
    if (failures.zero()) return 0;
    return failures_per_success(successes.at(now, kHealthHalfLifeMs),
                                failures.at(now, kHealthHalfLifeMs));
  }
  double health_at(std::uint32_t now) const {
    if (failures.zero()) return 1;
    return health(successes.at(now, kHealthHalfLifeMs), failures.at(now, kHealthHalfLifeMs));
  }
  // The worst of the four scopes; out while it is held back, too.
  ServiceState state(TimePoint now) const;
  // The same without being held back: whether anything is known against it.
  ServiceState evicted_state(TimePoint now) const;
  // The same for a pick, which looks closer only after an eviction.
  ServiceState quick_state(TimePoint now) {
    return attention.load(std::memory_order_acquire) == 0 ? ServiceState::in_service
                                                          : attentive_state(now);
  }
  // When the last of its scopes returns, and when it is held back no more; the epoch when it is in
  // service.
  TimePoint returns_at() const;
  TimePoint eviction_ends_at() const;
  // The scope that is out because the upstream itself said when to come back; nothing: none is.
  std::optional<Scope> told_to_wait(TimePoint now) const;
  // Half-open, and somebody is finding out.
  bool being_probed(TimePoint now) const;
  // Its upstream has said that a rate limit is used up until then: others go first, and nothing is
  // held against it. Never shortens.
  void hold_back(TimePoint until);
  TimePoint held_back_until() const;
  // The share of its weight that slow start leaves it, in (0, 1].
  double slow_start(std::uint32_t now, double window_ms, double least) {
    const std::uint32_t since = slow_start_since.load(std::memory_order_relaxed);
    if (since == 0) return 1;
    const double share = slow_start_share(age_ms(now, since), window_ms, least);
    // Forgotten once over, because the stamp wraps.
    if (share >= 1) slow_start_since.store(0, std::memory_order_relaxed);
    return share;
  }
  // It is in service again: what was counted against it before is over.
  void begin_return(TimePoint now);
  // How long its answers took lately; made at the first one, because cells lie close together.
  CellTimes& times();
  CellTimes* known_times() const { return times_.load(std::memory_order_acquire); }
  Eviction& eviction(Scope scope) { return *scopes[static_cast<std::size_t>(scope)]; }
  const Eviction& eviction(Scope scope) const { return *scopes[static_cast<std::size_t>(scope)]; }

  // --- the line that picks read
  Load load;      // a base cell's: of all models together
  PeakMean ttft;  // milliseconds, for an empty prompt
  PeakMean tpot;  // milliseconds per output token
  DecayedCount successes;
  DecayedCount failures;
  // Not 0: one of the four scopes may be out, look at them. Counted up by each eviction.
  std::atomic<std::uint32_t> attention{0};
  std::atomic<std::uint32_t> slow_start_since{0};  // stamp; 0 = over
  std::atomic<std::uint32_t> last_sample;          // stamp of the last sample or the last try
  std::atomic<std::uint32_t> consecutive_failures{0};

  // --- the rest
  DecayedMean output_tokens;              // of an answer
  DecayedMean estimated_tokens;           // of a request, as counted in load
  std::atomic<float> restore_health{-1};  // what it returns with; below 0 = a clean slate
  std::atomic<std::int64_t> held_back_until_ms{0};
  std::array<Eviction*, kScopes> scopes;
  Eviction key_model;
  Target& target;
  const std::string model;         // empty: whatever the request names
  ModelCells* models = nullptr;    // set in the base cell of such a target
  Cell* next_of_target = nullptr;  // set before the cell is published

 private:
  ServiceState attentive_state(TimePoint now);

  std::atomic<CellTimes*> times_{nullptr};  // owned
};

struct CellTimes {
  LatencyHistogram first_token;   // for an empty prompt
  LatencyHistogram whole_answer;  // as they came
  LatencyHistogram of_others;     // likewise, of models that are not the cell's
};

}  // namespace headgate::select
