#pragma once
// The gateway as plugins see it: hg_host and the tables of the host extensions. A table's functions
// check what can be checked without state (sizes, ranges, NULL), turn hg_str into string_view, and
// call hg_call (call.hpp) or Services (services.hpp).
//
// Checked here, so that implementers of hg_call need not: message numbers, NULL pointers, a target
// that begins with '/', JSON pointers' form, statuses, alignments, bounds of timers and
// percentages, and `size` of structs from plugins. Not here: what depends on the phase, header
// bytes, JSON text.

#include <headgate/abi.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/observe/metrics.hpp"
#include "core/plugin/fault.hpp"

// The opaque type of the C headers, made complete for the gateway: always a FaultList.
struct hg_error {};

namespace headgate::plugin {

class PluginMetrics;
class Services;
class SharedObjects;

// The services behind a host that a Host made.
Services& services_of(const hg_host* host);
// The metrics of the plugin that a host was made for.
const PluginMetrics& metrics_of(const hg_host* host);

// What instances share over all workers.
SharedObjects& shared_of(const hg_host* host);

// Owns one hg_host per plugin. Must outlive all plugins' threads: main makes it first and drops it
// last. Making hosts is [main]; what plugins call is as each header says.
class Host {
 public:
  // `services` and `metrics` must outlive the host; without `metrics` plugins count nothing.
  // `version` is the gateway's.
  Host(Services& services, std::string version, observe::MetricRegistry* metrics = nullptr);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // An hg_host whose log lines begin with `label` (a plugin's id, or the file while it is loaded),
  // with the metrics that the plugin declares. Lives as long as this object. [main]
  const hg_host* make(std::string label, const std::vector<observe::FamilySpec>& metrics = {});

 private:
  struct PluginHost;
  friend Services& services_of(const hg_host* host);
  friend const PluginMetrics& metrics_of(const hg_host* host);
  friend SharedObjects& shared_of(const hg_host* host);

  static Services& services_behind(const hg_host* host);
  static const PluginMetrics& metrics_behind(const hg_host* host);
  static SharedObjects& shared_behind(const hg_host* host);
  static void log_line(const hg_host* host, std::uint32_t level, hg_str message) noexcept;

  Services& services_;
  const std::string version_;
  observe::MetricRegistry* const metrics_;
  const std::unique_ptr<SharedObjects> shared_;
  std::vector<std::unique_ptr<PluginHost>> hosts_;
};

// What hg_host.fail fills, for the one call of create() that it is handed to. [main]
class FaultList final : public hg_error {
 public:
  static constexpr std::size_t kFaultsMax = 100;
  static constexpr std::size_t kTextBytesMax = 4096;

  // For create().
  hg_error* handle() { return this; }
  std::vector<PluginFault> take() { return std::move(faults_); }

  // Keeps the first kFaultsMax, each text cut to kTextBytesMax.
  void add(std::string_view pointer, std::string_view message);

 private:
  std::vector<PluginFault> faults_;
};

}  // namespace headgate::plugin
