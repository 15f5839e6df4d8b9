#include <headgate/json_view.hpp>

#include <algorithm>

#include "fake_host.hpp"
#include "fake_phase.hpp"

namespace hg::testing {

ProviderRun::ProviderRun(Instance& instance, hg_call& call) : instance_(instance), call_(call) {
  opened = open_context(api(), instance_, call_, attempt_);
}

ProviderRun::~ProviderRun() {
  close_context(api(), instance_, opened, attempt_);
}

const hg_provider_api& ProviderRun::api() const {
  return *static_cast<const hg_provider_api*>(instance_.plugin().api);
}

hg_target ProviderRun::target() const {
  hg_target target{};
  target.size = HG_END_OF(hg_target, model);
  api().target(instance_.get(), &target);
  return target;
}

hg_build ProviderRun::usual_build(const hg_target& where, std::string& model) const {
  const JsonView body(call_.request().body);
  model = where.model.len != 0 ? std::string(view(where.model)) : call_.client_model();
  const std::string accepts = instance_.manifest("/accepts");
  bool accepted = false;
  JsonView(accepts).each_element(
      [&](JsonView dialect) { accepted = accepted || dialect.equals(call_.dialect); });
  hg_build in{};
  in.size = HG_END_OF(hg_build, own_host);
  in.own_host = own_host ? 1 : 0;
  in.stream = body["stream"].boolean().value_or(false) ? 1 : 0;
  in.neutral = accepted ? 0 : 1;
  in.operation = str(call_.operation);
  in.dialect = str(call_.dialect);
  in.model = str(model);
  in.base_path = where.base_path;
  in.max_tokens = body["max_tokens"].unsigned_integer().value_or(HG_UNKNOWN_COUNT);
  return in;
}

std::int32_t ProviderRun::build(bool prefill) {
  const hg_target where = target();
  std::string model;
  hg_build in = usual_build(where, model);
  in.prefill = prefill ? 1 : 0;
  return build(in);
}

bool ProviderRun::prefills() {
  if (!HG_HAS(&api(), hg_provider_api, prefills) || api().prefills == nullptr) return false;
  const hg_target where = target();
  std::string model;
  const hg_build in = usual_build(where, model);
  return in_phase(call_, Phase::none,
                  [&] { return api().prefills(instance_.get(), &call_, &in) == HG_CONTINUE; });
}

std::int32_t ProviderRun::build(const hg_build& in) {
  return in_phase(call_, Phase::build,
                  [&] { return api().build(instance_.get(), attempt_, &call_, &in); });
}

std::int32_t ProviderRun::sign(const FakeCredential& credential) {
  hg_credential raw{};
  raw.size = HG_END_OF(hg_credential, prefix);
  raw.kind = credential.kind;
  raw.value = str(credential.value);
  raw.place = credential.place;
  raw.name = str(credential.name);
  raw.prefix = str(credential.prefix);
  if (api().sign == nullptr) {
    call_.placed = credential;
    return HG_CONTINUE;
  }
  return in_phase(call_, Phase::sign,
                  [&] { return api().sign(instance_.get(), attempt_, &call_, &raw); });
}

std::int32_t ProviderRun::on_head(std::uint32_t status, std::string_view content_type) {
  hg_head head{};
  head.size = HG_END_OF(hg_head, content_type);
  head.status = status;
  head.content_type = str(content_type);
  call_.response().status = status;
  plan = {};
  plan.size = HG_END_OF(hg_plan, reserved);
  plan.framing = content_type == "text/event-stream" ? HG_FRAMING_SSE : HG_FRAMING_WHOLE;
  if (api().on_head == nullptr) return HG_CONTINUE;
  return in_phase(call_, Phase::head,
                  [&] { return api().on_head(instance_.get(), attempt_, &call_, &head, &plan); });
}

std::int32_t ProviderRun::on_body(std::string_view body) {
  call_.response().body = body;
  if (api().on_body == nullptr || plan.want_body == 0) return HG_CONTINUE;
  return in_phase(call_, Phase::body, [&] {
    const hg_str lent = call_.lend(body);
    return api().on_body(instance_.get(), attempt_, &call_, lent);
  });
}

void ProviderRun::on_tail(std::string_view tail) {
  in_phase(call_, Phase::none, [&] {
    api().on_tail(instance_.get(), attempt_, &call_, call_.lend(tail));
    return 0;
  });
}

EventResult ProviderRun::on_event(std::string_view data, bool committed, std::string_view type) {
  return event_result(call_, Phase::event, [&](std::uint32_t& flags) {
    hg_event event{};
    event.size = HG_END_OF(hg_event, data);
    event.committed = committed ? 1 : 0;
    event.type = call_.lend(type);
    event.data = call_.lend(data);
    return api().on_event(instance_.get(), attempt_, &call_, &event, &flags);
  });
}

EventResult ProviderRun::on_end(std::uint32_t reason) {
  return event_result(call_, Phase::end, [&](std::uint32_t& flags) {
    if (api().on_end == nullptr) return static_cast<std::int32_t>(HG_CONTINUE);
    return api().on_end(instance_.get(), attempt_, &call_, reason, &flags);
  });
}

ProviderRun::Verdict ProviderRun::classify(std::uint32_t kind, std::uint32_t status,
                                           std::string_view body,
                                           std::optional<std::uint64_t> retry_after) {
  Verdict out;
  if (status != 0) call_.response().status = status;
  in_phase(call_, Phase::classify, [&] {
    hg_failure failure{};
    failure.size = HG_END_OF(hg_failure, retry_after);
    failure.kind = kind;
    failure.status = status;
    failure.body = call_.lend(body);
    failure.retry_after = retry_after.value_or(HG_UNKNOWN_COUNT);
    hg_verdict verdict{};
    verdict.size = HG_END_OF(hg_verdict, message);
    verdict.next = out.next;
    verdict.health = out.health;
    verdict.status = out.status;
    verdict.retry_after = failure.retry_after;
    if (api().classify != nullptr)
      api().classify(instance_.get(), attempt_, &call_, &failure, &verdict);
    out.next = verdict.next;
    out.exclude = verdict.exclude;
    out.health = verdict.health;
    out.scope = verdict.scope;
    out.status = verdict.status;
    if (verdict.retry_after != HG_UNKNOWN_COUNT) out.retry_after = verdict.retry_after;
    out.code = view(verdict.code);
    out.message = view(verdict.message);
  });
  return out;
}

bool ProviderRun::shows(std::string_view data) const {
  if (plan.literal_count == 0) return true;
  return std::any_of(plan.literals, plan.literals + plan.literal_count, [&](hg_str literal) {
    return data.find(view(literal)) != std::string_view::npos;
  });
}

}  // namespace hg::testing
