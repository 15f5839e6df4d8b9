#pragma once
// Makes instances, and hands out the one there is where plugin, configuration, place and name are
// the same as before: over a reload an unchanged use of a plugin keeps its state. [main]
//
// The store holds no instance alive; a configuration does. Whatever drops the last reference must
// do so on main.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/dialect_instance.hpp"
#include "core/plugin/instance.hpp"
#include "core/plugin/policy_instance.hpp"
#include "core/plugin/provider_instance.hpp"

namespace headgate::plugin {

// An instance, or why there is none.
template <class T>
struct Created {
  std::shared_ptr<T> instance;
  std::vector<PluginFault> faults;

  bool ok() const { return instance != nullptr; }
};

class InstanceStore {
 public:
  // `workers`: how many there are; start_worker takes indexes below.
  explicit InstanceStore(std::uint32_t workers) : workers_(workers) {}

  // REQUIRES: spec.plugin is of that kind.
  Created<ProviderInstance> provider(const InstanceSpec& spec);
  Created<PolicyInstance> policy(const InstanceSpec& spec);
  // Made with {}.
  Created<DialectInstance> dialect(const Plugin& plugin);

 private:
  // By identity. Those that are gone are dropped when the map has grown to `prune_at`.
  template <class T>
  struct Known {
    std::map<std::string, std::weak_ptr<T>> map;
    std::size_t prune_at = 64;
  };

  template <class T>
  Created<T> get(Known<T>& known, const InstanceSpec& spec);

  std::uint32_t workers_;
  Known<ProviderInstance> providers_;
  Known<PolicyInstance> policies_;
  Known<DialectInstance> dialects_;
};

// What makes two specs the same: a digest, so that no secret of the configuration stays in it. The
// order of members in the config does not count.
std::string identity(const InstanceSpec& spec);

}  // namespace headgate::plugin
