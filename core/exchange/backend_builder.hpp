#pragma once
// Builds the plan of one backend: its endpoints, and the policies that take part in its requests.
// [main]

#include <headgate/credential.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/exchange/probe_plan.hpp"
#include "core/exchange/snapshot_builder.hpp"

namespace headgate::exchange {

class BackendBuilder {
 public:
  BackendBuilder(const SnapshotSources& sources, Snapshot& snapshot, config::Faults& faults,
                 std::string route);

  // Policies that stand around the backend, widest level first; the backend's own last.
  void add_level(const config::PoliciesConfig& policies, std::uint32_t level);

  BackendPlan build(const config::BackendConfig& backend);

 private:
  struct Attached {
    std::shared_ptr<plugin::PolicyInstance> instance;
    bool optional = false;
  };
  using Policies = std::vector<Attached>;

  void check_level(const config::PoliciesConfig& policies, std::uint32_t level);
  void check_on_error(const config::PluginPolicy& policy, const plugin::PolicyManifest& declares);
  // The instances of these, with the default ones, in the order of calling.
  Policies make_policies(const config::PoliciesConfig& policies);
  std::shared_ptr<plugin::PolicyInstance> make_policy(const config::PluginPolicy& policy);
  static void add_in_order(Policies& policies, Attached added);
  PolicyUse use(const Attached& policy);
  // What the policies around the backend say that paths are.
  std::shared_ptr<const plugin::PathTypes> read_path_types();

  void add_group(const config::BackendConfig& backend, const config::GroupConfig& group);
  // How one of the group that was added last is chosen.
  void add_selection(const config::SelectionConfig& config);
  void add_plain(const config::BackendConfig& backend);
  void attach(EndpointPlan& plan, const Policies& policies);
  void add_probes(const config::BackendConfig& backend);
  void set_limits(EndpointPlan& plan, const config::PoliciesConfig& policies);
  std::shared_ptr<plugin::ProviderInstance> make_provider(const config::ProviderConfig& config);
  std::vector<DeclaredRoute> declared_routes(const plugin::ProviderInstance& instance) const;
  std::shared_ptr<const plugin::PassThrough> passing_paths(
      const std::shared_ptr<plugin::ProviderInstance>& provider) const;
  bool set_target(EndpointPlan& plan, const config::ProviderConfig& config,
                  const config::PoliciesConfig& policies);
  std::shared_ptr<const net::TlsClientContext> make_tls(const config::BackendTlsConfig& tls,
                                                        const config::Position& position,
                                                        const std::string& name);
  std::string key_fingerprint(const config::PoliciesConfig& policies) const;
  std::uint16_t store_of(const select::CellKey& key);
  void fault(const config::Position& position, const std::string& path, std::string message);

  const SnapshotSources& sources_;
  Snapshot& snapshot_;
  config::Faults& faults_;
  const std::string route_;
  config::PoliciesConfig outer_;  // merged so far
  BackendPlan plan_;
  std::vector<std::string> stores_;  // by EndpointPlan::store
  std::vector<std::vector<select::EndpointSpec>> groups_;
  std::vector<select::Settings> settings_;  // of each
  // Of each endpoint, in order.
  struct Probed {
    std::optional<plugin::ProbeSettings> settings;
    std::shared_ptr<select::Cell> cell;
  };
  std::vector<Probed> probed_;
  std::optional<plugin::ProbeSettings> probe_;  // of the endpoint that is being made
};

}  // namespace headgate::exchange
