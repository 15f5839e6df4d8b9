#include "core/exchange/explain_request.hpp"

#include <algorithm>
#include <numeric>

#include "core/exchange/all_out.hpp"
#include "core/exchange/serving.hpp"
#include "core/http/target.hpp"
#include "core/select/cell_table.hpp"

namespace headgate::exchange {
namespace {

class AskedHeaders final : public route::HeaderSource {
 public:
  explicit AskedHeaders(const AskedRequest& asked) : asked_(asked) {}
  std::optional<std::string_view> find(std::string_view name) const override {
    if (name == "host") return asked_.host;
    for (const auto& [known, value] : asked_.headers)
      if (known == name) return value;
    return std::nullopt;
  }

 private:
  const AskedRequest& asked_;
};

class RequestWalk {
 public:
  RequestWalk(const Snapshot& snapshot, const AskedRequest& asked, TimePoint now, Rng& rng,
              const OnWorker& on_worker)
      : snapshot_(snapshot),
        asked_(asked),
        target_(http::split_target(asked.target)),
        headers_(asked),
        now_(now),
        rng_(rng),
        on_worker_(on_worker) {}

  RequestExplained run() {
    result_.model = asked_.model;
    result_.refusal = find_route();
    if (result_.refusal) return std::move(result_);
    find_dialect();
    result_.refusal = try_policies();
    if (result_.refusal) return std::move(result_);
    result_.refusal = explain_backends();
    return std::move(result_);
  }

 private:
  using MaybeError = std::optional<Error>;

  MaybeError find_route() {
    if (!http::is_safe_path(target_.path))
      return client_error(400, "bad_path", "the path is not one that can be routed");
    std::vector<std::uint16_t> serving;
    bool heard = false;
    for (const std::uint16_t port : ports()) {
      const auto listener = snapshot_.routes.select_listener(port, asked_.host);
      if (!listener) continue;
      heard = true;
      if (look(*listener)) serving.push_back(port);
    }
    if (serving.size() > 1) {
      result_.listener = nullptr;
      result_.route = nullptr;
      return client_error(400, "several_ports",
                          "more than one port serves this: say which, of " + list(serving));
    }
    if (!serving.empty()) return std::nullopt;
    if (heard) {
      return client_error(404, "no_route",
                          "no route matches " + asked_.method + " '" + asked_.target + "'");
    }
    return client_error(
        404, "no_listener",
        "no listener " +
            (asked_.port ? "of port " + std::to_string(*asked_.port) + " " : std::string()) +
            "serves host '" + asked_.host + "'");
  }

  std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
    for (const route::ListenerEntry& listener : snapshot_.routes.listeners()) {
      if (asked_.port && *asked_.port != listener.port) continue;
      if (std::find(ports.begin(), ports.end(), listener.port) == ports.end())
        ports.push_back(listener.port);
    }
    return ports;
  }

  static std::string list(const std::vector<std::uint16_t>& ports) {
    std::string text;
    for (const std::uint16_t port : ports)
      text.append(text.empty() ? "" : ", ").append(std::to_string(port));
    return text;
  }

  // Whether a route of the listener serves the request.
  bool look(std::size_t listener) {
    const route::MatchRequest wanted{listener,     asked_.method, asked_.host,
                                     target_.path, target_.query, headers_};
    const route::RouteEntry* const entry = snapshot_.routes.match(wanted);
    std::vector<route::LookedAt> looked = snapshot_.routes.look(wanted);
    if (entry) {
      result_.listener = &snapshot_.routes.listeners()[listener];
      result_.route = &snapshot_.plans[entry->index];
      result_.looked = std::move(looked);
    } else if (!result_.route) {
      std::move(looked.begin(), looked.end(), std::back_inserter(result_.looked));
    }
    return entry != nullptr;
  }

  void find_dialect() {
    const auto has_header = [this](std::string_view name) {
      return headers_.find(name).has_value();
    };
    result_.dialect =
        find_format(snapshot_, *result_.route, asked_.method, target_.path, has_header);
    if (!result_.dialect.model.empty()) result_.model = result_.dialect.model;
  }

  // What the request is when it comes to each backend's choice.
  MaybeError try_policies() {
    MaybeError problem;
    const auto try_all = [&](WorkerContext& worker) {
      for (const BackendPlan& backend : result_.route->backends) {
        auto trial = exchange::try_policies(worker, snapshot_, asked_, backend, result_.dialect);
        if (!trial) {
          problem = std::move(trial.error());
          return;
        }
        trials_.push_back(std::move(*trial));
      }
    };
    on_worker_(try_all);
    if (!trials_.empty() && result_.model.empty()) result_.model = trials_.front().client_model;
    return problem;
  }

  MaybeError explain_backends() {
    const std::vector<BackendPlan>& backends = result_.route->backends;
    if (backends.empty()) return gateway_error("no_backend", "the route has no backend", 503);
    const plugin::DialectMatch& dialect = result_.dialect;
    std::vector<route::BackendShare> shares(backends.size());
    const auto serves = [&](const EndpointPlan& endpoint) {
      return declares(endpoint, dialect, target_.path);
    };
    const bool declared =
        fill_shares(backends, now_, serves, shares) || (dialect.route && dialect.route->answered);
    add_backends(backends, shares);
    if (!declared && dialect.dialect && !dialect.route)
      return client_error(405, "method_not_allowed", "this path does not take " + asked_.method);
    if (!declared) {
      return client_error(404, "unknown_path",
                          "no provider of the route serves '" + asked_.target + "'");
    }
    const bool weighty = std::any_of(shares.begin(), shares.end(),
                                     [](const auto& share) { return share.weight > 0; });
    if (!weighty) return gateway_error("no_backend", "no backend has a weight", 503);
    return std::nullopt;
  }

  // As route::draw_backend() would draw: one that is not available gives its share to the others,
  // unless none is.
  void add_backends(const std::vector<BackendPlan>& backends,
                    const std::vector<route::BackendShare>& shares) {
    const auto weight_of = [](bool available_only) {
      return [available_only](double sum, const route::BackendShare& share) {
        return share.available || !available_only ? sum + share.weight : sum;
      };
    };
    const double available = std::accumulate(shares.begin(), shares.end(), 0.0, weight_of(true));
    const double all = std::accumulate(shares.begin(), shares.end(), 0.0, weight_of(false));
    for (std::size_t i = 0; i < backends.size(); ++i) {
      BackendExplained& backend = result_.backends.emplace_back();
      backend.plan = &backends[i];
      backend.available = shares[i].available;
      const bool takes_part = available > 0 ? shares[i].available : all > 0;
      if (takes_part) backend.share = shares[i].weight / (available > 0 ? available : all);
      backend.policies = std::move(trials_[i].policies);
      backend.model = trials_[i].model;
      backend.store = trials_[i].store;
      if (!is_plain(backends[i])) {
        backend.selection = explain_selection(backends[i], trials_[i]);
        backend.held_until = return_to_wait_for(backends[i], *backend.selection, now_);
      }
    }
  }

  select::Explanation explain_selection(const BackendPlan& backend, const PolicyTrial& trial) {
    const auto eligible = [&](const select::Endpoint& endpoint) {
      const EndpointPlan& plan = backend.endpoints[endpoint.index()];
      return knows(plan, trial.store) && declares(plan, result_.dialect, target_.path);
    };
    select::PickQuery query;
    query.now = now_;
    query.model = select::model_hash(trial.model);
    query.prompt_tokens = asked_.prompt_tokens;
    query.output_tokens_max = asked_.max_tokens;
    query.eligible = eligible;
    query.last_resort = true;
    const auto may_resort = [&](const select::Endpoint& endpoint) {
      return backend.endpoints[endpoint.index()].retry.ask_when_all_out;
    };
    query.may_resort = may_resort;
    query.affinity = trial.affinity;
    return select::explain(*backend.set, query, rng_);
  }

  const Snapshot& snapshot_;
  const AskedRequest& asked_;
  const http::Target target_;
  const AskedHeaders headers_;
  const TimePoint now_;
  Rng& rng_;
  const OnWorker& on_worker_;
  std::vector<PolicyTrial> trials_;  // by backend
  RequestExplained result_;
};

}  // namespace

RequestExplained explain_request(const Snapshot& snapshot, const AskedRequest& asked, TimePoint now,
                                 Rng& rng, const OnWorker& on_worker) {
  return RequestWalk(snapshot, asked, now, rng, on_worker).run();
}

}  // namespace headgate::exchange
