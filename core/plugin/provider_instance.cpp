#include "core/plugin/provider_instance.hpp"

namespace headgate::plugin {

namespace {

constexpr std::uint16_t kTlsPort = 443;
constexpr std::uint16_t kPlainPort = 80;
constexpr std::uint32_t kPortMax = 65535;

}  // namespace

ProviderInstance::ProviderInstance(const InstanceSpec& spec, void* made, std::uint32_t workers)
    : Instance(spec, made, workers) {
  hg_target out{};
  out.size = HG_END_OF(hg_target, model);
  {
    const Running running(id_text(), "target", nullptr);
    api().target(this->made(), &out);
  }
  declared_port_ = out.port;
  target_.host = view(out.host);
  target_.tls = out.tls != 0;
  target_.port = static_cast<std::uint16_t>(out.port);
  if (out.port == 0) target_.port = target_.tls ? kTlsPort : kPlainPort;
  target_.host_required = out.host_required != 0;
  target_.base_path = view(out.base_path);
  target_.model = view(out.model);
  pass_through_ = PassThrough(declares().pass_through, target_.base_path);
  stored_paths_ = PassThrough(declares().stored_paths, target_.base_path);
}

std::vector<PluginFault> ProviderInstance::check_target() const {
  std::vector<PluginFault> faults;
  const auto fault = [&](const std::string& message) {
    faults.push_back(PluginFault{"", id() + ": its target is wrong: " + message});
  };
  if (target_.host.empty() && !target_.host_required) fault("there is no host");
  if (declared_port_ > kPortMax) fault("port " + std::to_string(declared_port_));
  const std::string& base = target_.base_path;
  if (!base.empty() && (base.front() != '/' || base.back() == '/')) {
    fault("the base path '" + base + "' must begin with '/' and not end with it");
  }
  return faults;
}

}  // namespace headgate::plugin
