#include "fake_host.hpp"

#include <headgate/async.h>
#include <headgate/endpoints.h>
#include <headgate/json_view.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <stdexcept>

#include "fake_tables.hpp"

struct hg_error {
  hg::testing::FakeHost* host;
};

namespace hg::testing {

struct FakeHost::Raw {
  hg_host host{};
  FakeHost* self = nullptr;

  static FakeHost& of(const hg_host* host) { return *reinterpret_cast<const Raw*>(host)->self; }

  static const void* extension(const hg_host* host, hg_str id) noexcept {
    static constexpr hg_endpoints_ext kEndpoints = {HG_END_OF(hg_endpoints_ext, evict_for), 0,
                                                    evict, restore, evict_for};
    static constexpr hg_endpoints_ext kEndpointsBefore = {HG_END_OF(hg_endpoints_ext, restore), 0,
                                                          evict, restore, nullptr};
    static constexpr hg_async_ext kAsync = {HG_END_OF(hg_async_ext, http_answer),
                                            0,
                                            timer,
                                            waker,
                                            wake,
                                            http_of_call,
                                            http_answer_of_call};
    static constexpr hg_async_ext kAsyncBefore = {
        HG_END_OF(hg_async_ext, wake), 0, timer, waker, wake, nullptr, nullptr};
    if (of(host).missing.count(std::string(view(id))) != 0) return nullptr;
    if (view(id) == HG_EXT_ENDPOINTS) {
      return of(host).without_causes ? &kEndpointsBefore : &kEndpoints;
    }
    if (view(id) == HG_EXT_ASYNC) return of(host).without_http ? &kAsyncBefore : &kAsync;
    return call_table(view(id));
  }
  static void write_log(const hg_host* host, std::uint32_t level, hg_str message) noexcept {
    of(host).log.push_back({level, std::string(view(message))});
  }
  static void fail(hg_error* error, hg_str pointer, hg_str message) noexcept {
    error->host->faults.push_back({std::string(view(pointer)), std::string(view(message))});
  }
  static std::int32_t evict(const hg_host* host, std::uint64_t endpoint, std::uint32_t scope,
                            std::uint64_t milliseconds, std::uint32_t max_percent) noexcept {
    of(host).evictions.push_back({endpoint, scope, milliseconds, max_percent, HG_CAUSE_OTHER, -1});
    return of(host).evict_result;
  }
  static std::int32_t evict_for(const hg_host* host, const hg_eviction* order) noexcept {
    of(host).evictions.push_back(
        {order->endpoint, order->scope, order->milliseconds, order->max_percent, order->cause,
         HG_HAS(order, hg_eviction, restore_health) ? order->restore_health : -1});
    return of(host).evict_result;
  }
  static std::int32_t restore(const hg_host* host, std::uint64_t endpoint) noexcept {
    of(host).restored.push_back(endpoint);
    return HG_OK;
  }
  static std::int32_t timer(hg_call* call, std::uint64_t milliseconds) noexcept {
    if (milliseconds > 600'000) return HG_INVALID;
    call->timer_ms = milliseconds;
    return HG_OK;
  }
  static std::uint64_t waker(hg_call*) noexcept { return 1; }
  static std::int32_t wake(const hg_host*, std::uint64_t) noexcept { return HG_GONE; }
};

FakeHost::FakeHost() : raw_(std::make_unique<Raw>()) {
  static_assert(offsetof(Raw, host) == 0, "the plugin's pointer to it leads back to us");
  raw_->self = this;
  raw_->host.size = HG_END_OF(hg_host, fail);
  raw_->host.version = str("0.1.0-fake");
  raw_->host.extension = Raw::extension;
  raw_->host.log = Raw::write_log;
  raw_->host.fail = Raw::fail;
}

FakeHost::~FakeHost() {
  for (void* library : libraries_) dlclose(library);
}

FakeHost& FakeHost::behind(const hg_host* host) {
  return Raw::of(host);
}

const hg_host* FakeHost::raw() const {
  raw_->host.abi_minor = abi_minor;
  return &raw_->host;
}

bool FakeHost::load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    why_ = dlerror();
    return false;
  }
  libraries_.push_back(library);
  const auto entry = reinterpret_cast<hg_module_fn>(dlsym(library, HG_MODULE_SYMBOL));
  if (entry == nullptr) {
    why_ = "it does not export " HG_MODULE_SYMBOL;
    return false;
  }
  const hg_module* module = entry(raw());
  if (module == nullptr) {
    why_ = "it refuses this host";
    return false;
  }
  if (module->abi_major != HG_ABI_MAJOR || module->abi_minor != HG_ABI_MINOR) {
    why_ = "it was built for another version of the ABI";
    return false;
  }
  plugins_.insert(plugins_.end(), module->plugins, module->plugins + module->plugin_count);
  return true;
}

const hg_plugin& FakeHost::plugin(std::string_view id) const {
  for (const hg_plugin* plugin : plugins_)
    if (JsonView(view(plugin->manifest))["id"].equals(id)) return *plugin;
  throw std::runtime_error("no loaded plugin has the id " + std::string(id) + "; " + why_);
}

std::vector<std::string> FakeHost::ids() const {
  std::vector<std::string> ids;
  for (const hg_plugin* plugin : plugins_)
    ids.push_back(JsonView(view(plugin->manifest))["id"].text().value_or(""));
  return ids;
}

Instance::Instance(FakeHost& host, std::string_view id, std::string_view config)
    : plugin_(host.plugin(id)) {
  hg_create in{};
  in.size = HG_END_OF(hg_create, instance);
  in.instance = 1;
  in.config = str(config);
  in.place = str("test");
  in.name = str("test");
  hg_error error{&host};
  if (plugin_.instance->create(host.raw(), &in, &instance_, &error) != 0) return;
  if (plugin_.instance->worker_create != nullptr &&
      plugin_.instance->worker_create(instance_, 0, &worker_) != 0)
    return;
  ok_ = true;
}

Instance::~Instance() {
  if (worker_ != nullptr) plugin_.instance->worker_destroy(instance_, worker_);
  if (instance_ != nullptr && plugin_.instance->destroy != nullptr)
    plugin_.instance->destroy(instance_);
}

std::string Instance::manifest(std::string_view pointer) const {
  return std::string(JsonView(view(plugin_.manifest)).at(pointer).raw());
}

namespace {

// Runs one callback with its phase set and its views dying behind it.
template <class Function>
auto in_phase(hg_call& call, Phase phase, Function&& function) {
  call.begin(phase);
  if constexpr (std::is_void_v<decltype(function())>) {
    function();
    call.finish();
  } else {
    auto result = function();
    call.finish();
    return result;
  }
}

template <class Function>
EventResult event_result(hg_call& call, Phase phase, Function&& function) {
  EventResult result;
  call.emitted.clear();
  in_phase(call, phase, [&] { result.action = function(result.flags); });
  result.emitted = call.emitted;
  return result;
}

}  // namespace

ProviderRun::ProviderRun(Instance& instance, hg_call& call) : instance_(instance), call_(call) {
  opened = HG_CONTINUE;
  if (api().open == nullptr) return;
  opened = in_phase(call_, Phase::open, [&] {
    return api().open(instance_.get(), instance_.worker(), &call_, &attempt_);
  });
}

ProviderRun::~ProviderRun() {
  if (opened == HG_CONTINUE && api().close != nullptr) api().close(instance_.get(), attempt_);
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

PolicyRun::PolicyRun(Instance& instance, hg_call& call) : instance_(instance), call_(call) {
  opened = HG_CONTINUE;
  if (api().open == nullptr) return;
  opened = in_phase(call_, Phase::open, [&] {
    return api().open(instance_.get(), instance_.worker(), &call_, &context_);
  });
}

PolicyRun::~PolicyRun() {
  if (opened == HG_CONTINUE && api().close != nullptr) api().close(instance_.get(), context_);
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

DialectRun::DialectRun(Instance& instance, hg_call& call) : instance_(instance), call_(call) {
  opened = HG_CONTINUE;
  if (api().open == nullptr) return;
  opened = in_phase(call_, Phase::open, [&] {
    return api().open(instance_.get(), instance_.worker(), &call_, &context_);
  });
}

DialectRun::~DialectRun() {
  if (opened == HG_CONTINUE && api().close != nullptr) api().close(instance_.get(), context_);
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
