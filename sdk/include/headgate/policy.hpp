#pragma once
// A policy in C++: what to do with a request on its way, whatever the vendor and the API format.
// policy.h says when each function is called and what it may read and write. Write those that the
// manifest's "phases" names:
//
//   class Tag final : public hg::Policy {
//    public:
//     static constexpr std::string_view kManifest = R"({"id": "org.acme.tag", ...})";
//     explicit Tag(const hg::Config& config);
//     hg::Action on_request(hg::Call& call) const;
//     hg::Action on_attempt(hg::Call& call) const;
//     hg::Health judge(hg::Call& call, const hg::Outcome& outcome) const;
//     void on_outcome(hg::Call& call, const hg::Outcome& outcome) const;
//     hg::Action on_response(hg::Call& call) const;
//     hg::Action on_event(hg::Call& call, std::string_view data, hg::EventFlags flags) const;
//     void on_complete(hg::Call& call, const hg::Completion& completion) const;
//     hg::Action on_async(hg::Call& call, std::uint32_t reason) const;
//     bool probe(hg::Probe& out) const;  // do endpoints come back by a probe?
//   };
//
// The object is shared by all workers, hence const. What one request remembers goes into a nested
// class `Request`, made by Request(const Tag&, hg::Call&): then any of the functions may be a
// member of it, without const. A nested class `Worker` is one worker's state; then the request is
// made by Request(const Tag&, Worker&, hg::Call&).

#include <headgate/policy.h>
#include <headgate/detail/adapter.hpp>
#include <headgate/provider.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hg {

class Policy {
 public:
  static constexpr std::uint32_t kNeeds = 0;
};

// How one attempt ended, for what it says of the endpoint.
struct Outcome {
  Health health = Health::neutral;
  std::uint64_t endpoint = 0;
  std::string_view endpoint_name;
  std::uint32_t status = 0;
  Scope scope = Scope::none;
  std::optional<std::chrono::milliseconds> retry_after;
  std::uint32_t consecutive_failures = 0;
  std::uint32_t evictions_in_row = 0;
  double health_score = 1;
  std::string_view code;
};

// Why an endpoint is taken out, for people to see.
enum class Cause : std::uint32_t {
  other = HG_CAUSE_OTHER,
  failures = HG_CAUSE_FAILURES,
  health = HG_CAUSE_HEALTH,
  retry_after = HG_CAUSE_RETRY_AFTER,
  key = HG_CAUSE_KEY,
  model = HG_CAUSE_MODEL,
  probe = HG_CAUSE_PROBE
};

// Need::kEndpoints. Keeps an endpoint out of the choice for `time`; false when `max_percent` of its
// group are out already, or the endpoint is gone. It returns with this health, 0 to 1; without one,
// its failures are forgotten. A gateway of before does it without the cause and the health.
// [worker]
inline bool evict(std::uint64_t endpoint, Scope scope, std::chrono::milliseconds time,
                  std::uint32_t max_percent, Cause cause = Cause::other,
                  std::optional<double> restore_health = std::nullopt) noexcept {
  const auto count = time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
  if (HG_HAS(host().endpoints, hg_endpoints_ext, evict_for)) {
    hg_eviction order{};
    order.size = HG_END_OF(hg_eviction, restore_health);
    order.scope = static_cast<std::uint32_t>(scope);
    order.endpoint = endpoint;
    order.milliseconds = count;
    order.max_percent = max_percent;
    order.cause = static_cast<std::uint32_t>(cause);
    order.restore_health = restore_health.value_or(-1);
    return host().endpoints->evict_for(host().raw, &order) == HG_OK;
  }
  return host().endpoints->evict(host().raw, endpoint, static_cast<std::uint32_t>(scope), count,
                                 max_percent) == HG_OK;
}
// Takes it back at once. [worker]
inline bool restore(std::uint64_t endpoint) noexcept {
  return host().endpoints->restore(host().raw, endpoint) == HG_OK;
}

// How an endpoint that was taken out is asked whether it is back. Views live as long as the
// instance.
struct Probe {
  std::string_view method = "GET";  // or HEAD; only without a body
  std::string_view path;
  std::string_view body;  // a request in a client's format; empty: the path is asked
  const std::uint32_t* statuses = nullptr;
  std::size_t status_count = 0;  // 0: any 2xx
  std::chrono::milliseconds interval{5'000};
  std::chrono::milliseconds timeout{5'000};
};

// How the client's request ended.
struct Completion {
  std::uint32_t status = 0;  // 0: the client left before
  std::uint32_t attempts = 0;
  bool cancelled = false;
  std::string_view endpoint_name;
  std::chrono::microseconds duration{0};
  Usage usage;
};

namespace detail {

HG_DETAIL_MEMBER(on_request)
HG_DETAIL_MEMBER(on_attempt)
HG_DETAIL_MEMBER(on_outcome)
HG_DETAIL_MEMBER(judge)
HG_DETAIL_MEMBER(on_response)
HG_DETAIL_MEMBER(on_complete)
HG_DETAIL_MEMBER(probe)

template <class T, class = void>
struct RequestOf {
  using type = Nothing;
};
template <class T>
struct RequestOf<T, std::void_t<typename T::Request>> {
  using type = typename T::Request;
};

template <class P>
struct PolicyAdapter : Adapter<P, typename RequestOf<P>::type> {
  using Base = Adapter<P, typename RequestOf<P>::type>;

  static std::int32_t on_request(void* instance, void* context, hg_call* call) noexcept {
    return Base::template run<Has_on_request>(
        instance, context, call, [](auto& self, Call& typed) { return self.on_request(typed); });
  }
  static std::int32_t on_attempt(void* instance, void* context, hg_call* call) noexcept {
    return Base::template run<Has_on_attempt>(
        instance, context, call, [](auto& self, Call& typed) { return self.on_attempt(typed); });
  }
  static std::int32_t on_response(void* instance, void* context, hg_call* call) noexcept {
    return Base::template run<Has_on_response>(
        instance, context, call, [](auto& self, Call& typed) { return self.on_response(typed); });
  }

  static Outcome typed_outcome(const hg_outcome* raw) noexcept {
    Outcome outcome;
    outcome.health =
        raw->health <= HG_HEALTH_SUCCESS ? static_cast<Health>(raw->health) : Health::neutral;
    outcome.endpoint = raw->endpoint;
    outcome.endpoint_name = view(raw->endpoint_name);
    outcome.status = raw->status;
    outcome.scope =
        raw->scope <= HG_SCOPE_KEY_MODEL ? static_cast<Scope>(raw->scope) : Scope::endpoint;
    outcome.retry_after = known_time(raw->retry_after);
    outcome.consecutive_failures = raw->consecutive_failures;
    outcome.evictions_in_row = raw->evictions_in_row;
    outcome.health_score = raw->health_score;
    outcome.code = view(raw->code);
    return outcome;
  }

  static std::uint32_t judge(void* instance, void* context, hg_call* call,
                             const hg_outcome* raw) noexcept {
    const Outcome outcome = typed_outcome(raw);
    Health health = outcome.health;
    Base::template run<Has_judge>(instance, context, call, [&](auto& self, Call& typed) {
      health = self.judge(typed, outcome);
      return Action::proceed;
    });
    return static_cast<std::uint32_t>(health);
  }

  static void on_outcome(void* instance, void* context, hg_call* call,
                         const hg_outcome* raw) noexcept {
    const Outcome outcome = typed_outcome(raw);
    Base::template run<Has_on_outcome>(instance, context, call, [&](auto& self, Call& typed) {
      self.on_outcome(typed, outcome);
      return Action::proceed;
    });
  }

  static std::int32_t on_event(void* instance, void* context, hg_call* call, const hg_str* data,
                               std::uint32_t flags) noexcept {
    return Base::template run<Has_on_event>(instance, context, call, [&](auto& self, Call& typed) {
      return self.on_event(typed, view(*data), flags);
    });
  }

  static void on_complete(void* instance, void* context, hg_call* call,
                          const hg_completion* raw) noexcept {
    Completion completion;
    completion.status = raw->status;
    completion.attempts = raw->attempts;
    completion.cancelled = raw->cancelled != 0;
    completion.endpoint_name = view(raw->endpoint_name);
    completion.duration = std::chrono::microseconds(static_cast<std::int64_t>(raw->duration_us));
    completion.usage.input = known(raw->usage->input);
    completion.usage.output = known(raw->usage->output);
    completion.usage.cache_read = known(raw->usage->cache_read);
    completion.usage.cache_write = known(raw->usage->cache_write);
    completion.usage.reasoning = known(raw->usage->reasoning);
    Base::template run<Has_on_complete>(instance, context, call, [&](auto& self, Call& typed) {
      self.on_complete(typed, completion);
      return Action::proceed;
    });
  }

  static std::int32_t on_async(void* instance, void* context, hg_call* call,
                               std::uint32_t reason) noexcept {
    return Base::template run<Has_on_async>(instance, context, call, [&](auto& self, Call& typed) {
      return self.on_async(typed, reason);
    });
  }

  static std::int32_t probe(void* instance, hg_probe* out) noexcept {
    Probe probe;
    if (!static_cast<const P*>(instance)->probe(probe)) return HG_STOP;
    out->method = str(probe.method);
    out->path = str(probe.path);
    out->body = str(probe.body);
    out->statuses = probe.statuses;
    out->status_count = static_cast<std::uint32_t>(probe.status_count);
    out->interval = raw_time(probe.interval);
    out->timeout = raw_time(probe.timeout);
    return HG_CONTINUE;
  }
  static constexpr decltype(hg_policy_api::probe) probe_entry() noexcept {
    if constexpr (Has_probe<P>::value) {
      return &probe;
    } else {
      return nullptr;
    }
  }

  HG_DETAIL_ENTRY(hg_policy_api, on_request)
  HG_DETAIL_ENTRY(hg_policy_api, on_attempt)
  HG_DETAIL_ENTRY(hg_policy_api, on_outcome)
  HG_DETAIL_ENTRY(hg_policy_api, on_response)
  HG_DETAIL_ENTRY(hg_policy_api, on_event)
  HG_DETAIL_ENTRY(hg_policy_api, on_complete)
  HG_DETAIL_ENTRY(hg_policy_api, on_async)
  HG_DETAIL_ENTRY(hg_policy_api, judge)

  static constexpr hg_policy_api make_api() noexcept {
    hg_policy_api api{};
    api.size = HG_END_OF(hg_policy_api, probe);
    api.open = Base::open_entry();
    api.on_request = on_request_entry();
    api.on_attempt = on_attempt_entry();
    api.on_outcome = on_outcome_entry();
    api.on_response = on_response_entry();
    api.on_event = on_event_entry();
    api.on_complete = on_complete_entry();
    api.on_async = on_async_entry();
    api.close = Base::close_entry();
    api.judge = judge_entry();
    api.probe = probe_entry();
    return api;
  }
  static constexpr std::uint32_t kKind = HG_KIND_POLICY;
  static constexpr hg_policy_api kApi = make_api();
};

}  // namespace detail
}  // namespace hg
