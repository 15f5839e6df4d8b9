#pragma once
// What plugins' own HTTP calls may reach: one entry of `config.plugins.upstreams`, resolved. Part
// of a snapshot. [main] to build, [worker] to use.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/config/values.hpp"
#include "core/observe/gateway_metrics.hpp"
#include "core/upstream/target.hpp"

namespace headgate::exchange {

struct SideUpstream {
  std::string alias;
  std::shared_ptr<const upstream::Target> target;
  std::string authority;  // the Host header
  config::milliseconds timeout{0};
  config::milliseconds connect_timeout{0};
  observe::PluginCallSeries* series = nullptr;  // never null in a snapshot
};

// The one of that name, or null.
const SideUpstream* find_upstream(const std::vector<SideUpstream>& upstreams,
                                  std::string_view alias);

}  // namespace headgate::exchange
