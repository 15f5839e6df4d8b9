// pick -> attempt, until one serves the request or nothing is left to try.

#include <algorithm>
#include <array>
#include <exception>

#include "core/base/log.hpp"
#include "core/exchange/affinity_key.hpp"
#include "core/exchange/exchange.hpp"
#include "core/exchange/pause.hpp"
#include "core/exchange/probe_plan.hpp"
#include "core/exchange/prober.hpp"
#include "core/exchange/request_variables.hpp"
#include "core/net/frame.hpp"
#include "core/select/cell.hpp"
#include "core/select/cell_table.hpp"

namespace headgate::exchange {
namespace {

// Nothing has failed there since its last success.
bool is_sound(const select::Cell& cell) {
  return cell.consecutive_failures.load(std::memory_order_relaxed) == 0;
}

}  // namespace

// The name under which endpoints keep what they know of the model that is asked for; 0: none. What
// passes is no measure of how a model does at what is read.
std::uint64_t Exchange::model_key() const {
  if (!request_.dialect.route) return 0;
  return select::model_hash(request_.facets.model);
}

select::PickResult Exchange::pick(const EndpointPlan* only, TimePoint now, Resort resort) {
  const std::vector<EndpointPlan>& plans = request_.backend->endpoints;
  select::PickQuery query;
  query.model = model_key();
  const auto eligible = [&](const select::Endpoint& endpoint) {
    const EndpointPlan& plan = plans[endpoint.index()];
    if (only) return &plan == only;
    return can_serve(plan) && (!sound_only_ || is_sound(endpoint.cell_for(query.model)));
  };
  query.now = now;
  query.prompt_tokens = static_cast<double>(request_.body.size()) / Attempt::kBytesPerToken;
  query.output_tokens_max = static_cast<double>(request_.facets.max_tokens.value_or(0));
  query.affinity = affinity_;
  query.excluded = excluded_;
  query.eligible = eligible;
  query.last_resort = resort != Resort::none;
  const auto may_resort = [&](const select::Endpoint& endpoint) {
    return plans[endpoint.index()].retry.ask_when_all_out &&
           (resort == Resort::any || !endpoint.cell_for(query.model).being_probed(now));
  };
  query.may_resort = may_resort;
  const auto probe_due = [&](const select::Endpoint& endpoint, select::Cell& cell) {
    const auto& probe = plans[endpoint.index()].probe;
    if (probe) worker_.prober->watch(*request_.snapshot, *probe, cell);
  };
  query.probe_due = probe_due;
  return select::pick(*request_.backend->set, query, worker_.worker.rng());
}

// Who was chosen and why, for the log and for metrics.
void Exchange::note_pick(const select::PickResult& picked) {
  const EndpointPlan& endpoint = request_.backend->endpoints[picked.endpoint->index()];
  const std::string_view reason = select::reason_name(picked.reason);
  endpoint.attempts->picked(worker_.metrics, static_cast<std::size_t>(picked.reason), reason);
  if (log::enabled(log::Level::debug)) {
    std::string line = "request " + request_.id + ": picked '" + endpoint.name + "' of group ";
    line.append(std::to_string(picked.group)).append(" (").append(reason).append(")");
    log::debug(line);
  }
}

net::Task<void> Exchange::try_endpoints() {
  request_.memory.try_endpoints = HEADGATE_FRAME;
  TimePoint now = worker_.worker.clock().now();
  worker_.retries.deposit_one(now);
  worker_.seconds.deposit_one(now);
  worker_.hedges.deposit_one(now);
  expect_cuts();
  if (!request_.backend->affinity.empty()) affinity_keys(request_, affinity_);
  retry_ = RetryState{};
  retry_.attempts = 0;
  retry_.here = 0;
  const EndpointPlan* again = nullptr;
  // What the client is told if nobody serves it: the last failure of one that was sent the request,
  // which says more than that others cannot express it.
  std::optional<AttemptEnd> told;
  const EndpointPlan* told_by = nullptr;
  for (;;) {
    select::PickResult picked = pick(again, now, Resort::none);
    if (!picked.endpoint && again) {
      // It is out by now, or others took its place.
      picked = pick(nullptr, now, Resort::none);
    }
    if (!picked.endpoint) {
      const bool here = co_await wait_for_return(picked, now);
      if (!here) co_return;
    }
    if (again && picked.endpoint &&
        again != &request_.backend->endpoints[picked.endpoint->index()]) {
      ++retry_.failovers;
      retry_.here = 0;
    }
    if (!picked.endpoint) {
      // What went wrong before says more than that nobody is left.
      if (told) {
        co_await answer_failure(std::move(*told), *told_by);
      } else {
        co_await answer_shortage(picked);
      }
      co_return;
    }
    note_pick(picked);
    ++retry_.attempts;
    ++retry_.here;
    request_.may_try_here_again =
        may_try_again(request_.backend->endpoints[picked.endpoint->index()]);
    std::optional<AttemptEnd> last;
    const EndpointPlan* failed = nullptr;
    std::exception_ptr escaped;
    {
      const Pooled<Attempt, WorkerContext::kAttemptBytes> attempt(worker_.attempt_memory, shared_,
                                                                  std::move(picked), now);
      failed = &attempt->endpoint();
      race_.begin(*attempt);
      try {
        AttemptEnd end = co_await attempt->run();
        last.emplace(std::move(end));
      } catch (...) {
        escaped = std::current_exception();
      }
      end_first(*attempt, last);
    }
    if (second_) co_await join_second(last, failed);
    if (escaped) std::rethrow_exception(escaped);
    if (last->kind != AttemptEnd::Kind::failed) {
      if (last->kind == AttemptEnd::Kind::answered) {
        request_.recorded = std::move(last->recorded());
        co_await answer_recorded();
      }
      co_return;
    }
    const NextStep step = after(*last, *failed);
    if (retry_.asked || !told) {
      told.emplace(std::move(*last));
      told_by = failed;
    }
    if (step.step == Step::give_up) {
      co_await answer_failure(std::move(*told), *told_by);
      co_return;
    }
    again = step.step == Step::again_here ? failed : nullptr;
    if (!again) {
      retry_.failovers += retry_.asked ? 1 : 0;
      retry_.here = 0;
    }
    if (step.delay.count() > 0) {
      Pause pause(worker_, client_);
      const TimePoint until = worker_.worker.clock().now() + step.delay;
      const bool here = co_await pause.until(until);
      if (!here) co_return;
    }
    seat_.release();
    now = worker_.worker.clock().now();
  }
}

bool Exchange::may_send_again(const EndpointPlan& endpoint) const {
  return !endpoint.retry_precondition ||
         endpoint.retry_precondition.is_true(RequestVariables(request_));
}

bool Exchange::may_try_again(const EndpointPlan& endpoint) const {
  if (!endpoint.retries_answers() || !may_send_again(endpoint)) return false;
  Verdict again;
  again.next = Next::here;
  return next_step(again, retry_, endpoint.retry).step == Step::again_here;
}

void Exchange::exclude(const EndpointPlan& endpoint) {
  excluded_.push_back(static_cast<std::uint16_t>(&endpoint - request_.backend->endpoints.data()));
}

// What `failed` was asked for is asked of nobody else: not where it is configured, nor, where the
// request names it, in the same group. In another group the same name may well mean another model.
void Exchange::exclude_model(const EndpointPlan& failed) {
  const std::vector<EndpointPlan>& plans = request_.backend->endpoints;
  const select::EndpointSet& set = *request_.backend->set;
  const auto sets_model = [this](const EndpointPlan& plan) {
    return plan.sets_model(request_.dialect);
  };
  const auto model_of = [&](const EndpointPlan& plan) {
    return sets_model(plan) ? std::string_view(plan.model) : request_.facets.model;
  };
  const auto group_of = [&](const EndpointPlan& plan) {
    return set.group_of(static_cast<std::size_t>(&plan - plans.data()));
  };
  for (const EndpointPlan& plan : plans) {
    const bool configured = sets_model(plan) && sets_model(failed);
    if (model_of(plan) == model_of(failed) && (configured || group_of(plan) == group_of(failed))) {
      exclude(plan);
    }
  }
}

NextStep Exchange::after(const AttemptEnd& end, const EndpointPlan& failed) {
  retry_.asked = end.failure().kind != FailureKind::cannot;
  if (!retry_.asked) --retry_.attempts;
  if (!may_send_again(failed)) return {};
  if (end.verdict().exclude_model) exclude_model(failed);
  const TimePoint now = worker_.worker.clock().now();
  retry_.others_in_group = others(failed, Others::same_group);
  retry_.others = retry_.others_in_group || others(failed, Others::any);
  retry_.jitter = worker_.worker.rng().uniform();
  if (request_.deadline) {
    retry_.time_left = std::chrono::duration_cast<milliseconds>(*request_.deadline - now);
    if (retry_.time_left.count() <= 0) return {};
  }
  if (asks_afresh(end, failed)) return {Step::again_here, milliseconds{0}, false};
  if (!retry_.budget) retry_.sound_others = others(failed, Others::sound);
  NextStep step = step_after(end, failed);
  if (step.spends_budget && !worker_.retries.try_spend(now)) {
    retry_.budget = false;
    retry_.sound_others = others(failed, Others::sound);
    step = step_after(end, failed);
  }
  if (step.step == Step::elsewhere) exclude(failed);
  sound_only_ = step.sound_only;
  return step;
}

// One that the upstream asked to wait does so only where there is a place for it.
NextStep Exchange::step_after(const AttemptEnd& end, const EndpointPlan& failed) {
  retry_.may_wait = true;
  NextStep step = next_step(end.verdict(), retry_, failed.retry);
  if (step.waits && !seat_.take(worker_.waiters)) {
    retry_.may_wait = false;
    step = next_step(end.verdict(), retry_, failed.retry);
  }
  if (!step.waits) seat_.release();
  return step;
}

// Whether somebody else could be asked: not tried yet, able to, and not out.
bool Exchange::others(const EndpointPlan& failed, Others which) const {
  const select::EndpointSet& set = *request_.backend->set;
  const std::vector<EndpointPlan>& plans = request_.backend->endpoints;
  const auto failed_index = static_cast<std::size_t>(&failed - plans.data());
  const TimePoint now = worker_.worker.clock().now();
  const std::uint64_t model = model_key();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (i == failed_index || !can_serve(plans[i])) continue;
    if (which == Others::same_group && set.group_of(i) != set.group_of(failed_index)) continue;
    if (std::find(excluded_.begin(), excluded_.end(), i) != excluded_.end()) continue;
    const select::Endpoint& endpoint = set.endpoint(i);
    const select::Cell& cell = endpoint.cell_for(model);
    if (which == Others::sound && !is_sound(cell)) continue;
    // One that is only held back is better than an error, but no reason not to wait.
    const select::ServiceState state =
        which == Others::same_group ? cell.state(now) : cell.evicted_state(now);
    if (state != select::ServiceState::out &&
        !endpoint.base_cell().load.full(endpoint.concurrency_max()))
      return true;
  }
  return false;
}

// What the client gets to see of an upstream's failure: the provider's own words as its plugin
// passes them on (none about our key), and never with a key in them.
Error Exchange::error_of(const AttemptEnd& end, const EndpointPlan& endpoint) const {
  const bool clients_fault = end.verdict().next == Next::never && end.verdict().status < 500;
  Error error(clients_fault ? Fault::client : Fault::upstream, Retry::no, end.verdict().status,
              end.failure().code, "");
  const auto& recorded = end.recorded();
  if (recorded && recorded->is_error) {  // a plugin said why it cannot
    error.status = recorded->status;
    error.message = recorded->message;
    return error;
  }
  if (clients_fault && !end.verdict().message.empty() &&
      !request_.mentions_credential(end.verdict().message)) {
    error.message = end.verdict().message;
    return error;
  }
  error.message = "provider '" + endpoint.name + "' " + end.failure().detail;
  if (!end.verdict().message.empty() && !request_.mentions_credential(end.verdict().message)) {
    error.message += ": " + end.verdict().message;
  }
  if (request_.attempts.size() > 1) {
    error.message += " (attempts: " + describe_attempts(request_.attempts) + ")";
  }
  return error;
}

// {"error": {...}}, as every known format has it; anything else is not what clients can read.
bool Exchange::is_error_object(std::string_view text) {
  JsonBody body(arena_, worker_.scanner);
  body.assign_copy(text);
  const auto error = body.named("error");
  return error.value && !error.twice && error.value->starts_with('{');
}

net::Task<void> Exchange::answer_failure(AttemptEnd end, const EndpointPlan& endpoint) {
  if (goes_on()) {
    co_await end_cut();
    co_return;
  }
  const bool client_key = end.client_key();
  const bool own_format =
      endpoint.provider && request_.dialect.route && endpoint.accepts_format(request_.dialect);
  const bool pass_through = !request_.dialect.route;
  const bool for_client = end.verdict().next == Next::never || client_key || !endpoint.provider;
  if (end.failure().kind == FailureKind::status && !end.failure().body.empty() && for_client &&
      (pass_through || (own_format && is_error_object(end.failure().body))) &&
      !request_.mentions_credential(end.failure().body)) {
    http::HeaderMap headers(arena_);
    const std::string& type = end.failure().content_type;
    const bool is_named = pass_through ? !type.empty() : type.starts_with("application/json");
    headers.set("content-type", is_named ? std::string_view(type) : "application/json");
    headers.set("x-headgate-provider", endpoint.name);
    add_headers(headers, true);
    add_retry_after(headers, end.verdict().retry_after);
    status_ = end.failure().status;
    error_code_ = end.failure().code;
    const std::array<std::string_view, 1> pieces{end.failure().body};
    co_await client_.send_whole(status_, headers, pieces);
    co_return;
  }
  if (!end.verdict().code.empty()) request_.own_error_code = end.verdict().code;
  if (end.recorded() && end.recorded()->is_error) {
    request_.own_error_code = end.recorded()->code;
    request_.own_error_member = end.recorded()->member;
  }
  Error error = error_of(end, endpoint);
  if (!request_.own_error_code.empty()) error.code = request_.own_error_code;
  co_await answer_error(std::move(error), end.verdict().retry_after);
}

}  // namespace headgate::exchange
