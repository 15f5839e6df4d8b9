#pragma once
// From a loaded configuration to a snapshot: finds plugins, makes their instances, resolves targets
// and statistics. All faults are found in one run; with any, nothing is returned. [main]

#include <memory>

#include "core/config/config.hpp"
#include "core/config/fault.hpp"
#include "core/exchange/endpoint_directory.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/observe/gateway_metrics.hpp"
#include "core/plugin/instance_store.hpp"
#include "core/plugin/registry.hpp"
#include "core/select/cell_table.hpp"
#include "core/upstream/target.hpp"
#include "core/upstream/tls_context_cache.hpp"

namespace headgate::exchange {

// What snapshots are built from; lives as long as the process.
struct SnapshotSources {
  plugin::Registry& plugins;
  plugin::InstanceStore& instances;
  select::CellTable& cells;
  upstream::TargetTable& targets;
  upstream::TlsContextCache& tls;
  observe::GatewayMetrics& metrics;
  EndpointDirectory& directory;
  Clock& clock;
};

struct BuiltSnapshot {
  std::unique_ptr<Snapshot> snapshot;  // null when there are faults
  config::Faults faults;
};

BuiltSnapshot build_snapshot(const SnapshotSources& sources,
                             std::shared_ptr<const config::Config> config);

}  // namespace headgate::exchange
