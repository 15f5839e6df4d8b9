#include "core/exchange/prober.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/exchange/probe_run.hpp"
#include "core/exchange/worker_context.hpp"
#include "core/select/cell.hpp"

namespace headgate::exchange {
namespace {

std::string name_of(const ProbePlan& plan) {
  return "endpoint '" + plan.endpoint().name + "' of backend '" + plan.backend_name + "'";
}

}  // namespace

// A question that was not decided gives back its leases, however it ended.
class Prober::Asking {
 public:
  Asking(Prober& prober, const ProbePlan* plan, select::Cell* cell, select::Leases leases)
      : prober_(prober), key_(plan, cell), leases_(leases) {
    ++prober_.asking_;
  }
  ~Asking() {
    --prober_.asking_;
    if (leases_ != 0) select::give_back_leases(*key_.second, leases_);
    const auto known = prober_.watched_.find(key_);
    if (known == prober_.watched_.end()) return;
    known->second.asked = false;
    prober_.look_at(prober_.worker_.worker.clock().now());
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  select::Leases take() { return std::exchange(leases_, select::Leases{0}); }

 private:
  Prober& prober_;
  const Key key_;
  select::Leases leases_;
};

Prober::Prober(WorkerContext& worker)
    : worker_(worker), timer_(worker.worker.sweep(), [this] { look(); }) {}

Prober::~Prober() = default;

void Prober::watch(const Snapshot& snapshot, const ProbePlan& plan, select::Cell& cell) {
  if (&snapshot != worker_.snapshot.get() || worker_.draining) return;
  const TimePoint now = worker_.worker.clock().now();
  if (cell.evicted_state(now) == select::ServiceState::in_service) return;
  const auto [known, added] = watched_.try_emplace(Key(&plan, &cell));
  if (!added) return;
  known->second.due = std::max(cell.eviction_ends_at(), now);
  look_at(known->second.due);
}

void Prober::begin_anew() {
  running_.end_all();
  watched_.clear();
  timer_.disarm();
  if (!worker_.snapshot || worker_.draining) return;
  for (const RoutePlan& route : worker_.snapshot->plans) {
    for (const BackendPlan& backend : route.backends) {
      for (const EndpointPlan& endpoint : backend.endpoints) {
        if (endpoint.probe) watch(*worker_.snapshot, *endpoint.probe, endpoint.probe->cell());
      }
    }
  }
}

void Prober::look_at(TimePoint when) {
  if (timer_.armed() && timer_at_ <= when) return;
  timer_at_ = when;
  timer_.arm(when);
}

// Asks those whose time has come, and forgets those that are back.
void Prober::look() {
  const TimePoint now = worker_.worker.clock().now();
  std::size_t free = kAtOnceMax - std::min(kAtOnceMax, asking_);
  TimePoint next = TimePoint::max();
  for (auto at = watched_.begin(); at != watched_.end();) {
    auto& [key, watched] = *at;
    const auto& [plan, cell] = key;
    if (watched.asked) {
      ++at;
      continue;
    }
    const select::ServiceState state = cell->evicted_state(now);
    if (state == select::ServiceState::in_service) {
      at = watched_.erase(at);
      continue;
    }
    if (state == select::ServiceState::out) {
      watched.due = cell->eviction_ends_at();
    } else if (watched.due <= now) {
      const select::Leases leases = free == 0 ? select::Leases{0} : select::take_leases(*cell, now);
      if (leases == 0) {
        watched.due = now + kRecheck;
      } else {
        --free;
        watched.asked = true;
        net::spawn(worker_.worker.io(), ask(worker_.snapshot, plan, cell, leases));
        ++at;
        continue;
      }
    }
    next = std::min(next, watched.due);
    ++at;
  }
  if (next != TimePoint::max()) look_at(next);
}

net::Task<void> Prober::ask(std::shared_ptr<const Snapshot> snapshot, const ProbePlan* plan,
                            select::Cell* cell, select::Leases leases) {
  Asking asking(*this, plan, cell, leases);
  ProbeRun run(worker_, snapshot, *plan);
  const ConnectionList::Entry entry(running_, run);
  // Between the look and this turn of the loop the snapshot may have been replaced.
  if (watched_.find(Key(plan, cell)) == watched_.end()) co_return;
  const ProbeEnd end = co_await run.run();
  if (end.kind == ProbeEnd::Kind::cancelled) co_return;
  decide(*plan, *cell, asking.take(), end);
}

void Prober::decide(const ProbePlan& plan, select::Cell& cell, select::Leases leases,
                    const ProbeEnd& end) {
  const TimePoint now = worker_.worker.clock().now();
  const EndpointPlan& endpoint = plan.endpoint();
  if (end.kind == ProbeEnd::Kind::answered) {
    const bool back = select::probe_answered(cell, leases, now);
    endpoint.attempts->probed(worker_.metrics, "success");
    if (back) log::info(name_of(plan) + " answered its probe and is back in service");
    return;
  }
  const double share = kIntervalShare + (1 - kIntervalShare) * worker_.worker.rng().uniform();
  const auto wait = std::chrono::duration_cast<milliseconds>(plan.settings.interval * share);
  select::probe_unanswered(cell, leases, now, wait);
  endpoint.attempts->probed(worker_.metrics, end.code);
  const auto known = watched_.find(Key(&plan, &cell));
  const bool first = known != watched_.end() && !std::exchange(known->second.failed, true);
  const std::string line = name_of(plan) + " is not back, its probe says: it " + end.detail;
  if (first) {
    log::info(line);
  } else {
    log::debug(line);
  }
}

}  // namespace headgate::exchange
