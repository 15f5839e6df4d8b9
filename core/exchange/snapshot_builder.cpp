#include "core/exchange/snapshot_builder.hpp"

#include "core/exchange/backend_builder.hpp"
#include "core/exchange/stored_ids.hpp"
#include "core/exchange/target_parts.hpp"

namespace headgate::exchange {
namespace {

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void add_place(Snapshot& snapshot, const plugin::CredentialPlace& place) {
  if (place.place == HG_PLACE_HEADER) add_name(snapshot.credential_headers, place.name);
  if (place.place == HG_PLACE_QUERY) add_name(snapshot.credential_parameters, place.name);
}

// Every place where any plugin, or HTTP itself, puts a credential.
void collect_credential_places(Snapshot& snapshot, const plugin::Registry& plugins) {
  snapshot.credential_headers = {"authorization", "proxy-authorization", "cookie"};
  // RFC 6750, section 2.3, and the name that most APIs give such a parameter.
  snapshot.credential_parameters = {"access_token", "key"};
  for (const plugin::Plugin* plugin : plugins.all()) {
    if (plugin->manifest.provider.credential)
      add_place(snapshot, *plugin->manifest.provider.credential);
    for (const plugin::CredentialPlace& place : plugin->manifest.dialect.credential)
      add_place(snapshot, place);
  }
  snapshot.mask = observe::SecretMask(snapshot.credential_parameters, snapshot.credential_headers);
}

// What a client is known by stays here, whatever the configuration says.
void check_forwarded(const Snapshot& snapshot, config::Faults& faults) {
  const std::vector<std::string>& credentials = snapshot.credential_headers;
  for (const config::PlacedText& name : snapshot.config->frontend.http.forward_headers) {
    if (std::find(credentials.begin(), credentials.end(), name.text) == credentials.end()) continue;
    faults.push_back(config::ConfigFault{
        snapshot.config->file, name.position, name.path,
        "header '" + name.text +
            "' can hold a client's credential, which goes to no provider this way; leave it "
            "out"});
  }
}

void make_dialects(Snapshot& snapshot, const SnapshotSources& sources, config::Faults& faults) {
  std::vector<std::shared_ptr<plugin::DialectInstance>> dialects;
  for (const plugin::Plugin* plugin : sources.plugins.dialects()) {
    auto made = sources.instances.dialect(*plugin);
    for (const plugin::PluginFault& fault : made.faults) {
      faults.push_back(config::ConfigFault{
          snapshot.config->file, {}, "", "plugin '" + plugin->id() + "': " + fault.message});
    }
    if (!made.ok()) continue;
    snapshot.instances.push_back(made.instance);
    add_names_in(made.instance->declares().stored_ids, snapshot.watched_names);
    dialects.push_back(std::move(made.instance));
  }
  snapshot.dialects = plugin::DialectTable(std::move(dialects));
}

void make_side_upstreams(Snapshot& snapshot, const SnapshotSources& sources,
                         config::Faults& faults) {
  const config::StaticConfig& fixed = snapshot.config->fixed;
  for (const config::PluginUpstreamConfig& config : fixed.plugins.upstreams) {
    upstream::TargetOptions options = target_options(config.host);
    if (config.backend_tls) {
      auto tls = sources.tls.get(tls_options(*config.backend_tls));
      if (!tls) {
        faults.push_back(config::ConfigFault{
            snapshot.config->file, config.position, "config.plugins.upstreams." + config.alias,
            "backendTLS of upstream '" + config.alias + "': " + tls.error().message});
        continue;
      }
      options.tls = *tls;
      options.tls_name = config.backend_tls->hostname;
    }
    SideUpstream upstream;
    upstream.alias = config.alias;
    upstream.authority = authority_of(options);
    upstream.target = sources.targets.intern(std::move(options));
    upstream.timeout = config.timeout;
    upstream.connect_timeout = fixed.backend.connect_timeout;
    upstream.series = &sources.metrics.plugin_calls(config.alias);
    snapshot.side_upstreams.push_back(std::move(upstream));
  }
}

bool agree(const BackendPlan& a, const BackendPlan& b) {
  if (!a.path_types || !b.path_types) return a.path_types == b.path_types;
  return *a.path_types == *b.path_types;
}

// What a path is is known before a backend is drawn. A plain upstream is asked whatever it is.
void take_path_types(RoutePlan& plan, const config::RouteConfig& route,
                     const config::Config& config, config::Faults& faults) {
  const BackendPlan* first = nullptr;
  for (std::size_t i = 0; i < plan.backends.size(); ++i) {
    if (!route.backends[i].ai) continue;
    const BackendPlan& backend = plan.backends[i];
    if (first == nullptr) {
      first = &backend;
    } else if (!agree(backend, *first)) {
      faults.push_back(config::ConfigFault{
          config.file, route.backends[i].position, "",
          "backend '" + backend.name + "' has other types of paths than '" + first->name +
              "', but what a path is must be known before one of them is drawn: say it at the "
              "route, or the same at both"});
    }
  }
  if (first != nullptr) plan.path_types = first->path_types;
}

}  // namespace

BuiltSnapshot build_snapshot(const SnapshotSources& sources,
                             std::shared_ptr<const config::Config> config) {
  BuiltSnapshot built;
  auto snapshot = std::make_unique<Snapshot>(std::move(config));
  snapshot->plugin_faults = &sources.metrics.plugin_faults();
  collect_credential_places(*snapshot, sources.plugins);
  check_forwarded(*snapshot, built.faults);
  make_dialects(*snapshot, sources, built.faults);
  make_side_upstreams(*snapshot, sources, built.faults);
  const route::RouteTable& routes = snapshot->routes;
  for (const route::RouteEntry& entry : routes.routes()) {
    const config::ListenerConfig& listener = *routes.listeners()[entry.listener].config;
    RoutePlan plan;
    plan.listener = listener.name;
    plan.name = entry.config->name;
    plan.series = &sources.metrics.route(plan.listener, plan.name);
    for (const config::BackendConfig& backend : entry.config->backends) {
      BackendBuilder builder(sources, *snapshot, built.faults, plan.name);
      builder.add_level(listener.policies, plugin::kLevelListener);
      builder.add_level(entry.config->policies, plugin::kLevelRoute);
      builder.add_level(backend.policies, plugin::kLevelBackend);
      plan.backends.push_back(builder.build(backend));
    }
    take_path_types(plan, *entry.config, *snapshot->config, built.faults);
    snapshot->plans.push_back(std::move(plan));
  }
  config::sort_by_place(built.faults);
  built.faults.erase(std::unique(built.faults.begin(), built.faults.end(),
                                 [](const config::ConfigFault& a, const config::ConfigFault& b) {
                                   return a.to_string() == b.to_string();
                                 }),
                     built.faults.end());
  if (built.faults.empty()) built.snapshot = std::move(snapshot);
  return built;
}

}  // namespace headgate::exchange
