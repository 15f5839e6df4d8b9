#include "core/observe/metrics.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <map>
#include <mutex>
#include <utility>

namespace headgate::observe {
namespace {

// The largest series is not larger than that.
constexpr std::size_t kUnshownSlots = 64;

std::size_t slots_of(const FamilySpec& spec) {
  return spec.type == MetricType::histogram ? spec.bounds.size() + 2 : 1;
}

}  // namespace

void WorkerMetrics::observe(const Histogram& histogram, double value) {
  std::uint32_t bucket = 0;
  while (bucket < histogram.bound_count && value > histogram.bounds[bucket]) ++bucket;
  bump(histogram.slot + bucket, 1);
  Slot& sum = slot(histogram.slot + histogram.bound_count + 1);
  const double grown = std::bit_cast<double>(sum.load(std::memory_order_relaxed)) + value;
  sum.store(std::bit_cast<std::uint64_t>(grown), std::memory_order_relaxed);
}

struct MetricRegistry::State {
  struct Family {
    FamilySpec spec;
    std::map<std::vector<std::string>, std::uint32_t> series;  // label values -> first slot
  };

  const std::vector<std::string> hidden;
  mutable std::mutex mutex;
  // Families by pointer: handles hold the address of a histogram's bounds.
  std::vector<std::unique_ptr<Family>> families;
  std::uint32_t next_slot = 0;
  std::size_t chunks = 0;

  std::mutex collectors_mutex;  // held while they run
  std::vector<Collector*> collectors;
};

MetricRegistry::MetricRegistry(std::size_t workers, std::vector<std::string> hidden)
    : state_(new State{std::move(hidden), {}, {}, 0, 0, {}, {}}) {
  for (std::size_t i = 0; i < workers + 2; ++i) {
    workers_.push_back(std::make_unique<WorkerMetrics>());
  }
  // A handle that was never resolved, or found no room, counts here and is not shown.
  reserve_slots(kUnshownSlots);
}

MetricRegistry::~MetricRegistry() = default;

std::uint32_t MetricRegistry::reserve_slots(std::size_t count) {
  constexpr std::size_t kChunk = WorkerMetrics::kChunkSlots;
  State& state = *state_;
  // A series does not lie across two chunks.
  if (state.next_slot % kChunk + count > kChunk) {
    state.next_slot = static_cast<std::uint32_t>((state.next_slot / kChunk + 1) * kChunk);
  }
  const std::size_t chunk = state.next_slot / kChunk;
  if (chunk == WorkerMetrics::kChunksMax) return 0;
  if (chunk == state.chunks) {
    for (auto& worker : workers_) {
      worker->chunks_[chunk] = std::make_unique<WorkerMetrics::Slot[]>(kChunk);
    }
    ++state.chunks;
  }
  const std::uint32_t slot = state.next_slot;
  state.next_slot += static_cast<std::uint32_t>(count);
  return slot;
}

std::size_t MetricRegistry::family(FamilySpec spec) {
  const std::lock_guard lock(state_->mutex);
  auto& families = state_->families;
  for (std::size_t i = 0; i < families.size(); ++i) {
    if (families[i]->spec.name == spec.name) return i;
  }
  assert(std::is_sorted(spec.bounds.begin(), spec.bounds.end()));
  assert(slots_of(spec) <= kUnshownSlots);
  families.push_back(std::make_unique<State::Family>(State::Family{std::move(spec), {}}));
  return families.size() - 1;
}

std::uint32_t MetricRegistry::slot_of(std::size_t family,
                                      std::span<const std::string_view> values) {
  State::Family& known = *state_->families[family];
  assert(values.size() == known.spec.labels.size());
  std::vector<std::string> key(values.begin(), values.end());
  if (const auto found = known.series.find(key); found != known.series.end()) return found->second;
  if (known.series.size() >= known.spec.series_max) {
    // One more than series_max: the one that takes the rest.
    std::fill(key.begin(), key.end(), kOverflowLabel);
    if (const auto found = known.series.find(key); found != known.series.end()) {
      return found->second;
    }
  }
  const std::uint32_t slot = reserve_slots(slots_of(known.spec));
  if (slot != 0) known.series.emplace(std::move(key), slot);
  return slot;
}

Counter MetricRegistry::counter(std::size_t family, std::span<const std::string_view> values) {
  const std::lock_guard lock(state_->mutex);
  assert(state_->families[family]->spec.type == MetricType::counter);
  return Counter{slot_of(family, values)};
}

Gauge MetricRegistry::gauge(std::size_t family, std::span<const std::string_view> values) {
  const std::lock_guard lock(state_->mutex);
  assert(state_->families[family]->spec.type == MetricType::gauge);
  return Gauge{slot_of(family, values)};
}

Histogram MetricRegistry::histogram(std::size_t family, std::span<const std::string_view> values) {
  const std::lock_guard lock(state_->mutex);
  const FamilySpec& spec = state_->families[family]->spec;
  assert(spec.type == MetricType::histogram);
  const std::uint32_t slot = slot_of(family, values);
  return Histogram{slot, static_cast<std::uint32_t>(spec.bounds.size()), spec.bounds.data()};
}

void MetricRegistry::visit(std::size_t family, std::span<const std::string_view> first,
                           const CounterVisitor& visit) const {
  const std::lock_guard lock(state_->mutex);
  const State::Family& known = *state_->families[family];
  assert(known.spec.type == MetricType::counter);
  // In the order of the series those that begin alike stand together, behind their beginning.
  auto at = known.series.lower_bound(std::vector<std::string>(first.begin(), first.end()));
  for (; at != known.series.end(); ++at) {
    const auto& [values, slot] = *at;
    if (!std::equal(first.begin(), first.end(), values.begin())) return;
    visit(std::span(values).subspan(first.size()), sum(slot));
  }
}

void MetricRegistry::add_collector(Collector& collector) {
  const std::lock_guard lock(state_->collectors_mutex);
  state_->collectors.push_back(&collector);
}

void MetricRegistry::remove_collector(Collector& collector) {
  const std::lock_guard lock(state_->collectors_mutex);
  std::erase(state_->collectors, &collector);
}

std::uint64_t MetricRegistry::sum(std::uint32_t slot) const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) {
    total += worker->slot(slot).load(std::memory_order_relaxed);
  }
  return total;
}

double MetricRegistry::sum_of_doubles(std::uint32_t slot) const {
  double total = 0;
  for (const auto& worker : workers_) {
    total += std::bit_cast<double>(worker->slot(slot).load(std::memory_order_relaxed));
  }
  return total;
}

std::string MetricRegistry::render() {
  std::string out;
  PrometheusWriter writer(out, state_->hidden);
  write_all(writer);
  return out;
}

std::vector<std::string> MetricRegistry::names() {
  std::string out;
  PrometheusWriter writer(out, {});
  write_all(writer);
  std::vector<std::string> names = writer.families();
  const std::lock_guard lock(state_->mutex);
  for (const auto& family : state_->families) {
    if (family->series.empty()) names.push_back(family->spec.name);
  }
  return names;
}

const std::vector<std::string>& MetricRegistry::hidden() const {
  return state_->hidden;
}

void MetricRegistry::write_all(PrometheusWriter& writer) {
  {
    const std::lock_guard lock(state_->mutex);
    std::vector<Label> labels;
    std::vector<std::uint64_t> counts;
    for (const auto& family : state_->families) {
      const FamilySpec& spec = family->spec;
      if (family->series.empty()) continue;
      writer.family(spec.name, spec.help, spec.type);
      for (const auto& [values, slot] : family->series) {
        labels.clear();
        for (std::size_t i = 0; i < values.size(); ++i) {
          labels.push_back(Label{spec.labels[i], values[i]});
        }
        const std::uint32_t buckets = static_cast<std::uint32_t>(spec.bounds.size()) + 1;
        switch (spec.type) {
          case MetricType::counter:
            writer.sample(labels, static_cast<double>(sum(slot)));
            break;
          case MetricType::gauge:
            writer.sample(labels, static_cast<double>(static_cast<std::int64_t>(sum(slot))));
            break;
          case MetricType::histogram:
            counts.clear();
            for (std::uint32_t i = 0; i < buckets; ++i) counts.push_back(sum(slot + i));
            writer.histogram(labels, spec.bounds, counts, sum_of_doubles(slot + buckets));
            break;
        }
      }
    }
  }
  const std::lock_guard lock(state_->collectors_mutex);
  for (Collector* collector : state_->collectors) collector->collect(writer);
}

}  // namespace headgate::observe
