#pragma once
// A dialect in C++: an API format that clients speak. dialect.h says when each function is called.
//
//   class Chat final : public hg::Dialect {
//    public:
//     static constexpr std::string_view kManifest = R"({"id": "acme.chat", ...})";
//     hg::Action to_neutral(hg::Call& call) const;
//     hg::Action from_neutral_body(hg::Call& call, std::string_view body) const;
//     hg::Action from_neutral_event(hg::Call& call, std::string_view data, hg::EventFlags) const;
//     hg::Action error(hg::Call& call, const hg::ClientError& error) const;   // always
//     hg::Action answer(hg::Call& call) const;
//     bool repeatable(hg::Call& call) const;  // may two providers be asked at the same time?
//     bool continuable(hg::Call& call) const;  // these four together: for broken streams
//     hg::Action said(hg::Call& call, std::string_view data) const;
//     hg::Action prefill(hg::Call& call, const hg::Prefill& in) const;
//     hg::Action join(hg::Call& call, const hg::Joined& in) const;
//   };
//
// What one request remembers goes into a nested class `Request`, as with a policy; `error` stays a
// member of the dialect, because it is also called when a request fails before it was opened, and
// so do the four for broken streams.

#include <headgate/dialect.h>
#include <headgate/detail/adapter.hpp>
#include <headgate/policy.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace hg {

class Dialect {
 public:
  static constexpr std::uint32_t kNeeds = 0;
};

enum class Fault : std::uint32_t { client = 0, provider = 1, gateway = 2 };

struct ClientError {
  std::uint32_t status = 500;
  std::string_view code;
  std::string_view message;
  Fault fault = Fault::gateway;
  bool event = false;  // for the middle of a stream: emit it; otherwise set the response's body
  std::string_view member;  // of the request, that is at fault; may be empty
};

// The beginning of an answer that a provider is to go on from.
struct Prefill {
  std::string_view text;
  std::uint64_t tokens = 0;  // that it is known to have
};

// One event of an answer that goes on where another one broke off.
struct Joined {
  std::string_view data;
  std::optional<std::string_view> text;  // in place of that of `data`
  std::string_view first;                // the first event of the answer that the client has
  Usage usage;                           // of the parts before, to be added
  std::uint64_t text_before = 0;  // bytes that the client has in front of what this answer says
  bool other_first = false;       // this answer said something else before any text
};

namespace detail {

HG_DETAIL_MEMBER(to_neutral)
HG_DETAIL_MEMBER(from_neutral_body)
HG_DETAIL_MEMBER(from_neutral_event)
HG_DETAIL_MEMBER(error)
HG_DETAIL_MEMBER(answer)
HG_DETAIL_MEMBER(repeatable)
HG_DETAIL_MEMBER(continuable)
HG_DETAIL_MEMBER(said)
HG_DETAIL_MEMBER(prefill)
HG_DETAIL_MEMBER(join)

template <class D>
struct DialectAdapter : Adapter<D, typename RequestOf<D>::type> {
  using Base = Adapter<D, typename RequestOf<D>::type>;

  static std::int32_t to_neutral(void* instance, void* context, hg_call* call) noexcept {
    return Base::template run<Has_to_neutral>(
        instance, context, call, [](auto& self, Call& typed) { return self.to_neutral(typed); });
  }
  static std::int32_t from_neutral_body(void* instance, void* context, hg_call* call,
                                        hg_str body) noexcept {
    return Base::template run<Has_from_neutral_body>(
        instance, context, call,
        [&](auto& self, Call& typed) { return self.from_neutral_body(typed, view(body)); });
  }
  static std::int32_t from_neutral_event(void* instance, void* context, hg_call* call, hg_str data,
                                         std::uint32_t flags) noexcept {
    return Base::template run<Has_from_neutral_event>(
        instance, context, call,
        [&](auto& self, Call& typed) { return self.from_neutral_event(typed, view(data), flags); });
  }
  static std::int32_t error(void* instance, void* context, hg_call* call,
                            const hg_client_error* raw) noexcept {
    ClientError shown;
    shown.status = raw->status;
    shown.code = view(raw->code);
    shown.message = view(raw->message);
    shown.fault = raw->fault <= 2 ? static_cast<Fault>(raw->fault) : Fault::gateway;
    shown.event = raw->event != 0;
    if (HG_HAS(raw, hg_client_error, member)) shown.member = view(raw->member);
    return Base::template run<Has_error>(
        instance, context, call, [&](auto& self, Call& typed) { return self.error(typed, shown); });
  }
  static std::int32_t answer(void* instance, void* context, hg_call* call) noexcept {
    return Base::template run<Has_answer>(
        instance, context, call, [](auto& self, Call& typed) { return self.answer(typed); });
  }

  static std::int32_t repeatable(void* instance, void* context, hg_call* call) noexcept {
    return Base::template run<Has_repeatable>(instance, context, call, [](auto& self, Call& typed) {
      return self.repeatable(typed) ? Action::proceed : Action::stop;
    });
  }
  static std::int32_t continuable(void* instance, hg_call* call) noexcept {
    return Base::template run<Has_continuable>(
        instance, nullptr, call, [](auto& self, Call& typed) {
          return self.continuable(typed) ? Action::proceed : Action::stop;
        });
  }
  static std::int32_t said(void* instance, hg_call* call, hg_str data) noexcept {
    return Base::template run<Has_said>(instance, nullptr, call, [&](auto& self, Call& typed) {
      return self.said(typed, view(data));
    });
  }
  static std::int32_t prefill(void* instance, hg_call* call, const hg_prefill* raw) noexcept {
    Prefill in;
    in.text = view(raw->text);
    in.tokens = raw->tokens;
    return Base::template run<Has_prefill>(
        instance, nullptr, call, [&](auto& self, Call& typed) { return self.prefill(typed, in); });
  }
  static std::int32_t join(void* instance, hg_call* call, const hg_joined* raw) noexcept {
    Joined in;
    in.data = view(raw->data);
    if (raw->replaces != 0) in.text = view(raw->text);
    in.first = view(raw->first);
    in.usage.input = known(raw->usage->input);
    in.usage.output = known(raw->usage->output);
    in.usage.cache_read = known(raw->usage->cache_read);
    in.usage.cache_write = known(raw->usage->cache_write);
    in.usage.reasoning = known(raw->usage->reasoning);
    if (HG_HAS(raw, hg_joined, text_before)) in.text_before = raw->text_before;
    if (HG_HAS(raw, hg_joined, other_first)) in.other_first = raw->other_first != 0;
    return Base::template run<Has_join>(
        instance, nullptr, call, [&](auto& self, Call& typed) { return self.join(typed, in); });
  }

  HG_DETAIL_ENTRY(hg_dialect_api, to_neutral)
  HG_DETAIL_ENTRY(hg_dialect_api, from_neutral_body)
  HG_DETAIL_ENTRY(hg_dialect_api, from_neutral_event)
  HG_DETAIL_ENTRY(hg_dialect_api, answer)
  HG_DETAIL_ENTRY(hg_dialect_api, repeatable)
  HG_DETAIL_ENTRY(hg_dialect_api, continuable)
  HG_DETAIL_ENTRY(hg_dialect_api, said)
  HG_DETAIL_ENTRY(hg_dialect_api, prefill)
  HG_DETAIL_ENTRY(hg_dialect_api, join)

  static constexpr hg_dialect_api make_api() noexcept {
    static_assert(Has_error<D>::value, "a dialect has a member function error of its own");
    hg_dialect_api api{};
    api.size = HG_END_OF(hg_dialect_api, join);
    api.open = Base::open_entry();
    api.to_neutral = to_neutral_entry();
    api.from_neutral_body = from_neutral_body_entry();
    api.from_neutral_event = from_neutral_event_entry();
    api.error = &error;
    api.answer = answer_entry();
    api.close = Base::close_entry();
    api.repeatable = repeatable_entry();
    api.continuable = continuable_entry();
    api.said = said_entry();
    api.prefill = prefill_entry();
    api.join = join_entry();
    return api;
  }
  static constexpr std::uint32_t kKind = HG_KIND_DIALECT;
  static constexpr hg_dialect_api kApi = make_api();
};

}  // namespace detail
}  // namespace hg
