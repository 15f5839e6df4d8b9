#pragma once
// One configured use of a plugin: made and destroyed on main, with a state per worker in between.
// provider_instance.hpp, policy_instance.hpp and dialect_instance.hpp have the calls of each kind;
// instance_store.hpp makes them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/plugin/call.hpp"
#include "core/plugin/fault.hpp"
#include "core/plugin/plugin.hpp"
#include "core/plugin/running.hpp"

namespace headgate::plugin {

class SharedObjects;

// What an instance is made from. Two uses with the same plugin, config, place and name are the same
// instance, so that it keeps its state over a reload.
struct InstanceSpec {
  const Plugin* plugin = nullptr;
  std::string_view config = "{}";  // JSON
  std::string_view place;          // in the configuration, for messages
  std::string_view name;           // of a provider
};

// What an instance has of hg.shared/1, until it is gone.
class SharedHold {
 public:
  explicit SharedHold(const InstanceSpec& spec);
  ~SharedHold();
  SharedHold(const SharedHold&) = delete;
  SharedHold& operator=(const SharedHold&) = delete;

  std::uint64_t instance() const { return instance_; }

 private:
  SharedObjects& objects_;
  const std::uint64_t instance_;
};

class Instance {
 public:
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const Plugin& plugin() const { return *plugin_; }
  const Manifest& manifest() const { return plugin_->manifest; }
  const std::string& id() const { return plugin_->id(); }
  const std::string& place() const { return place_; }

  // Makes this worker's state, or only counts when it is there already: each successful start is
  // undone by one stop, so two configurations may share an instance. False: the plugin refused, and
  // nothing is to be undone. On the thread of that worker. [worker]
  bool start_worker(std::uint32_t worker);
  void stop_worker(std::uint32_t worker);

  // Whether it does anything without a request; see on_background of abi.h. HG_CONTINUE, HG_PAUSE
  // or HG_ABORT. REQUIRES: that worker has started. [worker]
  bool works_in_background() const { return plugin_->instance.on_background != nullptr; }
  std::int32_t on_background(std::uint32_t worker, hg_call& call, std::uint32_t reason);

  // To be let go of after destroy(). [main]
  void keep(std::unique_ptr<SharedHold> hold) { hold_ = std::move(hold); }

 protected:
  // Takes over what create() made. [main]
  Instance(const InstanceSpec& spec, void* made, std::uint32_t workers);
  // REQUIRES: every worker has stopped. [main]
  ~Instance();

  void* made() const { return made_; }
  void* state(std::uint32_t worker) const { return workers_[worker].state; }
  const char* id_text() const { return plugin_->id().c_str(); }

 private:
  // One worker touches one of them; others never read it.
  struct WorkerState {
    void* state = nullptr;
    std::uint32_t users = 0;
  };

  std::unique_ptr<SharedHold> hold_;
  const Plugin* plugin_;
  void* made_;
  const std::string place_;
  std::vector<WorkerState> workers_;
  const std::thread::id home_ = std::this_thread::get_id();
};

// Bits of what a callback may return; everything else is HG_ABORT.
inline constexpr std::uint32_t allow(std::int32_t result) {
  return 1u << static_cast<std::uint32_t>(result);
}
inline std::int32_t checked(std::int32_t result, std::uint32_t allowed) {
  const bool known = result >= HG_CONTINUE && result <= HG_PAUSE;
  return known && (allowed & allow(result)) != 0 ? result : HG_ABORT;
}

}  // namespace headgate::plugin
