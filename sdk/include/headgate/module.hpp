#pragma once
// The one thing that a library exports:
//
//   HG_MODULE(Acme, AcmeTag)
//
// once, at namespace scope of one source file, with every plugin class of the library.

#include <headgate/dialect.hpp>
#include <headgate/policy.hpp>
#include <headgate/provider.hpp>

#include <cstdint>
#include <type_traits>

namespace hg::detail {

template <class P>
using AdapterOf = std::conditional_t<
    std::is_base_of_v<Provider, P>, ProviderAdapter<P>,
    std::conditional_t<std::is_base_of_v<Policy, P>, PolicyAdapter<P>, DialectAdapter<P>>>;

template <class P>
struct PluginTable {
  static_assert(std::is_base_of_v<Provider, P> || std::is_base_of_v<Policy, P> ||
                    std::is_base_of_v<Dialect, P>,
                "a plugin class is derived from hg::Provider, hg::Policy or hg::Dialect");

  static constexpr hg_plugin make() noexcept {
    hg_plugin plugin{};
    plugin.size = HG_END_OF(hg_plugin, api);
    plugin.kind = AdapterOf<P>::kKind;
    plugin.manifest = {P::kManifest.data(), P::kManifest.size()};
    plugin.instance = &Instance<P>::kApi;
    plugin.api = &AdapterOf<P>::kApi;
    return plugin;
  }
  static constexpr hg_plugin kPlugin = make();
};

template <class... Plugins>
struct Module {
  static constexpr const hg_plugin* kPlugins[] = {&PluginTable<Plugins>::kPlugin...};

  static constexpr hg_module make() noexcept {
    hg_module module{};
    module.size = HG_END_OF(hg_module, plugins);
    module.abi_major = HG_ABI_MAJOR;
    module.abi_minor = HG_ABI_MINOR;
    module.plugin_count = sizeof...(Plugins);
    module.plugins = kPlugins;
    return module;
  }
  static constexpr hg_module kModule = make();

  static const hg_module* load(const hg_host* host) noexcept {
    return loaded_host.load(host, (0u | ... | Plugins::kNeeds)) ? &kModule : nullptr;
  }
};

}  // namespace hg::detail

#define HG_MODULE(...)                                                               \
  extern "C" HG_EXPORT const hg_module* hg_module_v0(const hg_host* host) noexcept { \
    return ::hg::detail::Module<__VA_ARGS__>::load(host);                            \
  }
