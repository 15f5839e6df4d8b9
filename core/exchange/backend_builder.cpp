#include "core/exchange/backend_builder.hpp"

#include "core/base/log.hpp"
#include "core/exchange/stored_ids.hpp"
#include "core/exchange/target_parts.hpp"

namespace headgate::exchange {
namespace {

std::string_view level_name(std::uint32_t level) {
  switch (level) {
    case plugin::kLevelListener:
      return "listener";
    case plugin::kLevelRoute:
      return "route";
    case plugin::kLevelBackend:
      return "backend";
    default:
      return "provider";
  }
}

}  // namespace

// Resolved here, for a request asks it of every endpoint.
std::vector<DeclaredRoute> BackendBuilder::declared_routes(
    const plugin::ProviderInstance& instance) const {
  const plugin::ProviderManifest& provider = instance.declares();
  const std::string& key = instance.manifest().key;
  std::vector<DeclaredRoute> declared;
  for (const auto& dialect : snapshot_.dialects.dialects()) {
    for (const plugin::DialectRoute& route : dialect->declares().routes) {
      DeclaredRoute& added = declared.emplace_back();
      added.operation = provider.has_operation(route.operation);
      added.format = provider.accepts_dialect(dialect->id());
      added.own_model = provider.model_is_for(route.operation);
      if (added.operation) added.gen_ai = &sources_.metrics.gen_ai(route.operation, key);
    }
  }
  return declared;
}

// Where the configuration says that paths are not read, a path of a format passes to providers
// whose own it is.
std::shared_ptr<const plugin::PassThrough> BackendBuilder::passing_paths(
    const std::shared_ptr<plugin::ProviderInstance>& provider) const {
  if (!plan_.path_types || !plan_.path_types->passes())
    return {provider, &provider->pass_through()};
  const plugin::ProviderManifest& declares = provider->declares();
  std::vector<std::string> paths = declares.pass_through;
  for (const auto& dialect : snapshot_.dialects.dialects()) {
    if (!declares.accepts_dialect(dialect->id())) continue;
    for (const plugin::DialectRoute& route : dialect->declares().routes) {
      if (!route.model_in_path && declares.has_operation(route.operation))
        paths.push_back(route.path);
    }
  }
  return std::make_shared<const plugin::PassThrough>(std::move(paths),
                                                     provider->target().base_path);
}

std::shared_ptr<const plugin::PathTypes> BackendBuilder::read_path_types() {
  std::shared_ptr<const plugin::PathTypes> types;
  for (const config::PluginPolicy& policy : outer_.plugins) {
    const plugin::Plugin* known = sources_.plugins.find(policy.id);
    if (!known || known->manifest.policy.path_types.empty()) continue;
    const std::string& member = known->manifest.policy.path_types;
    std::vector<plugin::PluginFault> problems;
    plugin::PathTypes read =
        plugin::PathTypes::read(policy.config.json(), member, snapshot_.dialects, problems);
    if (!read.empty() && types) {
      problems.push_back({"/" + member, "another policy here says what paths are"});
    }
    for (const plugin::PluginFault& problem : problems)
      faults_.push_back(policy.config.fault_at(problem.json_pointer, problem.message));
    if (!read.empty()) types = std::make_shared<const plugin::PathTypes>(std::move(read));
  }
  return types;
}

BackendBuilder::BackendBuilder(const SnapshotSources& sources, Snapshot& snapshot,
                               config::Faults& faults, std::string route)
    : sources_(sources), snapshot_(snapshot), faults_(faults), route_(std::move(route)) {}

void BackendBuilder::fault(const config::Position& position, const std::string& path,
                           std::string message) {
  faults_.push_back(
      config::ConfigFault{snapshot_.config->file, position, path, std::move(message)});
}

void BackendBuilder::add_level(const config::PoliciesConfig& policies, std::uint32_t level) {
  check_level(policies, level);
  outer_ = config::merge(outer_, policies);
}

void BackendBuilder::check_level(const config::PoliciesConfig& policies, std::uint32_t level) {
  for (const config::PluginPolicy& policy : policies.plugins) {
    const plugin::Plugin* known = sources_.plugins.find(policy.id);
    if (!known) continue;  // the loader has said so
    const plugin::PolicyManifest& declares = known->manifest.policy;
    check_on_error(policy, declares);
    const bool client_side =
        level == plugin::kLevelProvider && (declares.phases & plugin::kClientPhases) != 0;
    if (declares.has_level(level) && !client_side) continue;
    faults_.push_back(policy.config.fault_at(
        "", "policy '" + (policy.key.empty() ? policy.id : policy.key) + "' cannot stand at the " +
                std::string(level_name(level)) + " level"));
  }
}

// A request that nobody let through, or that has lost its key, must not go on.
void BackendBuilder::check_on_error(const config::PluginPolicy& policy,
                                    const plugin::PolicyManifest& declares) {
  if (policy.on_error != config::OnError::go_on) return;
  const bool lets_in =
      declares.stage == plugin::Stage::authenticate || declares.stage == plugin::Stage::authorize;
  if (!lets_in && !declares.sets_credential) return;
  config::ConfigFault& problem = faults_.emplace_back(policy.on_error_place);
  problem.message = "policy '" + policy.id + "' " +
                    (lets_in ? "says who may do what" : "sets the credential") +
                    ": where it fails, the request fails ('continue' is not for it)";
}

std::shared_ptr<plugin::PolicyInstance> BackendBuilder::make_policy(
    const config::PluginPolicy& policy) {
  const plugin::Plugin* known = sources_.plugins.find(policy.id);
  if (!known) return nullptr;
  plugin::InstanceSpec spec;
  spec.plugin = known;
  spec.config = policy.config.json();
  spec.place = policy.config.path();
  auto made = sources_.instances.policy(spec);
  for (const plugin::PluginFault& problem : made.faults)
    faults_.push_back(policy.config.fault_at(problem.json_pointer, problem.message));
  if (made.ok()) {
    auto& all = snapshot_.instances;
    if (std::find(all.begin(), all.end(), made.instance) == all.end()) all.push_back(made.instance);
  }
  return made.instance;
}

// By stage; inside a stage in the order of adding.
void BackendBuilder::add_in_order(Policies& policies, Attached added) {
  if (!added.instance) return;
  const auto place = std::upper_bound(
      policies.begin(), policies.end(), added, [](const Attached& a, const Attached& b) {
        return a.instance->declares().stage < b.instance->declares().stage;
      });
  policies.insert(place, std::move(added));
}

BackendBuilder::Policies BackendBuilder::make_policies(const config::PoliciesConfig& policies) {
  Policies made;
  for (const config::PluginPolicy& policy : policies.plugins) {
    add_in_order(made, Attached{make_policy(policy), policy.on_error == config::OnError::go_on});
  }
  for (const plugin::Plugin* plugin : sources_.plugins.all()) {
    if (plugin->kind() != plugin::Kind::policy || !plugin->manifest.policy.is_default) continue;
    const bool configured =
        std::any_of(policies.plugins.begin(), policies.plugins.end(),
                    [&](const config::PluginPolicy& policy) { return policy.id == plugin->id(); });
    if (configured) continue;
    config::PluginPolicy defaulted;
    defaulted.id = plugin->id();
    add_in_order(made, Attached{make_policy(defaulted)});
  }
  return made;
}

PolicyUse BackendBuilder::use(const Attached& policy) {
  for (const PolicyUse& known : plan_.policies) {
    if (known.instance == policy.instance) return known;
  }
  const auto slot = static_cast<std::uint16_t>(plan_.policies.size());
  plan_.policies.push_back(PolicyUse{policy.instance, slot, policy.optional});
  return plan_.policies.back();
}

BackendPlan BackendBuilder::build(const config::BackendConfig& backend) {
  plan_.name = backend.name;
  plan_.weight = backend.weight;
  plan_.request_timeout = outer_.timeout.value_or(config::TimeoutConfig{}).request_timeout;
  plan_.on_cut = outer_.stream.value_or(config::StreamConfig{}).on_cut;
  plan_.path_types = read_path_types();

  for (const Attached& policy : make_policies(outer_)) {
    const plugin::PolicyManifest& declares = policy.instance->declares();
    if (declares.has_phase(plugin::kPhaseRequest)) plan_.on_request.push_back(use(policy));
    if (declares.has_phase(plugin::kPhaseResponse)) plan_.on_response.push_back(use(policy));
    if (declares.has_phase(plugin::kPhaseEvent)) plan_.on_event.push_back(use(policy));
    if (declares.has_phase(plugin::kPhaseComplete)) plan_.on_complete.push_back(use(policy));
  }
  std::reverse(plan_.on_response.begin(), plan_.on_response.end());
  std::reverse(plan_.on_event.begin(), plan_.on_event.end());

  const std::size_t faults_before = faults_.size();
  if (backend.host) {
    add_plain(backend);
  } else if (backend.ai) {
    for (const config::GroupConfig& group : backend.ai->groups) {
      add_group(backend, group);
      add_selection(group.selection.value_or(backend.ai->selection));
    }
  }
  if (faults_.size() != faults_before) return std::move(plan_);
  auto set = select::EndpointSet::make(std::move(groups_), settings_);
  if (!set) {
    fault(backend.position, "", set.error().message);
    return std::move(plan_);
  }
  plan_.set = *set;
  add_probes(backend);
  for (std::size_t i = 0; i < plan_.endpoints.size(); ++i) {
    snapshot_.registrations.push_back(
        sources_.directory.add(plan_.set, static_cast<std::uint16_t>(i),
                               plan_.endpoints[i].attempts, plan_.endpoints[i].id));
  }
  return std::move(plan_);
}

void BackendBuilder::set_limits(EndpointPlan& plan, const config::PoliciesConfig& policies) {
  const config::RetryConfig retry = policies.retry.value_or(config::RetryConfig{});
  plan.retry.attempts_max = retry.attempts;
  plan.retry.backoff = retry.backoff;
  plan.retry.wait_for_retry_after = retry.wait_for_retry_after;
  plan.retry.ask_when_all_out = retry.when_all_out == config::RetryConfig::WhenAllOut::ask;
  plan.hedge = retry.hedge;
  plan.retry_codes = retry.codes;
  plan.retry_condition = retry.condition;
  plan.retry_precondition = retry.precondition;
  plan.timeout = policies.timeout.value_or(config::TimeoutConfig{});
  plan.connect_timeout = snapshot_.config->fixed.backend.connect_timeout;
}

void BackendBuilder::add_group(const config::BackendConfig& backend,
                               const config::GroupConfig& group) {
  groups_.emplace_back();
  for (const config::ProviderConfig& config : group.providers) {
    check_level(config.policies, plugin::kLevelProvider);
    const config::PoliciesConfig policies = config::merge(outer_, config.policies);
    EndpointPlan plan;
    plan.name = config.name;
    plan.provider = make_provider(config);
    if (plan.provider) plan.declared = declared_routes(*plan.provider);
    if (plan.provider) plan.pass_through = passing_paths(plan.provider);
    if (!plan.provider || !set_target(plan, config, policies)) continue;
    attach(plan, make_policies(policies));
    if (config.policies.timeout && config.policies.timeout->request_timeout) {
      fault(config.position, "",
            "provider '" + config.name +
                "': 'requestTimeout' is about the whole request and cannot "
                "stand at a provider; 'backendRequestTimeout' limits one attempt");
    }
    if (config.policies.stream) {
      fault(config.position, "",
            "provider '" + config.name +
                "': 'stream' is about what the client gets of several providers and cannot stand "
                "at one of them");
    }
    set_limits(plan, policies);
    plan.attempts = &sources_.metrics.endpoint(backend.name, plan.name);
    if (!plan.model.empty()) plan_.models.emplace_back(plan.model, plan.name);

    select::EndpointSpec spec;
    spec.name = plan.name;
    spec.weight = config.weight;
    spec.concurrency_max = config.max_concurrency.value_or(0);
    select::CellKey key;
    key.provider = config.plugin_id;
    key.authority = plan.target->key();
    key.base_path = plan.base_path;
    key.key_fingerprint = key_fingerprint(policies);
    key.model = plan.model;
    plan.store = store_of(key);
    add_names_in(plan.provider->declares().passed_stored_ids, snapshot_.watched_names);
    spec.cell = sources_.cells.find_or_make(key, sources_.clock.now());
    spec.probed = probe_.has_value();
    probed_.push_back(Probed{std::move(probe_), spec.cell});
    groups_.back().push_back(std::move(spec));
    plan_.endpoints.push_back(std::move(plan));
  }
}

std::uint16_t BackendBuilder::store_of(const select::CellKey& key) {
  std::string name = key.provider + '\n' + key.authority + '\n' + key.key_fingerprint;
  auto known = std::find(stores_.begin(), stores_.end(), name);
  if (known == stores_.end()) known = stores_.insert(known, std::move(name));
  return static_cast<std::uint16_t>(known - stores_.begin());
}

void BackendBuilder::add_selection(const config::SelectionConfig& config) {
  select::Settings& settings = settings_.emplace_back();
  settings.slow_start = config.slow_start;
  settings.slow_start_least = config.slow_start_share;
  settings.keep_ratio = config.keep_ratio;
  settings.out_of_turn_after = config.out_of_turn_after;
  if (!config.affinity) return;
  settings.affinity = select::AffinitySettings{config.affinity->max_load,
                                               static_cast<double>(config.affinity->min_requests)};
  plan_.affinity.resize(settings_.size());
  plan_.affinity.back() = config.affinity->values;
}

// What takes part in its attempts, and how it comes back.
void BackendBuilder::attach(EndpointPlan& plan, const Policies& policies) {
  probe_.reset();
  for (const Attached& policy : policies) {
    const plugin::PolicyInstance& instance = *policy.instance;
    if (instance.declares().has_phase(plugin::kPhaseAttempt))
      plan.on_attempt.push_back(use(policy));
    if (instance.judges()) plan.on_judge.push_back(use(policy));
    if (!instance.declares().has_phase(plugin::kPhaseOutcome)) continue;
    plan.on_outcome.push_back(use(policy));
    if (!probe_) probe_ = instance.probe();
  }
}

void BackendBuilder::add_probes(const config::BackendConfig& backend) {
  for (std::size_t i = 0; i < plan_.endpoints.size(); ++i) {
    Probed& each = probed_[i];
    if (!each.settings) continue;
    EndpointPlan& endpoint = plan_.endpoints[i];
    if (auto problem = check_probe(*each.settings, endpoint, snapshot_.dialects)) {
      fault(backend.position, "", "provider '" + endpoint.name + "': " + *problem);
      continue;
    }
    endpoint.probe = make_probe_plan(plan_, i, std::move(each.cell), std::move(*each.settings));
  }
}

void BackendBuilder::add_plain(const config::BackendConfig& backend) {
  EndpointPlan plan;
  plan.name = backend.name;
  upstream::TargetOptions options = target_options(*backend.host);
  if (outer_.backend_tls) {
    options.tls = make_tls(*outer_.backend_tls, backend.position, plan.name);
    options.tls_name = outer_.backend_tls->hostname;
    if (!options.tls) return;
  }
  plan.authority = authority_of(options);
  plan.target = sources_.targets.intern(std::move(options));
  attach(plan, make_policies(outer_));
  set_limits(plan, outer_);
  plan.attempts = &sources_.metrics.endpoint(backend.name, plan.name);
  select::EndpointSpec spec;
  spec.name = plan.name;
  select::CellKey key;
  key.authority = plan.target->key();
  spec.cell = sources_.cells.find_or_make(key, sources_.clock.now());
  spec.probed = probe_.has_value();
  probed_.push_back(Probed{std::move(probe_), spec.cell});
  groups_.emplace_back();
  groups_.back().push_back(std::move(spec));
  settings_.emplace_back();
  plan_.endpoints.push_back(std::move(plan));
}

std::shared_ptr<plugin::ProviderInstance> BackendBuilder::make_provider(
    const config::ProviderConfig& config) {
  const plugin::Plugin* known = sources_.plugins.find(config.plugin_id);
  if (!known) return nullptr;  // the loader has said so
  plugin::InstanceSpec spec;
  spec.plugin = known;
  spec.config = config.provider.json();
  spec.place = config.provider.path();
  spec.name = config.name;
  auto made = sources_.instances.provider(spec);
  for (const plugin::PluginFault& problem : made.faults)
    faults_.push_back(config.provider.fault_at(problem.json_pointer, problem.message));
  if (made.ok()) snapshot_.instances.push_back(made.instance);
  return made.instance;
}

bool BackendBuilder::set_target(EndpointPlan& plan, const config::ProviderConfig& config,
                                const config::PoliciesConfig& policies) {
  const plugin::ProviderInstance::Target& own = plan.provider->target();
  upstream::TargetOptions options;
  bool tls = false;
  if (config.host_override) {
    // The provider's own TLS is about its own host.
    options = target_options(*config.host_override);
  } else if (own.host_required || own.host.empty()) {
    fault(config.position, "",
          "provider '" + config.name + "' needs a hostOverride: its plugin has no host of its own");
    return false;
  } else {
    plan.own_host = true;
    options.host = own.host;
    options.port = own.port;
    tls = own.tls;
  }
  if (policies.backend_tls || tls) {
    const config::BackendTlsConfig settings =
        policies.backend_tls.value_or(config::BackendTlsConfig{});
    options.tls = make_tls(settings, config.position, config.name);
    options.tls_name = settings.hostname;
    if (!options.tls) return false;
  }
  plan.authority = authority_of(options);
  plan.target = sources_.targets.intern(std::move(options));
  plan.base_path = config.path_prefix.value_or(own.base_path);
  if (plan.base_path == "/") plan.base_path.clear();
  plan.path_override = config.path_override;
  plan.model = own.model;
  return true;
}

std::shared_ptr<const net::TlsClientContext> BackendBuilder::make_tls(
    const config::BackendTlsConfig& tls, const config::Position& position,
    const std::string& name) {
  auto made = sources_.tls.get(tls_options(tls));
  if (made) return *made;
  fault(position, "", "backendTLS of '" + name + "': " + made.error().message);
  return nullptr;
}

// Tells endpoints apart that differ in nothing but their key, without keeping the key.
std::string BackendBuilder::key_fingerprint(const config::PoliciesConfig& policies) const {
  std::string credentials;
  for (const config::PluginPolicy& policy : policies.plugins) {
    const plugin::Plugin* known = sources_.plugins.find(policy.id);
    if (known && known->manifest.policy.sets_credential) {
      credentials.append(policy.id).append(policy.config.json());
    }
  }
  return credentials.empty() ? std::string() : config::sha256_hex(credentials).substr(0, 16);
}

}  // namespace headgate::exchange
