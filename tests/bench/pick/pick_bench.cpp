// What a pick costs, with all that a request does to the statistics around it: the pick itself, the
// release of its permit, and (apart) the record of its outcome. Endpoints have latencies, some have
// failed; two threads share everything but their random generators, as workers do.

#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/stable_hash.hpp"
#include "core/select/health.hpp"
#include "core/select/outcome.hpp"
#include "core/select/picker.hpp"

namespace headgate::select {
namespace {

const TimePoint kStart{std::chrono::hours(1)};

using Set = std::shared_ptr<const EndpointSet>;

// The time of each pick: 20,000 a second and thread, so that estimates are refreshed as often as in
// real traffic. All threads have the first one's time, as workers have one clock, but for a few
// milliseconds.
class Ticks {
 public:
  explicit Ticks(const benchmark::State& state) : leads_(state.thread_index() == 0) {}

  TimePoint next() {
    constexpr std::int64_t kPicksInStep = 64;
    constexpr std::chrono::microseconds kPick{50};
    if (++picks_ == kPicksInStep) {
      picks_ = 0;
      const std::int64_t steps = leads_ ? ++steps_ : steps_.load(std::memory_order_relaxed);
      begin_ = kStart + std::chrono::seconds(1) + steps * kPicksInStep * kPick;
    }
    return begin_ + picks_ * kPick;
  }

 private:
  inline static std::atomic<std::int64_t> steps_{0};
  const bool leads_;
  std::int64_t picks_ = 0;
  TimePoint begin_ = kStart + std::chrono::seconds(1);
};

Set make_set(std::size_t count, bool weighted, const Settings& settings = {}) {
  CellTable table;  // the cells outlive it
  std::vector<EndpointSpec> specs;
  const std::uint32_t stamp = to_stamp(kStart);
  for (std::size_t i = 0; i < count; ++i) {
    EndpointSpec spec;
    spec.name = "endpoint-" + std::to_string(i);
    spec.weight = weighted ? 1 + static_cast<std::uint32_t>(i % 3) : 1;
    spec.cell = table.find_or_make({"plugin", spec.name, "/v1", "key", "model"}, kStart);
    spec.cell->ttft.add(200 + static_cast<double>(i % 7) * 50, stamp, kLatencyHalfLifeMs);
    spec.cell->tpot.add(10 + static_cast<double>(i % 5), stamp, kLatencyHalfLifeMs);
    spec.cell->successes.add(20, stamp, kHealthHalfLifeMs);
    if (i % 10 == 0) spec.cell->failures.add(1, stamp, kHealthHalfLifeMs);
    specs.push_back(std::move(spec));
  }
  std::vector<std::vector<EndpointSpec>> groups;
  groups.push_back(std::move(specs));
  return *EndpointSet::make(std::move(groups), settings);
}

// Made once per size and kept, so that all threads of a run share it.
const EndpointSet& set_of(std::int64_t count, bool weighted) {
  static const Set sets[2][3] = {
      {make_set(2, false), make_set(100, false), make_set(10'000, false)},
      {make_set(2, true), make_set(100, true), make_set(10'000, true)}};
  return *sets[weighted ? 1 : 0][count == 2 ? 0 : count == 100 ? 1 : 2];
}

void pick_and_release(benchmark::State& state, bool weighted) {
  const EndpointSet& set = set_of(state.range(0), weighted);
  const auto rng = make_rng(static_cast<std::uint64_t>(state.thread_index()) + 1);
  PickQuery query;
  query.prompt_tokens = 500;
  Ticks ticks(state);
  for (auto _ : state) {
    query.now = ticks.next();
    PickResult result = pick(set, query, *rng);
    benchmark::DoNotOptimize(result.endpoint);
  }
}

void equal_weights(benchmark::State& state) {
  pick_and_release(state, false);
}
void weights(benchmark::State& state) {
  pick_and_release(state, true);
}

// Each pick for a key of its own, so that the whole order is worked out anew.
void pick_by_affinity(benchmark::State& state, bool weighted) {
  static const auto make = [](std::size_t count, bool by_weight) {
    Settings settings;
    settings.affinity.emplace();
    return make_set(count, by_weight, settings);
  };
  static const Set sets[2][3] = {{make(2, false), make(100, false), make(10'000, false)},
                                 {make(2, true), make(100, true), make(10'000, true)}};
  const std::int64_t count = state.range(0);
  const EndpointSet& set = *sets[weighted ? 1 : 0][count == 2 ? 0 : count == 100 ? 1 : 2];
  const auto rng = make_rng(static_cast<std::uint64_t>(state.thread_index()) + 1);
  PickQuery query;
  query.prompt_tokens = 500;
  std::uint64_t key = 0;
  query.affinity = {&key, 1};
  Ticks ticks(state);
  for (auto _ : state) {
    query.now = ticks.next();
    key = mix_bits(key + 1);
    PickResult result = pick(set, query, *rng);
    benchmark::DoNotOptimize(result.endpoint);
  }
}

void equal_weights_by_affinity(benchmark::State& state) {
  pick_by_affinity(state, false);
}
void weights_by_affinity(benchmark::State& state) {
  pick_by_affinity(state, true);
}

void pick_record_release(benchmark::State& state) {
  const EndpointSet& set = set_of(state.range(0), false);
  const auto rng = make_rng(static_cast<std::uint64_t>(state.thread_index()) + 1);
  PickQuery query;
  query.prompt_tokens = 500;
  AttemptOutcome outcome;
  outcome.kind = OutcomeKind::success;
  outcome.first_token = Millis(250);
  outcome.streaming = Millis(1'000);
  outcome.output_tokens = 100;
  Ticks ticks(state);
  for (auto _ : state) {
    query.now = ticks.next();
    PickResult result = pick(set, query, *rng);
    benchmark::DoNotOptimize(record(result.permit, outcome, query.now));
  }
}

BENCHMARK(equal_weights)->Arg(2)->Arg(100)->Arg(10'000)->Threads(1)->Threads(2);
BENCHMARK(weights)->Arg(2)->Arg(100)->Arg(10'000)->Threads(1)->Threads(2);
BENCHMARK(equal_weights_by_affinity)->Arg(2)->Arg(100)->Arg(10'000)->Threads(1)->Threads(2);
BENCHMARK(weights_by_affinity)->Arg(2)->Arg(100)->Arg(10'000)->Threads(1)->Threads(2);
BENCHMARK(pick_record_release)->Arg(2)->Arg(100)->Arg(10'000)->Threads(1)->Threads(2);

}  // namespace
}  // namespace headgate::select
