#include "core/plugin/instance_store.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cassert>

#include "core/plugin/host.hpp"

namespace headgate::plugin {

namespace json = boost::json;

namespace {

// The same value with the members of all objects in order.
json::value sorted(const json::value& value) {
  if (const json::array* items = value.if_array()) {
    json::array result;
    result.reserve(items->size());
    for (const json::value& item : *items) result.push_back(sorted(item));
    return result;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return value;
  std::vector<const json::key_value_pair*> members;
  for (const json::key_value_pair& member : *object) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  json::object result;
  for (const json::key_value_pair* member : members) {
    result.emplace(member->key(), sorted(member->value()));
  }
  return result;
}

std::string canonical(std::string_view config) {
  json::error_code error;
  const json::value value = json::parse(json::string_view(config.data(), config.size()), error);
  if (error) return std::string(config);
  const auto text = json::serialize(sorted(value));
  return std::string(text.data(), text.size());
}

// Length in front, so that no two lists of parts give the same bytes.
void append_part(std::string& out, std::string_view part) {
  out.append(std::to_string(part.size())).append(":").append(part);
}

// What create() made, or its faults.
struct Made {
  void* instance = nullptr;
  std::vector<PluginFault> faults;
};

Made create(const InstanceSpec& spec, const SharedHold& hold) {
  const Plugin& plugin = *spec.plugin;
  hg_create in{};
  in.size = HG_END_OF(hg_create, instance);
  in.instance = hold.instance();
  in.config = str(spec.config);
  in.place = str(spec.place);
  in.name = str(spec.name);

  Made made;
  FaultList faults;
  std::int32_t result = 0;
  {
    const Running running(plugin.id().c_str(), "create", nullptr);
    result = plugin.instance.create(plugin.host, &in, &made.instance, faults.handle());
  }
  made.faults = faults.take();
  if (result != 0 && made.faults.empty()) {
    made.faults.push_back(PluginFault{"", plugin.id() + " refused its configuration and did not "
                                                        "say why"});
  }
  // A plugin that reports faults and returns success has made something all the same.
  if (result == 0 && !made.faults.empty() && plugin.instance.destroy) {
    const Running running(plugin.id().c_str(), "destroy", nullptr);
    plugin.instance.destroy(made.instance);
  }
  return made;
}

std::vector<PluginFault> check(const ProviderInstance& made) {
  return made.check_target();
}
std::vector<PluginFault> check(const PolicyInstance&) {
  return {};
}
std::vector<PluginFault> check(const DialectInstance&) {
  return {};
}

}  // namespace

std::string identity(const InstanceSpec& spec) {
  std::string parts;
  append_part(parts, spec.plugin->id());
  append_part(parts, spec.plugin->sha256);
  append_part(parts, canonical(spec.config));
  append_part(parts, spec.place);
  append_part(parts, spec.name);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(parts.data()), parts.size(), digest.data());
  return std::string(digest.begin(), digest.end());
}

template <class T>
Created<T> InstanceStore::get(Known<T>& known, const InstanceSpec& spec) {
  const std::string key = identity(spec);
  if (const auto found = known.map.find(key); found != known.map.end()) {
    if (std::shared_ptr<T> there = found->second.lock()) return {std::move(there), {}};
  }
  auto hold = std::make_unique<SharedHold>(spec);
  Made made = create(spec, *hold);
  if (!made.faults.empty()) return {nullptr, std::move(made.faults)};
  auto instance = std::make_shared<T>(spec, made.instance, workers_);
  instance->keep(std::move(hold));
  if (std::vector<PluginFault> faults = check(*instance); !faults.empty()) {
    return {nullptr, std::move(faults)};
  }
  if (known.map.size() >= known.prune_at) {
    std::erase_if(known.map, [](const auto& entry) { return entry.second.expired(); });
    known.prune_at = std::max<std::size_t>(64, known.map.size() * 2);
  }
  known.map[key] = instance;
  return {std::move(instance), {}};
}

Created<ProviderInstance> InstanceStore::provider(const InstanceSpec& spec) {
  assert(spec.plugin->kind() == Kind::provider);
  return get(providers_, spec);
}

Created<PolicyInstance> InstanceStore::policy(const InstanceSpec& spec) {
  assert(spec.plugin->kind() == Kind::policy);
  return get(policies_, spec);
}

Created<DialectInstance> InstanceStore::dialect(const Plugin& plugin) {
  assert(plugin.kind() == Kind::dialect);
  InstanceSpec spec;
  spec.plugin = &plugin;
  return get(dialects_, spec);
}

}  // namespace headgate::plugin
