#include "fake_host.hpp"

#include <headgate/async.h>
#include <headgate/endpoints.h>
#include <headgate/json_view.hpp>

#include <dlfcn.h>

#include <stdexcept>

#include "fake_phase.hpp"
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

std::int32_t Instance::on_background(hg_call& call, std::uint32_t reason) {
  return in_phase(call, Phase::background, [&] {
    return plugin_.instance->on_background(instance_, worker_, &call, reason);
  });
}

std::string Instance::manifest(std::string_view pointer) const {
  return std::string(JsonView(view(plugin_.manifest)).at(pointer).raw());
}

}  // namespace hg::testing
