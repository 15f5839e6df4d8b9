#pragma once
// Where a request would go that nobody sent: the listener, the route, the backends with their
// shares, and what a pick among the endpoints of each would do. Follows the way of a real request
// with the same functions, up to the first attempt. Of the policies those run that say they change
// nothing but the request. Nothing is changed by asking. [main]

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/rng.hpp"
#include "core/exchange/asked_request.hpp"
#include "core/exchange/policy_trial.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/select/explain.hpp"

namespace headgate::exchange {

// Runs `work` where plugins may be called for a request, and returns when that is done.
using OnWorker = std::function<void(const std::function<void(WorkerContext&)>& work)>;

struct BackendExplained {
  const BackendPlan* plan = nullptr;
  double share = 0;        // of the route's requests
  bool available = false;  // somebody in it can serve, and is not out
  std::vector<PolicyTried> policies;
  std::string model;                   // as policies leave it; empty: not known
  std::optional<std::uint16_t> store;  // only these may be asked; see stored_ids.hpp
  // What its pick would do; nothing for a plain upstream, where there is nothing to choose.
  std::optional<select::Explanation> selection;
  // Everybody is out, and the request would be held until then, unless its own deadline is sooner
  // or too many are held already.
  std::optional<TimePoint> held_until;
};

struct RequestExplained {
  const route::ListenerEntry* listener = nullptr;
  const RoutePlan* route = nullptr;
  std::vector<route::LookedAt> looked;  // ends with the one that matched, if one did
  plugin::DialectMatch dialect;         // its views are of the asked request
  std::string model;                    // that the client asks for; empty: not known
  std::vector<BackendExplained> backends;
  // What the client would be told instead of an answer.
  std::optional<Error> refusal;
};

// REQUIRES: the snapshot and `asked` outlive what is returned.
RequestExplained explain_request(const Snapshot& snapshot, const AskedRequest& asked, TimePoint now,
                                 Rng& rng, const OnWorker& on_worker);

}  // namespace headgate::exchange
