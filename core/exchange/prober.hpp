#pragma once
// Asks endpoints that are out whether they are back, where a policy wants it so. Each worker
// watches those that it saw fail; who asks is settled by the lease that a half-open return needs
// anyway, so that an endpoint is asked one thing at a time. While nothing is out, nothing runs.
// [worker]

#include <map>
#include <memory>
#include <utility>

#include "core/exchange/connection_list.hpp"
#include "core/exchange/probe_plan.hpp"
#include "core/net/deadline.hpp"
#include "core/net/task.hpp"
#include "core/select/leases.hpp"

namespace headgate::exchange {

struct ProbeEnd;
struct WorkerContext;

class Prober {
 public:
  // Questions of one worker at one time; more wait for their turn.
  static constexpr std::size_t kAtOnceMax = 16;
  // While somebody else asks, or too many are asked.
  static constexpr milliseconds kRecheck{250};
  // So much of the interval, at least, passes between two questions; the rest is drawn.
  static constexpr double kIntervalShare = 0.8;

  explicit Prober(WorkerContext& worker);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // The cell may be out: from now on it is asked when its time has come, until it is back. Nothing
  // when the worker serves another snapshot by now. `plan` is of that snapshot, and so is the cell.
  void watch(const Snapshot& snapshot, const ProbePlan& plan, select::Cell& cell);

  // The worker serves another snapshot, or none: what was under way is cancelled, and what is out
  // in the new one is watched.
  void begin_anew();

  std::size_t watched() const { return watched_.size(); }

 private:
  using Key = std::pair<const ProbePlan*, select::Cell*>;
  struct Watched {
    TimePoint due;
    bool asked = false;   // now
    bool failed = false;  // once, since it is out
  };
  class Asking;

  void look();
  void look_at(TimePoint when);
  net::Task<void> ask(std::shared_ptr<const Snapshot> snapshot, const ProbePlan* plan,
                      select::Cell* cell, select::Leases leases);
  void decide(const ProbePlan& plan, select::Cell& cell, select::Leases leases,
              const ProbeEnd& end);

  WorkerContext& worker_;
  std::map<Key, Watched> watched_;
  std::size_t asking_ = 0;
  ConnectionList running_;
  net::Deadline timer_;
  TimePoint timer_at_{};
};

}  // namespace headgate::exchange
