#include "core/exchange/policy_trial.hpp"

#include <utility>

#include "core/base/json_text.hpp"
#include "core/exchange/affinity_key.hpp"
#include "core/exchange/call.hpp"
#include "core/exchange/policy_contexts.hpp"
#include "core/exchange/request_facets.hpp"
#include "core/exchange/serving.hpp"
#include "core/http/target.hpp"

namespace headgate::exchange {
namespace {

using MaybeError = std::optional<Error>;

std::string name_of(const plugin::PolicyInstance& policy) {
  const plugin::Manifest& manifest = policy.manifest();
  return manifest.key.empty() ? manifest.id : manifest.key;
}

// Whoever asks keeps the snapshot.
std::shared_ptr<const Snapshot> borrowed(const Snapshot& snapshot) {
  return {std::shared_ptr<void>(), &snapshot};
}

class Trial {
 public:
  Trial(WorkerContext& worker, const Snapshot& snapshot, const AskedRequest& asked,
        const BackendPlan& backend, const plugin::DialectMatch& dialect)
      : asked_(asked), backend_(backend), request_(worker, borrowed(snapshot), arena_, head_) {
    head_.method = asked.method;
    head_.target = asked.target;
    head_.authority = asked.host;
    const http::Target target = http::split_target(asked.target);
    request_.path = target.path;
    request_.query = target.query;
    request_.backend = &backend;
    request_.dialect = dialect;
    request_.started = worker.worker.clock().now();
    request_.wall = worker.worker.clock().wall();
    request_.dry_run = true;
  }

  ~Trial() { close_contexts(request_, call_); }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Result<PolicyTrial> run() {
    if (auto problem = take_headers()) return std::move(*problem);
    take_body();
    if (auto problem = read_facets_of(request_)) return std::move(*problem);
    if (request_.facets.model.empty()) {
      request_.facets.client_model = request_.facets.model = asked_.model;
    }
    PolicyTrial trial;
    trial.client_model = request_.facets.client_model;
    for (const PolicyUse& use : backend_.on_request) trial.policies.push_back(try_one(use));
    if (auto problem = read_facets_again(request_)) {
      return bad_request_left(*problem);
    }
    trial.model = request_.facets.model;
    trial.store = request_.store;
    std::pmr::vector<std::uint64_t> keys;
    affinity_keys(request_, keys);
    trial.affinity.assign(keys.begin(), keys.end());
    return trial;
  }

 private:
  MaybeError take_headers() {
    for (const auto& [name, value] : asked_.headers) {
      if (!request_.headers.add(name, value))
        return client_error(400, "bad_header", "header '" + name + "' cannot be sent");
    }
    return std::nullopt;
  }

  // With the model in its place, where it was asked for apart from the body.
  void take_body() {
    request_.body.assign_copy(asked_.body.empty() ? std::string_view("{}") : asked_.body);
    if (asked_.model.empty()) return;
    std::string_view place;
    if (!request_.dialect.route) {
      place = passed_model(backend_, request_.dialect, request_.path).pointer;
    } else if (request_.dialect.route->json_body && request_.dialect.model.empty()) {
      place = request_.dialect.dialect->declares().model;
    }
    if (!place.empty()) (void)request_.body.set(place, json_quote(asked_.model));
  }

  PolicyTried try_one(const PolicyUse& use) {
    PolicyTried tried;
    tried.policy = name_of(*use.instance);
    if (!use.instance->declares().dry_run) return tried;
    request_.recorded.reset();
    const std::int32_t result = call_policy(use);
    call_.drop_pause();
    (void)plugin::PolicyInstance::take_odd_result();
    if (result == HG_CONTINUE) {
      tried.result = PolicyTried::Result::passed;
      return tried;
    }
    const bool answers = result == HG_STOP && request_.recorded;
    tried.result = answers ? PolicyTried::Result::answered : PolicyTried::Result::failed;
    if (use.optional && !request_.recorded) tried.result = PolicyTried::Result::passed_over;
    if (request_.recorded) {
      tried.status = request_.recorded->status;
      tried.code = std::move(request_.recorded->code);
      tried.message = std::move(request_.recorded->message);
    }
    return tried;
  }

  std::int32_t call_policy(const PolicyUse& use) {
    call_.enter(Phase::request, nullptr);
    const std::int32_t opened = open_context(request_, call_, use);
    if (opened != HG_CONTINUE) return opened;
    return use.instance->on_request(request_.policies[use.slot].context, call_);
  }

  const AskedRequest& asked_;
  const BackendPlan& backend_;
  Arena arena_;
  http::RequestHead head_;
  RequestContext request_;
  Call call_{request_};
};

}  // namespace

Result<PolicyTrial> try_policies(WorkerContext& worker, const Snapshot& snapshot,
                                 const AskedRequest& asked, const BackendPlan& backend,
                                 const plugin::DialectMatch& dialect) {
  return Trial(worker, snapshot, asked, backend, dialect).run();
}

}  // namespace headgate::exchange
