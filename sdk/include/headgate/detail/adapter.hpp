#pragma once
// From the functions of the C ABI to member functions of an author's class. Not for authors.
//
// A callback exists in the table if the class (or its nested context type) has a member of that
// name; a member of the wrong signature does not compile. What a member throws is caught here: the
// callback fails closed, the log says what was thrown, and the context is poisoned, so that a
// request that is half through never goes on with a state that nobody knows.

#include <headgate/policy.h>
#include <headgate/call.hpp>
#include <headgate/config.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

namespace hg::detail {

#define HG_DETAIL_MEMBER(name)            \
  template <class T, class = void>        \
  struct Has_##name : std::false_type {}; \
  template <class T>                      \
  struct Has_##name<T, std::void_t<decltype(&T::name)>> : std::true_type {};

// The table's entry for `name`: the adapter's function, or NULL where the author wrote none.
#define HG_DETAIL_ENTRY(table, name)                               \
  static constexpr decltype(table::name) name##_entry() noexcept { \
    if constexpr (Base::template present<Has_##name>) {            \
      return &name;                                                \
    } else {                                                       \
      return nullptr;                                              \
    }                                                              \
  }

struct Nothing {};

HG_DETAIL_MEMBER(on_background)

template <class T, class = void>
struct WorkerOf {
  using type = Nothing;
};
template <class T>
struct WorkerOf<T, std::void_t<typename T::Worker>> {
  using type = typename T::Worker;
};

// Where a plugin is made and destroyed: the same for every kind.
template <class Plugin>
struct Instance {
  using Worker = typename WorkerOf<Plugin>::type;
  static constexpr bool kHasWorker = !std::is_same_v<Worker, Nothing>;

  static std::int32_t create(const hg_host* host, const hg_create* in, void** instance,
                             hg_error* error) noexcept {
    ConfigFaults faults(host, error);
    try {
      std::unique_ptr<Plugin> plugin;
      if constexpr (std::is_constructible_v<Plugin, const Config&>) {
        plugin = std::make_unique<Plugin>(Config(*in, faults));
      } else {
        plugin = std::make_unique<Plugin>();
      }
      if (faults.count() != 0) return 1;
      *instance = plugin.release();
      return 0;
    } catch (const ConfigError& fault) {
      faults.add(fault.pointer(), fault.what());
    } catch (const std::exception& fault) {
      faults.add("", fault.what());
    } catch (...) {
      faults.add("", "the plugin threw something that is not an exception");
    }
    return 1;
  }
  static void destroy(void* instance) noexcept { delete static_cast<Plugin*>(instance); }

  static std::int32_t worker_create(void* instance, std::uint32_t index, void** state) noexcept {
    try {
      const auto& plugin = *static_cast<const Plugin*>(instance);
      if constexpr (std::is_constructible_v<Worker, const Plugin&, std::uint32_t>) {
        *state = new Worker(plugin, index);
      } else if constexpr (std::is_constructible_v<Worker, const Plugin&>) {
        *state = new Worker(plugin);
      } else {
        *state = new Worker();
      }
      return 0;
    } catch (const std::exception& fault) {
      host().log(LogLevel::error, fault.what());
    } catch (...) {
      host().log(LogLevel::error, "making a worker's state threw");
    }
    return 1;
  }
  static void worker_destroy(void*, void* state) noexcept { delete static_cast<Worker*>(state); }

  static std::int32_t on_background(void*, void* state, hg_call* raw,
                                    std::uint32_t reason) noexcept {
    Call call(raw);
    try {
      const Action result = static_cast<Worker*>(state)->on_background(call, reason);
      if (!call.failed_closed()) return static_cast<std::int32_t>(result);
      host().log(LogLevel::error, "on_background asked for what only a request has");
    } catch (const std::exception& fault) {
      host().log(LogLevel::error, fault.what());
    } catch (...) {
      host().log(LogLevel::error, "on_background threw something that is not an exception");
    }
    return HG_ABORT;
  }

  static constexpr hg_instance_api make_api() noexcept {
    hg_instance_api api{};
    api.size = HG_END_OF(hg_instance_api, on_background);
    api.create = &create;
    api.destroy = &destroy;
    if constexpr (kHasWorker) {
      api.worker_create = &worker_create;
      api.worker_destroy = &worker_destroy;
      if constexpr (Has_on_background<Worker>::value) api.on_background = &on_background;
    }
    return api;
  }
  static constexpr hg_instance_api kApi = make_api();
};

// Runs the author's functions for one plugin and one type of context (an attempt, a request).
template <class Plugin, class Context>
struct Adapter {
  using Worker = typename WorkerOf<Plugin>::type;

  // Lives in the call's memory from open to close.
  struct Slot {
    template <class... Args>
    explicit Slot(Args&&... args) : context(std::forward<Args>(args)...) {}
    Context context;
    bool poisoned = false;
  };
  static_assert(alignof(Slot) <= 16, "the call's memory is aligned to 16 bytes at most");

  // A plugin without a context has nothing that could be half through: it needs no open and close.
  static constexpr bool kHasContext = !std::is_same_v<Context, Nothing>;
  static constexpr decltype(hg_policy_api::open) open_entry() noexcept {
    return kHasContext ? &open : nullptr;
  }
  static constexpr decltype(hg_policy_api::close) close_entry() noexcept {
    return kHasContext ? &close : nullptr;
  }

  template <template <class, class> class Has>
  static constexpr bool present = Has<Plugin, void>::value || Has<Context, void>::value;

  static std::int32_t open(void* instance, void* worker, hg_call* raw, void** context) noexcept {
    Call call(raw);
    void* memory = call.allocate(sizeof(Slot), alignof(Slot));
    if (memory == nullptr) return HG_ABORT;
    const auto& plugin = *static_cast<const Plugin*>(instance);
    try {
      *context = make(memory, plugin, static_cast<Worker*>(worker), call);
      if (!call.failed_closed()) return HG_CONTINUE;
      close(instance, *context);
      *context = nullptr;
    } catch (const std::exception& fault) {
      report(fault.what());
    } catch (...) {
      report("not an exception");
    }
    return HG_ABORT;
  }
  static void close(void*, void* context) noexcept {
    if (context != nullptr) static_cast<Slot*>(context)->~Slot();
  }

  // function(self, call) -> Action, with the context or the plugin as self: whichever has the
  // member.
  template <template <class, class> class Has, class Function>
  static std::int32_t run(void* instance, void* context, hg_call* raw,
                          Function&& function) noexcept {
    auto* slot = static_cast<Slot*>(context);
    if (slot != nullptr && slot->poisoned) return HG_ABORT;
    Call call(raw);
    try {
      Action result = Action::abort;
      if constexpr (Has<Context, void>::value) {
        static_assert(!Has<Plugin, void>::value,
                      "the plugin and its context both have this member");
        if (slot == nullptr) return HG_ABORT;
        result = function(slot->context, call);
      } else {
        result = function(*static_cast<const Plugin*>(instance), call);
      }
      if (!call.failed_closed()) return static_cast<std::int32_t>(result);
      report("a bound of the gateway was passed, or something written that this phase may not");
    } catch (const std::exception& fault) {
      report(fault.what());
    } catch (...) {
      report("not an exception");
    }
    if (slot != nullptr) slot->poisoned = true;
    return HG_ABORT;
  }

 private:
  static void report(std::string_view what) noexcept {
    host().log(LogLevel::error, "a callback failed; the request does not go on with this plugin:");
    host().log(LogLevel::error, what);
  }
  static Slot* make(void* memory, const Plugin& plugin, Worker* worker, Call& call) {
    if constexpr (std::is_constructible_v<Context, const Plugin&, Worker&, Call&>) {
      return new (memory) Slot(plugin, *worker, call);
    } else if constexpr (std::is_constructible_v<Context, const Plugin&, Call&>) {
      return new (memory) Slot(plugin, call);
    } else if constexpr (std::is_constructible_v<Context, const Plugin&>) {
      return new (memory) Slot(plugin);
    } else {
      return new (memory) Slot();
    }
  }
};

}  // namespace hg::detail
