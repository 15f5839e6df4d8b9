// What many picks do, over a small model of upstreams: each request takes its endpoint's time, and
// what it showed is recorded. Seeds are fixed, so the shares repeat.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <queue>

#include "core/select/outcome.hpp"
#include "tests/core/select/fixture.hpp"

namespace headgate::select {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

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

  std::vector<double> run(double per_second, seconds time) {
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
      open_.emplace(world_.clock.now() + milliseconds(static_cast<int>(takes)),
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

TEST(Distribution, EqualEndpointsShareByWeight) {
  World world;
  const auto set = world.set({{world.spec("a", 1), world.spec("b", 2), world.spec("c", 5)}});
  Traffic traffic(world, *set, std::vector<Upstream>(3));
  const std::vector<double> shares = traffic.run(20, seconds(300));
  EXPECT_NEAR(shares[0], 0.125, 0.025);
  EXPECT_NEAR(shares[1], 0.25, 0.025);
  EXPECT_NEAR(shares[2], 0.625, 0.03);
}

TEST(Distribution, EqualEndpointsShareEvenlyAtManyEndpointsAndUnderLoad) {
  for (const std::size_t count : {2u, 10u, 200u}) {
    World world;
    const auto set = world.equal(count);
    Traffic traffic(world, *set, std::vector<Upstream>(count));
    const std::vector<double> shares = traffic.run(500, seconds(40));
    for (const double share : shares) {
      EXPECT_GT(share * static_cast<double>(count), 0.5) << count;
      EXPECT_LT(share * static_cast<double>(count), 1.5) << count;
    }
  }
}

TEST(Distribution, ASlowEndpointLoses) {
  World world;
  const auto set = world.equal(3);
  Traffic traffic(world, *set, {{2'000, 50}, {200, 5}, {200, 5}});
  const std::vector<double> shares = traffic.run(50, seconds(120));
  EXPECT_LT(shares[0], 0.03);
  EXPECT_GT(shares[0], 0);  // and is not forgotten
  EXPECT_NEAR(shares[1], shares[2], 0.05);
}

TEST(Distribution, ASlowTokenStreamLosesToo) {
  World world;
  const auto set = world.equal(2);
  Traffic traffic(world, *set, {{200, 50}, {200, 5}});
  EXPECT_LT(traffic.run(50, seconds(120))[0], 0.15);
}

TEST(Distribution, AnEndpointThatAnswersErrorsFastLoses) {
  World world;
  const auto set = world.equal(3);
  Upstream broken{5, 0.1};
  broken.fails = [](TimePoint) { return true; };
  Traffic traffic(world, *set, {broken, {}, {}});
  EXPECT_LT(traffic.run(50, seconds(120))[0], 0.05);
}

TEST(Distribution, ADeadEndpointGetsItsFirstFailuresAndThenItsProbes) {
  World world;
  const auto set = world.equal(2);
  Upstream dead;
  dead.fails = [](TimePoint) { return true; };
  Traffic traffic(world, *set, {dead, {}});
  traffic.evicts = true;
  const double requests = 50 * 600;
  const std::vector<double> shares = traffic.run(50, seconds(600));
  // Three failures, then probes after 5, 10, 20, 40, 60, 60 ... s: 12 in ten minutes. A few more
  // may be on their way when the third failure is known.
  EXPECT_LE(shares[0] * requests, 3 + 12 + 3);
  EXPECT_GE(shares[0] * requests, 3 + 10);
}

TEST(Distribution, AnEndpointThatRecoversIsBackWithinItsProbe) {
  World world;
  const auto set = world.equal(2);
  Upstream once;
  const TimePoint recovery = world.clock.now() + seconds(60);
  once.fails = [recovery](TimePoint now) { return now < recovery; };
  Traffic traffic(world, *set, {once, {}});
  traffic.evicts = true;
  EXPECT_LT(traffic.run(20, seconds(60))[0], 0.02);
  traffic.run(20, seconds(60));
  EXPECT_NEAR(traffic.run(20, seconds(60))[0], 0.5, 0.06);
}

TEST(Distribution, NoEndpointStarvesAfterABadDay) {
  World world;
  const auto set = world.equal(2);
  Upstream recovered{200, 5};
  Traffic traffic(world, *set, {recovered, {}});
  world.sample(cell_of(*set, 0), 60'000, 500);  // what it was like before
  const std::vector<double> shares = traffic.run(20, seconds(300));
  EXPECT_GT(shares[0], 0.05);
  EXPECT_NEAR(traffic.run(20, seconds(300))[0], 0.5, 0.06);
}

TEST(Distribution, NoEndpointStarvesWithLittleTraffic) {
  World world;
  const auto set = world.equal(2);
  world.sample(cell_of(*set, 0), 60'000, 500);
  Traffic traffic(world, *set, std::vector<Upstream>(2));
  traffic.run(1.0 / 60, std::chrono::hours(4));  // one request a minute
  EXPECT_NEAR(traffic.run(20, seconds(120))[0], 0.5, 0.1);
}

TEST(Distribution, ANewEndpointIsNotFlooded) {
  World world;
  std::vector<EndpointSpec> specs;
  for (int i = 0; i < 3; ++i) specs.push_back(world.spec("old" + std::to_string(i)));
  specs.push_back(world.spec("new", 1, 0, /*cold=*/true));
  const auto set = world.set({std::move(specs)});
  const auto rng = make_rng(5);
  // 60 requests are open on each of the old ones; 60 more come at once.
  std::vector<PickResult> open;
  for (std::size_t i = 0; i < 3; ++i) {
    world.sample(cell_of(*set, i), 200, 5);
    PickQuery query = world.query();
    const auto only = [i](const Endpoint& endpoint) { return endpoint.index() == i; };
    query.eligible = only;
    for (int n = 0; n < 60; ++n) open.push_back(pick(*set, query, *rng));
  }
  const auto more = [&](int count) {
    int to_new = 0;
    for (int i = 0; i < count; ++i) {
      open.push_back(pick(*set, world.query(), *rng));
      to_new += open.back().endpoint->name() == "new" ? 1 : 0;
    }
    return to_new;
  };
  const int at_first = more(60);
  EXPECT_GT(at_first, 3);
  EXPECT_LT(at_first, 12);  // a tenth of its weight: some 7
  world.clock.advance(seconds(10));
  EXPECT_GT(more(60), 20);  // now it catches up
}

TEST(Distribution, LongStreamsCountUntilTheirEnd) {
  World world;
  const auto set = world.equal(2);
  const auto rng = make_rng(5);
  std::vector<PickResult> streams;
  PickQuery query = world.query();
  const auto only_first = [](const Endpoint& endpoint) { return endpoint.index() == 0; };
  query.eligible = only_first;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(pick(*set, query, *rng));
    note_first_token(streams.back().permit, Millis(100), 0, world.clock.now());
  }
  for (int i = 0; i < 20; ++i) {
    PickResult result = pick(*set, world.query(), *rng);
    EXPECT_EQ(result.endpoint->name(), "e1");
  }
}

}  // namespace
}  // namespace headgate::select
