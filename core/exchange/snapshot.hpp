#pragma once
// A configuration as requests use it: every name resolved, every plugin instance made, every
// statistic found. Immutable; built beside the old one on the control thread, then handed to each
// worker. A request keeps the snapshot that it began with. [main] to build, [worker] to use.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/config.hpp"
#include "core/exchange/endpoint_directory.hpp"
#include "core/exchange/next_step.hpp"
#include "core/exchange/side_upstream.hpp"
#include "core/observe/gateway_metrics.hpp"
#include "core/observe/mask.hpp"
#include "core/plugin/dialect_table.hpp"
#include "core/plugin/pass_through.hpp"
#include "core/plugin/path_types.hpp"
#include "core/plugin/policy_instance.hpp"
#include "core/plugin/provider_instance.hpp"
#include "core/route/route_table.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/upstream/target.hpp"

namespace headgate::exchange {

// A policy that takes part in the requests of a backend. `slot` is the place of its context in the
// request: the same instance attached twice has one.
struct PolicyUse {
  std::shared_ptr<plugin::PolicyInstance> instance;
  std::uint16_t slot = 0;
  bool optional = false;  // where it fails, the request goes on without it
};

// What a provider declares of one route of a dialect.
struct DeclaredRoute {
  bool operation = false;                  // it does what is asked there
  bool format = false;                     // and takes and gives the dialect's own format
  bool own_model = true;                   // with the model that the configuration gives it
  observe::GenAiSeries* gen_ai = nullptr;  // null where it does not do it
};

struct ProbePlan;

// One configured provider, or a plain HTTP upstream.
struct EndpointPlan {
  std::string name;
  std::uint64_t id = 0;     // for hg.endpoints/1
  std::uint16_t store = 0;  // the same for all with one provider, upstream and key: what one of
                            // them has stored the others know, and nobody else does
  std::shared_ptr<plugin::ProviderInstance> provider;  // null: a plain upstream, bytes pass
  // The paths that are forwarded untouched: the provider's, and those of its formats where the
  // configuration says that they are not read. Null without a provider.
  std::shared_ptr<const plugin::PassThrough> pass_through;
  std::vector<DeclaredRoute> declared;  // by DialectMatch::route_number
  std::shared_ptr<const upstream::Target> target;
  std::string authority;  // the Host header
  bool own_host = false;  // the target is the host that the provider's plugin names
  std::string base_path;  // pathPrefix, else the provider's own; no slash at the end
  std::optional<std::string> path_override;
  std::string model;  // see sets_model(); empty: the request's own

  // In the order of calling. Slots count in the backend's list.
  std::vector<PolicyUse> on_attempt;
  std::vector<PolicyUse> on_judge;
  std::vector<PolicyUse> on_outcome;

  config::TimeoutConfig timeout;
  RetrySettings retry;                 // after it has failed
  bool hedge = false;                  // asked beside by another one when it takes longer than most
  std::vector<int> retry_codes;        // statuses tried again besides those the plugin says
  config::Expression retry_condition;  // of answers that are tried again likewise
  config::Expression retry_precondition;  // of requests that may be tried again at all
  milliseconds connect_timeout{10'000};

  std::shared_ptr<const ProbePlan> probe;  // how it comes back; null: by a client's request

  observe::EndpointSeries* attempts = nullptr;  // never null in a snapshot

  // Whether anything that comes as an answer is tried again because the configuration says so.
  bool retries_answers() const { return !retry_codes.empty() || retry_condition; }

  // Whether the provider does what is asked, and whether in the dialect's own format. REQUIRES:
  // there is a provider, and the match a route.
  bool has_operation(const plugin::DialectMatch& match) const {
    return declared[match.route_number].operation;
  }
  bool accepts_format(const plugin::DialectMatch& match) const {
    return declared[match.route_number].format;
  }
  // What is counted of such requests; null where the answer is not read.
  observe::GenAiSeries* series_of(const plugin::DialectMatch& match) const {
    return provider && match.route ? declared[match.route_number].gen_ai : nullptr;
  }
  // Whether such a request is sent with the endpoint's model rather than its own.
  bool sets_model(const plugin::DialectMatch& match) const {
    return !model.empty() && (!match.route || declared[match.route_number].own_model);
  }
};

struct BackendPlan {
  std::string name;
  std::uint32_t weight = 1;
  std::shared_ptr<const select::EndpointSet> set;
  std::vector<EndpointPlan> endpoints;                  // by select::Endpoint::index()
  std::shared_ptr<const plugin::PathTypes> path_types;  // null: the paths of the dialects' own

  // Every distinct instance that takes part, by slot: one context each per request.
  std::vector<PolicyUse> policies;
  // Those of the listener, route and backend levels, in the order of calling (stage, then file).
  std::vector<PolicyUse> on_request;
  std::vector<PolicyUse> on_response;  // last first
  std::vector<PolicyUse> on_event;     // last first
  std::vector<PolicyUse> on_complete;

  // By group: the values by which requests go to the same endpoint. Empty where no group has any.
  std::vector<std::vector<config::RequestValue>> affinity;

  std::optional<milliseconds> request_timeout;
  config::StreamConfig::OnCut on_cut = config::StreamConfig::OnCut::error;

  // What GET /v1/models and the like list: model and the provider that serves it.
  std::vector<std::pair<std::string, std::string>> models;
};

struct RoutePlan {
  std::string listener;
  std::string name;
  std::vector<BackendPlan> backends;
  std::shared_ptr<const plugin::PathTypes> path_types;  // of its backends, which agree
  observe::RouteSeries* series = nullptr;               // never null in a snapshot
};

struct Snapshot {
  explicit Snapshot(std::shared_ptr<const config::Config> from)
      : config(std::move(from)), routes(config) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  std::shared_ptr<const config::Config> config;
  route::RouteTable routes;
  std::vector<RoutePlan> plans;  // by route::RouteEntry::index
  plugin::DialectTable dialects;

  // Everywhere a client's credential can be, over all plugins and HTTP itself: stripped from what
  // goes upstream and masked in what is logged. Lower case.
  std::vector<std::string> credential_headers;
  std::vector<std::string> credential_parameters;
  observe::SecretMask mask;

  // Names of members that a scan of a request's body takes note of.
  std::vector<std::string> watched_names;

  // What plugins' own HTTP calls may reach.
  std::vector<SideUpstream> side_upstreams;

  // Taken back when the snapshot ends.
  std::vector<EndpointDirectory::Registration> registrations;

  observe::PluginFaultSeries* plugin_faults = nullptr;  // never null once it is built

  // Every plugin instance in it, for starting and stopping the workers' states.
  std::vector<std::shared_ptr<plugin::Instance>> instances;
};

}  // namespace headgate::exchange
