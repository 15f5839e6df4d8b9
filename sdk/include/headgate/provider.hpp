#pragma once
// A provider in C++: how to talk to one vendor's API. provider.h says when each function is called
// and what it may read and write; this is the same, typed. Write the functions that you need:
//
//   class Acme final : public hg::Provider {
//    public:
//     static constexpr std::string_view kManifest = R"({"id": "org.acme.provider", ...})";
//     explicit Acme(const hg::Config& config);
//     void target(hg::Target& out) const;
//     hg::Action build(hg::Call& call, const hg::Build& in) const;
//     hg::Action sign(hg::Call& call, const hg::Credential& credential) const;
//     hg::Action on_head(hg::Call& call, const hg::Head& head, hg::Plan& plan) const;
//     hg::Action on_body(hg::Call& call, std::string_view body) const;
//     void on_tail(hg::Call& call, std::string_view tail) const;
//     hg::Action on_event(hg::Call& call, const hg::Event& event, hg::EventFlags& flags) const;
//     hg::Action on_end(hg::Call& call, hg::End reason, hg::EventFlags& flags) const;
//     hg::Action on_async(hg::Call& call, std::uint32_t reason) const;
//     void classify(hg::Call& call, const hg::Failure& failure, hg::Verdict& verdict) const;
//     bool prefills(hg::Call& call, const hg::Build& in) const;  // does it go on from a prefill?
//   };
//
// The object is shared by all workers, hence const. What one attempt remembers goes into a nested
// class `Attempt`, made by Attempt(const Acme&, hg::Call&): then any of the functions but target
// and prefills may be a member of it, without const. What one worker keeps goes into a nested class
// `Worker`, made by Worker(const Acme&, std::uint32_t number) or less, and the attempt is made by
// Attempt(const Acme&, Worker&, hg::Call&). A member of it may be
//
//     hg::Action on_background(hg::Call& call, std::uint32_t reason);  // without a request: abi.h

#include <headgate/provider.h>
#include <headgate/detail/adapter.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hg {

class Provider {
 public:
  static constexpr std::uint32_t kNeeds = 0;
};

// Where requests go when the configuration says nothing else. Views live as long as the instance.
struct Target {
  std::string_view host;
  std::uint32_t port = 0;  // 0: 443 with TLS, 80 without
  bool tls = false;
  bool host_required = false;  // there is no default: the user must set hostOverride
  std::string_view base_path;  // no slash at the end
  std::string_view model;      // that every request is sent with; empty: the client's
};

struct Build {
  bool stream = false;
  bool neutral = false;        // the body is in the neutral form; otherwise in `dialect`
  std::string_view operation;  // "chat"; empty: pass-through
  std::string_view dialect;
  std::string_view model;
  std::string_view base_path;
  std::string_view path;  // pass-through: the client's path behind the common prefix, with query
  std::optional<std::uint64_t> max_tokens;
  bool prefill = false;   // the request ends with the beginning of the answer, to be gone on from
  bool own_host = false;  // it goes to the host that target() names, not to a hostOverride

  bool pass_through() const noexcept { return operation.empty(); }
};

struct Head {
  std::uint32_t status = 0;
  std::string_view content_type;
};

enum class Framing : std::uint32_t {
  whole = HG_FRAMING_WHOLE,
  sse = HG_FRAMING_SSE,
  ndjson = HG_FRAMING_NDJSON,
  aws = HG_FRAMING_AWS,
  raw = HG_FRAMING_RAW
};

// What on_head decides; filled with the gateway's defaults.
struct Plan {
  Framing framing = Framing::whole;
  bool want_body = false;
  bool passes = false;
  const hg_str* literals = nullptr;
  std::uint32_t literal_count = 0;

  // After the commit, events without any of these bytes are relayed without a call, if they are
  // like others before them that were nothing but a piece of the answer. Static:
  //   static constexpr std::array<hg_str, 2> kShown = {hg::literal("\"usage\""), ...};
  template <std::size_t N>
  void show_only(const std::array<hg_str, N>& shown) noexcept {
    static_assert(N <= 4, "at most four literals");
    literals = shown.data();
    literal_count = static_cast<std::uint32_t>(N);
  }
};

// The flags of an event that should have been JSON and is not. `needed`: the answer is of a kind of
// which nothing may be missing, as a structured output.
constexpr EventFlags lost_event(bool needed) noexcept {
  const EventFlags lost = HG_EVENT_NOT_JSON;
  return needed ? lost | HG_EVENT_TOOL : lost;
}

constexpr hg_str literal(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

struct Event {
  bool committed = false;
  std::string_view type;
  std::string_view data;
};

enum class End : std::uint32_t { complete = HG_END_COMPLETE, cut = HG_END_CUT };

enum class FailureKind : std::uint32_t {
  status = HG_FAILURE_STATUS,
  transport = HG_FAILURE_TRANSPORT,
  timeout = HG_FAILURE_TIMEOUT,
  event = HG_FAILURE_EVENT,
  bad_answer = HG_FAILURE_BAD_ANSWER
};
struct Failure {
  FailureKind kind = FailureKind::transport;
  std::uint32_t status = 0;
  std::string_view body;
  std::optional<std::chrono::milliseconds> retry_after;
};

enum class Next : std::uint32_t {
  elsewhere = HG_NEXT_ELSEWHERE,
  here = HG_NEXT_HERE,
  wait = HG_NEXT_WAIT,
  never = HG_NEXT_NEVER
};
enum class Health : std::uint32_t {
  failure = HG_HEALTH_FAILURE,
  neutral = HG_HEALTH_NEUTRAL,
  success = HG_HEALTH_SUCCESS
};
enum class Scope : std::uint32_t {
  none = HG_SCOPE_NONE,
  endpoint = HG_SCOPE_ENDPOINT,
  key = HG_SCOPE_KEY,
  model = HG_SCOPE_MODEL,
  key_model = HG_SCOPE_KEY_MODEL
};
// Filled with what the HTTP status alone suggests; change what you know better.
struct Verdict {
  Next next = Next::elsewhere;
  bool exclude = false;        // this endpoint, for this request
  bool exclude_model = false;  // and every other that would be asked for the same model
  Health health = Health::neutral;
  Scope scope = Scope::none;
  std::uint32_t status = 0;  // for the client, when this is what it gets
  std::optional<std::chrono::milliseconds> retry_after;
  std::string_view code;  // these two: static, or Call::keep()
  std::string_view message;

  // The same endpoint may do better a moment later.
  void ask_here_again(Health meaning, Scope out) noexcept { decide(Next::here, meaning, out); }
  // Somebody else is to be asked, and this endpoint not again for this request.
  void ask_elsewhere(Health meaning, Scope out) noexcept {
    decide(Next::elsewhere, meaning, out);
    exclude = true;
  }
  // Another model may do what this one cannot; this one cannot wherever it runs.
  void ask_another_model() noexcept {
    ask_elsewhere(Health::neutral, Scope::none);
    exclude_model = true;
  }
  // The client's own doing: it is told, nobody else is asked and nobody is blamed.
  void tell_client() noexcept { decide(Next::never, Health::neutral, Scope::none); }

 private:
  // With nobody left out of this request.
  void decide(Next then, Health meaning, Scope out) noexcept {
    next = then;
    exclude = false;
    exclude_model = false;
    health = meaning;
    scope = out;
  }
};

namespace detail {

inline std::optional<std::chrono::milliseconds> known_time(std::uint64_t count) noexcept {
  if (count == HG_UNKNOWN_COUNT) return std::nullopt;
  constexpr std::uint64_t kLongest = INT64_MAX / 2;
  return std::chrono::milliseconds(static_cast<std::int64_t>(count < kLongest ? count : kLongest));
}
inline std::uint64_t raw_time(const std::optional<std::chrono::milliseconds>& time) noexcept {
  if (!time) return HG_UNKNOWN_COUNT;
  return time->count() < 0 ? 0 : static_cast<std::uint64_t>(time->count());
}

HG_DETAIL_MEMBER(build)
HG_DETAIL_MEMBER(sign)
HG_DETAIL_MEMBER(on_head)
HG_DETAIL_MEMBER(on_body)
HG_DETAIL_MEMBER(on_event)
HG_DETAIL_MEMBER(on_end)
HG_DETAIL_MEMBER(on_async)
HG_DETAIL_MEMBER(classify)
HG_DETAIL_MEMBER(prefills)
HG_DETAIL_MEMBER(on_tail)

template <class T, class = void>
struct AttemptOf {
  using type = Nothing;
};
template <class T>
struct AttemptOf<T, std::void_t<typename T::Attempt>> {
  using type = typename T::Attempt;
};

template <class P>
struct ProviderAdapter : Adapter<P, typename AttemptOf<P>::type> {
  using Base = Adapter<P, typename AttemptOf<P>::type>;

  static void target(void* instance, hg_target* out) noexcept {
    Target target;
    static_cast<const P*>(instance)->target(target);
    out->port = target.port;
    out->host = str(target.host);
    out->tls = target.tls ? 1 : 0;
    out->host_required = target.host_required ? 1 : 0;
    out->base_path = str(target.base_path);
    out->model = str(target.model);
  }

  static Build typed(const hg_build& raw) noexcept {
    Build in;
    in.stream = raw.stream != 0;
    in.neutral = raw.neutral != 0;
    in.operation = view(raw.operation);
    in.dialect = view(raw.dialect);
    in.model = view(raw.model);
    in.base_path = view(raw.base_path);
    in.path = view(raw.path);
    in.max_tokens = known(raw.max_tokens);
    if (HG_HAS(&raw, hg_build, prefill)) in.prefill = raw.prefill != 0;
    if (HG_HAS(&raw, hg_build, own_host)) in.own_host = raw.own_host != 0;
    return in;
  }

  static std::int32_t build(void* instance, void* attempt, hg_call* call,
                            const hg_build* raw) noexcept {
    const Build in = typed(*raw);
    return Base::template run<Has_build>(
        instance, attempt, call, [&](auto& self, Call& typed) { return self.build(typed, in); });
  }

  static std::int32_t sign(void* instance, void* attempt, hg_call* call,
                           const hg_credential* raw) noexcept {
    Credential credential;
    credential.kind = raw->kind <= HG_CREDENTIAL_CLOUD ? static_cast<CredentialKind>(raw->kind)
                                                       : CredentialKind::none;
    credential.value = view(raw->value);
    credential.place = static_cast<Place>(raw->place);
    credential.name = view(raw->name);
    credential.prefix = view(raw->prefix);
    return Base::template run<Has_sign>(instance, attempt, call, [&](auto& self, Call& typed) {
      return self.sign(typed, credential);
    });
  }

  static std::int32_t on_head(void* instance, void* attempt, hg_call* call, const hg_head* raw,
                              hg_plan* out) noexcept {
    Head head;
    head.status = raw->status;
    head.content_type = view(raw->content_type);
    Plan plan;
    plan.framing = static_cast<Framing>(out->framing);
    plan.want_body = out->want_body != 0;
    plan.passes = out->passes != 0;
    const std::int32_t result = Base::template run<Has_on_head>(
        instance, attempt, call,
        [&](auto& self, Call& typed) { return self.on_head(typed, head, plan); });
    out->framing = static_cast<std::uint32_t>(plan.framing);
    out->want_body = plan.want_body ? 1 : 0;
    out->passes = plan.passes ? 1 : 0;
    out->literals = plan.literals;
    out->literal_count = plan.literal_count;
    return result;
  }

  static std::int32_t on_body(void* instance, void* attempt, hg_call* call, hg_str body) noexcept {
    return Base::template run<Has_on_body>(instance, attempt, call, [&](auto& self, Call& typed) {
      return self.on_body(typed, view(body));
    });
  }

  static std::int32_t on_event(void* instance, void* attempt, hg_call* call, const hg_event* raw,
                               std::uint32_t* flags) noexcept {
    Event event;
    event.committed = raw->committed != 0;
    event.type = view(raw->type);
    event.data = view(raw->data);
    return Base::template run<Has_on_event>(instance, attempt, call, [&](auto& self, Call& typed) {
      return self.on_event(typed, event, *flags);
    });
  }

  static std::int32_t on_end(void* instance, void* attempt, hg_call* call, std::uint32_t reason,
                             std::uint32_t* flags) noexcept {
    const End end = reason == HG_END_COMPLETE ? End::complete : End::cut;
    return Base::template run<Has_on_end>(instance, attempt, call, [&](auto& self, Call& typed) {
      return self.on_end(typed, end, *flags);
    });
  }

  static std::int32_t on_async(void* instance, void* attempt, hg_call* call,
                               std::uint32_t reason) noexcept {
    return Base::template run<Has_on_async>(instance, attempt, call, [&](auto& self, Call& typed) {
      return self.on_async(typed, reason);
    });
  }

  static void classify(void* instance, void* attempt, hg_call* call, const hg_failure* raw,
                       hg_verdict* out) noexcept {
    Failure failure;
    failure.kind = raw->kind >= HG_FAILURE_STATUS && raw->kind <= HG_FAILURE_BAD_ANSWER
                       ? static_cast<FailureKind>(raw->kind)
                       : FailureKind::transport;
    failure.status = raw->status;
    failure.body = view(raw->body);
    failure.retry_after = known_time(raw->retry_after);
    Verdict verdict;
    verdict.next = static_cast<Next>(out->next);
    verdict.exclude = out->exclude != HG_EXCLUDE_NOBODY;
    verdict.exclude_model = out->exclude == HG_EXCLUDE_MODEL;
    verdict.health = static_cast<Health>(out->health);
    verdict.scope = static_cast<Scope>(out->scope);
    verdict.status = out->status;
    verdict.retry_after = known_time(out->retry_after);
    verdict.code = view(out->code);
    verdict.message = view(out->message);
    const std::int32_t result =
        Base::template run<Has_classify>(instance, attempt, call, [&](auto& self, Call& typed) {
          self.classify(typed, failure, verdict);
          return Action::proceed;
        });
    if (result != HG_CONTINUE) return;  // what the status suggests stands
    out->next = static_cast<std::uint32_t>(verdict.next);
    out->exclude = verdict.exclude ? HG_EXCLUDE_ENDPOINT : HG_EXCLUDE_NOBODY;
    if (verdict.exclude_model) out->exclude = HG_EXCLUDE_MODEL;
    out->health = static_cast<std::uint32_t>(verdict.health);
    out->scope = static_cast<std::uint32_t>(verdict.scope);
    out->status = verdict.status;
    out->retry_after = raw_time(verdict.retry_after);
    out->code = str(verdict.code);
    out->message = str(verdict.message);
  }

  static std::int32_t prefills(void* instance, hg_call* call, const hg_build* raw) noexcept {
    const Build in = typed(*raw);
    return Base::template run<Has_prefills>(instance, nullptr, call, [&](auto& self, Call& typed) {
      return self.prefills(typed, in) ? Action::proceed : Action::stop;
    });
  }

  static void on_tail(void* instance, void* attempt, hg_call* call, hg_str tail) noexcept {
    Base::template run<Has_on_tail>(instance, attempt, call, [&](auto& self, Call& typed) {
      self.on_tail(typed, view(tail));
      return Action::proceed;
    });
  }

  HG_DETAIL_ENTRY(hg_provider_api, build)
  HG_DETAIL_ENTRY(hg_provider_api, sign)
  HG_DETAIL_ENTRY(hg_provider_api, on_head)
  HG_DETAIL_ENTRY(hg_provider_api, on_body)
  HG_DETAIL_ENTRY(hg_provider_api, on_event)
  HG_DETAIL_ENTRY(hg_provider_api, on_end)
  HG_DETAIL_ENTRY(hg_provider_api, on_async)
  HG_DETAIL_ENTRY(hg_provider_api, classify)
  HG_DETAIL_ENTRY(hg_provider_api, prefills)
  HG_DETAIL_ENTRY(hg_provider_api, on_tail)

  static constexpr hg_provider_api make_api() noexcept {
    static_assert(Base::template present<Has_build>, "a provider has a member function build");
    hg_provider_api api{};
    api.size = HG_END_OF(hg_provider_api, on_tail);
    api.target = &target;
    api.open = Base::open_entry();
    api.build = build_entry();
    api.sign = sign_entry();
    api.on_head = on_head_entry();
    api.on_body = on_body_entry();
    api.on_event = on_event_entry();
    api.on_end = on_end_entry();
    api.on_async = on_async_entry();
    api.classify = classify_entry();
    api.close = Base::close_entry();
    api.prefills = prefills_entry();
    api.on_tail = on_tail_entry();
    return api;
  }
  static constexpr std::uint32_t kKind = HG_KIND_PROVIDER;
  static constexpr hg_provider_api kApi = make_api();
};

}  // namespace detail
}  // namespace hg
