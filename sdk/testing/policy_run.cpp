#include "fake_host.hpp"
#include "fake_phase.hpp"

namespace hg::testing {

PolicyRun::PolicyRun(Instance& instance, hg_call& call) : instance_(instance), call_(call) {
  opened = open_context(api(), instance_, call_, context_);
}

PolicyRun::~PolicyRun() {
  close_context(api(), instance_, opened, context_);
}

const hg_policy_api& PolicyRun::api() const {
  return *static_cast<const hg_policy_api*>(instance_.plugin().api);
}

std::int32_t PolicyRun::on_request() {
  return in_phase(call_, Phase::request,
                  [&] { return api().on_request(instance_.get(), context_, &call_); });
}
std::int32_t PolicyRun::on_attempt() {
  return in_phase(call_, Phase::attempt,
                  [&] { return api().on_attempt(instance_.get(), context_, &call_); });
}
std::uint32_t PolicyRun::judge(const hg_outcome& outcome) {
  return in_phase(call_, Phase::outcome,
                  [&] { return api().judge(instance_.get(), context_, &call_, &outcome); });
}
void PolicyRun::on_outcome(const hg_outcome& outcome) {
  in_phase(call_, Phase::outcome,
           [&] { api().on_outcome(instance_.get(), context_, &call_, &outcome); });
}
std::int32_t PolicyRun::on_response() {
  return in_phase(call_, Phase::response,
                  [&] { return api().on_response(instance_.get(), context_, &call_); });
}
EventResult PolicyRun::on_event(std::string_view data, std::uint32_t flags) {
  return event_result(call_, Phase::event, [&](std::uint32_t&) {
    const hg_str lent = call_.lend(data);
    return api().on_event(instance_.get(), context_, &call_, &lent, flags);
  });
}
void PolicyRun::on_complete(const hg_completion& completion) {
  in_phase(call_, Phase::complete,
           [&] { api().on_complete(instance_.get(), context_, &call_, &completion); });
}
std::int32_t PolicyRun::on_async(std::uint32_t reason) {
  return in_phase(call_, Phase::request,
                  [&] { return api().on_async(instance_.get(), context_, &call_, reason); });
}

}  // namespace hg::testing
