#include "core/plugin/host.hpp"

#include <array>
#include <cstdlib>

#include "core/base/log.hpp"
#include "core/plugin/call.hpp"
#include "core/plugin/plugin_metrics.hpp"
#include "core/plugin/running.hpp"
#include "core/plugin/services.hpp"
#include "core/plugin/shared_objects.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

// What a plugin's hg_host pointer points to.
struct Host::PluginHost final : hg_host {
  PluginHost(Host& owner, std::string label, PluginMetrics metrics)
      : hg_host{},
        services(owner.services_),
        shared(*owner.shared_),
        label(std::move(label)),
        metrics(std::move(metrics)) {}

  Services& services;
  SharedObjects& shared;
  const std::string label;
  PluginMetrics metrics;
};

namespace {

constexpr std::size_t kLogBytesMax = 4096;

struct NamedTable {
  std::string_view id;
  const void* table;
};

const void* extension(const hg_host*, hg_str id) noexcept {
  static constexpr std::array<NamedTable, 10> kTables = {{
      {HG_EXT_MESSAGE, &kMessageTable},
      {HG_EXT_JSON, &kJsonTable},
      {HG_EXT_LLM, &kLlmTable},
      {HG_EXT_STREAM, &kStreamTable},
      {HG_EXT_CRYPTO, &kCryptoTable},
      {HG_EXT_CREDENTIAL, &kCredentialTable},
      {HG_EXT_ENDPOINTS, &kEndpointsTable},
      {HG_EXT_ASYNC, &kAsyncTable},
      {HG_EXT_METRICS, &kMetricsTable},
      {HG_EXT_SHARED, &kSharedTable},
  }};
  for (const NamedTable& named : kTables) {
    if (valid(id) && named.id == view(id)) return named.table;
  }
  return nullptr;
}

log::Level level_of(std::uint32_t level) {
  switch (level) {
    case HG_LOG_DEBUG:
      return log::Level::debug;
    case HG_LOG_WARN:
      return log::Level::warn;
    case HG_LOG_ERROR:
      return log::Level::error;
    default:
      return log::Level::info;
  }
}

// One line whatever the plugin wrote: a line break in a message must not look like another entry.
std::string one_line(std::string_view label, std::string_view message) {
  std::string line;
  line.reserve(label.size() + 2 + std::min(message.size(), kLogBytesMax));
  line.append(label).append(": ");
  for (const char c : message.substr(0, kLogBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    line.push_back(byte < 0x20 || byte == 0x7f ? ' ' : c);
  }
  if (message.size() > kLogBytesMax) line.append(" ...");
  return line;
}

void fail(hg_error* error, hg_str pointer, hg_str message) noexcept {
  if (error == nullptr || !valid(pointer) || !valid(message)) return;
  static_cast<FaultList*>(error)->add(view(pointer), view(message));
}

}  // namespace

Services& services_of(const hg_host* host) {
  return Host::services_behind(host);
}

Services& Host::services_behind(const hg_host* host) {
  return static_cast<const PluginHost*>(host)->services;
}

const PluginMetrics& metrics_of(const hg_host* host) {
  return Host::metrics_behind(host);
}

SharedObjects& shared_of(const hg_host* host) {
  return Host::shared_behind(host);
}

SharedObjects& Host::shared_behind(const hg_host* host) {
  return static_cast<const PluginHost*>(host)->shared;
}

const PluginMetrics& Host::metrics_behind(const hg_host* host) {
  return static_cast<const PluginHost*>(host)->metrics;
}

void Host::log_line(const hg_host* host, std::uint32_t level, hg_str message) noexcept {
  if (host == nullptr || !valid(message)) return;
  const log::Level to = level_of(level);
  if (!log::enabled(to)) return;
  log::write(to, one_line(static_cast<const PluginHost*>(host)->label, view(message)));
}

Host::Host(Services& services, std::string version, observe::MetricRegistry* metrics)
    : services_(services),
      version_(std::move(version)),
      metrics_(metrics),
      shared_(std::make_unique<SharedObjects>()) {}

Host::~Host() = default;

const hg_host* Host::make(std::string label, const std::vector<observe::FamilySpec>& metrics) {
  auto host =
      std::make_unique<PluginHost>(*this, std::move(label), PluginMetrics(metrics_, metrics));
  host->size = HG_END_OF(hg_host, fail);
  host->abi_minor = HG_ABI_MINOR;
  host->version = str(version_);
  host->extension = extension;
  host->log = log_line;
  host->fail = fail;
  hosts_.push_back(std::move(host));
  return hosts_.back().get();
}

void FaultList::add(std::string_view pointer, std::string_view message) {
  if (faults_.size() == kFaultsMax) return;
  faults_.push_back(PluginFault{std::string(pointer.substr(0, kTextBytesMax)),
                                std::string(message.substr(0, kTextBytesMax))});
}

#ifndef NDEBUG
void expect_own(const hg_call* call, const char* function) {
  if (call != nullptr && call == call_here()) return;
  const RunningPlugin running = running_here();
  std::string message = "host function '";
  message += function;
  message += "' called with a request that this thread is not inside of; on this thread runs ";
  message += running.plugin_id != nullptr ? running.plugin_id : "no plugin";
  log::error(message);
  log::flush();
  std::abort();
}
#endif

}  // namespace headgate::plugin
