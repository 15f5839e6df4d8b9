#include "core/plugin/instance.hpp"

#include <cassert>

#include "core/plugin/host.hpp"
#include "core/plugin/shared_objects.hpp"

namespace headgate::plugin {

SharedHold::SharedHold(const InstanceSpec& spec)
    : objects_(shared_of(spec.plugin->host)),
      instance_(objects_.open(spec.plugin->id(), spec.place, spec.name)) {}

SharedHold::~SharedHold() {
  objects_.close(instance_);
}

Instance::Instance(const InstanceSpec& spec, void* made, std::uint32_t workers)
    : plugin_(spec.plugin), made_(made), place_(spec.place), workers_(workers) {}

Instance::~Instance() {
  assert(std::this_thread::get_id() == home_);
  for ([[maybe_unused]] const WorkerState& worker : workers_) assert(worker.users == 0);
  if (!plugin_->instance.destroy) return;
  const Running running(id_text(), "destroy", nullptr);
  plugin_->instance.destroy(made_);
}

bool Instance::start_worker(std::uint32_t worker) {
  assert(worker < workers_.size());
  WorkerState& mine = workers_[worker];
  if (mine.users == 0 && plugin_->instance.worker_create) {
    const Running running(id_text(), "worker_create", nullptr);
    mine.state = nullptr;
    if (plugin_->instance.worker_create(made_, worker, &mine.state) != 0) {
      mine.state = nullptr;
      return false;
    }
  }
  ++mine.users;
  return true;
}

void Instance::stop_worker(std::uint32_t worker) {
  assert(worker < workers_.size());
  WorkerState& mine = workers_[worker];
  assert(mine.users > 0);
  if (--mine.users != 0) return;
  if (plugin_->instance.worker_destroy) {
    const Running running(id_text(), "worker_destroy", nullptr);
    plugin_->instance.worker_destroy(made_, mine.state);
  }
  mine.state = nullptr;
}

std::int32_t Instance::on_background(std::uint32_t worker, hg_call& call, std::uint32_t reason) {
  const Running running(id_text(), "on_background", &call);
  return checked(plugin_->instance.on_background(made_, state(worker), &call, reason),
                 allow(HG_CONTINUE) | allow(HG_PAUSE));
}

}  // namespace headgate::plugin
