#include "fake_host.hpp"
#include "fake_phase.hpp"

namespace hg::testing {

DialectRun::DialectRun(Instance& instance, hg_call& call) : instance_(instance), call_(call) {
  opened = open_context(api(), instance_, call_, context_);
}

DialectRun::~DialectRun() {
  close_context(api(), instance_, opened, context_);
}

const hg_dialect_api& DialectRun::api() const {
  return *static_cast<const hg_dialect_api*>(instance_.plugin().api);
}

std::int32_t DialectRun::to_neutral() {
  return in_phase(call_, Phase::to_neutral,
                  [&] { return api().to_neutral(instance_.get(), context_, &call_); });
}
std::int32_t DialectRun::from_neutral_body(std::string_view body) {
  return in_phase(call_, Phase::from_neutral_body, [&] {
    return api().from_neutral_body(instance_.get(), context_, &call_, call_.lend(body));
  });
}
EventResult DialectRun::from_neutral_event(std::string_view data, std::uint32_t flags) {
  return event_result(call_, Phase::event, [&](std::uint32_t&) {
    return api().from_neutral_event(instance_.get(), context_, &call_, call_.lend(data), flags);
  });
}
std::int32_t DialectRun::error(std::uint32_t status, std::string_view code,
                               std::string_view message, bool event, bool early) {
  return in_phase(call_, Phase::error, [&] {
    hg_client_error error{};
    error.size = HG_END_OF(hg_client_error, event);
    error.status = status;
    error.code = call_.lend(code);
    error.message = call_.lend(message);
    error.event = event ? 1 : 0;
    return api().error(instance_.get(), early ? nullptr : context_, &call_, &error);
  });
}
std::int32_t DialectRun::answer() {
  return in_phase(call_, Phase::answer,
                  [&] { return api().answer(instance_.get(), context_, &call_); });
}

std::int32_t DialectRun::repeatable() {
  if (!HG_HAS(&api(), hg_dialect_api, repeatable) || !api().repeatable) return HG_STOP;
  return in_phase(call_, Phase::none,
                  [&] { return api().repeatable(instance_.get(), context_, &call_); });
}

std::int32_t DialectRun::continuable() {
  return in_phase(call_, Phase::none, [&] { return api().continuable(instance_.get(), &call_); });
}
EventResult DialectRun::said(std::string_view data) {
  return event_result(call_, Phase::event, [&](std::uint32_t&) {
    return api().said(instance_.get(), &call_, call_.lend(data));
  });
}
std::int32_t DialectRun::prefill(std::string_view text, std::uint64_t tokens) {
  return in_phase(call_, Phase::request, [&] {
    hg_prefill in{};
    in.size = HG_END_OF(hg_prefill, tokens);
    in.text = call_.lend(text);
    in.tokens = tokens;
    return api().prefill(instance_.get(), &call_, &in);
  });
}
EventResult DialectRun::join(std::string_view data, std::string_view first,
                             const std::optional<std::string>& text, const hg_usage* usage) {
  return event_result(call_, Phase::event, [&](std::uint32_t&) {
    hg_usage none{};
    none.size = HG_END_OF(hg_usage, reasoning);
    none.input = none.output = none.cache_read = none.cache_write = none.reasoning =
        HG_UNKNOWN_COUNT;
    hg_joined in{};
    in.size = HG_END_OF(hg_joined, reserved);
    in.replaces = text ? 1 : 0;
    in.data = call_.lend(data);
    if (text) in.text = call_.lend(*text);
    in.first = call_.lend(first);
    in.usage = usage ? usage : &none;
    in.text_before = text_before;
    in.other_first = other_first ? 1 : 0;
    return api().join(instance_.get(), &call_, &in);
  });
}

}  // namespace hg::testing
