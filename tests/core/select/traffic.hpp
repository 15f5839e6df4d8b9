#pragma once
// Traffic over a small model of upstreams: each request takes its endpoint's time, and what it
// showed is recorded.

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/select/outcome.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {

struct Upstream {
  double ttft_ms = 200;
  double tpot_ms = 5;
  std::function<bool(TimePoint)> fails = [](TimePoint) { return false; };
};

// Requests at even intervals for a while; counts who got them.
class Traffic {
 public:
  Traffic(World& world, const EndpointSet& set, std::vector<Upstream> upstreams)
      : world_(world), set_(set), upstreams_(std::move(upstreams)) {}

  // The default health policy in three lines; off: nothing is ever evicted.
  bool evicts = false;
  double output_tokens = 50;

  // From here on they are like this.
  void change(std::vector<Upstream> upstreams) { upstreams_ = std::move(upstreams); }

  // The share of each endpoint.
  std::vector<double> run(double per_second, std::chrono::seconds time) {
    std::vector<double> counts(set_.size());
    const auto gap = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(1 / per_second));
    const TimePoint end = world_.clock.now() + time;
    double total = 0;
    for (; world_.clock.now() < end; world_.clock.advance(gap)) {
      finish_until(world_.clock.now());
      PickQuery query = world_.query();
      query.expected_output_tokens = 0;
      PickResult result = pick(set_, query, *rng_);
      if (result.endpoint == nullptr) continue;
      ++total;
      ++counts[result.endpoint->index()];
      const Upstream& upstream = upstreams_[result.endpoint->index()];
      const bool fails = upstream.fails(world_.clock.now());
      const double takes = fails ? 5 : upstream.ttft_ms + upstream.tpot_ms * output_tokens;
      open_.emplace(world_.clock.now() + std::chrono::milliseconds(static_cast<int>(takes)),
                    Open{std::move(result), fails});
    }
    for (double& count : counts) count /= total;
    return counts;
  }

  std::size_t open() const { return open_.size(); }
  void finish_until(TimePoint now) {
    while (!open_.empty() && open_.begin()->first <= now) {
      finish(open_.begin()->second, open_.begin()->first);
      open_.erase(open_.begin());
    }
  }

 private:
  struct Open {
    PickResult pick;
    bool fails;
  };

  void finish(Open& open, TimePoint now) {
    const Upstream& upstream = upstreams_[open.pick.endpoint->index()];
    AttemptOutcome outcome;
    outcome.kind = open.fails ? OutcomeKind::failure : OutcomeKind::success;
    if (!open.fails) {
      outcome.first_token = Millis(upstream.ttft_ms);
      outcome.streaming = Millis(upstream.tpot_ms * (output_tokens - 1));
      outcome.output_tokens = output_tokens;
    }
    const OutcomeFacts facts = record(open.pick.permit, outcome, now);
    if (evicts && (facts.consecutive_failures >= 3 || facts.probe_failed))
      evict(*open.pick.permit.cell(), Scope::endpoint, now + duration_for(facts.evictions_in_a_row),
            now);
    open.pick.permit.release();
  }

  World& world_;
  const EndpointSet& set_;
  std::vector<Upstream> upstreams_;
  std::multimap<TimePoint, Open> open_;
  std::unique_ptr<Rng> rng_ = make_rng(2'026);
};

}  // namespace headgate::select
