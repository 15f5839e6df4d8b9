#pragma once
// The running gateway: starts workers and listeners, reloads, drains. Everything here is on the
// control thread, which is the one that calls run(). [main]

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/server.hpp"
#include "core/cli/engine.hpp"
#include "core/cli/file_watch.hpp"
#include "core/cli/listeners.hpp"
#include "core/cli/state.hpp"
#include "core/cli/tracing.hpp"
#include "core/cli/worker_set.hpp"
#include "core/net/loop.hpp"
#include "core/observe/access_log.hpp"
#include "core/plugin/watchdog.hpp"

namespace headgate::cli {

struct GatewayOptions {
  std::string file;
  std::vector<std::string> plugin_folders;
  std::string bundle_folder;  // absolute
  std::vector<net::ConnectToRule> connect_to;
};

class Gateway {
 public:
  // `config` is the static part of the file.
  Gateway(GatewayOptions options, const config::StaticConfig& config, Clock& clock);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Serves until a signal ends it. The process's exit code; what went wrong has been logged.
  int run();

 private:
  Result<void> start();
  // Builds the file's snapshot beside the current one and swaps it in, or changes nothing and says
  // why. At the start and at each reload.
  Result<void> apply_file();
  Result<void> check_bundle_lock(const config::PluginsConfig& loaded) const;
  void count_load(bool successful);
  std::shared_ptr<const exchange::Snapshot> shared(std::unique_ptr<exchange::Snapshot> snapshot);
  void retire(std::unique_ptr<const exchange::Snapshot> snapshot);
  Result<void> reload(std::string_view cause);

  std::shared_ptr<const config::Config> with_own_static_part(
      std::shared_ptr<const config::Config> loaded) const;

  void wait_for_signal();
  void watch_files();
  void watch_plugins();
  void drain();
  void stop_accepting();
  void check_drained();
  bool spans_are_sent(TimePoint now);
  void end();

  const GatewayOptions options_;
  const config::StaticConfig config_;
  Clock& clock_;
  const std::size_t workers_count_;

  net::Loop loop_;
  net::DeadlineSweep sweep_;
  Engine engine_;
  observe::AccessLog access_log_;
  select::AttemptBudgets budgets_;
  exchange::BodyBudget bodies_;
  plugin::RunningSlots running_;
  std::unique_ptr<Tracing> tracing_;  // null: nothing is traced
  std::unique_ptr<WorkerSet> workers_;
  std::unique_ptr<Listeners> listeners_;
  GatewayState state_;
  std::unique_ptr<admin::AdminServer> admin_;
  plugin::Watchdog watchdog_;

  boost::asio::signal_set signals_;
  boost::asio::steady_timer file_timer_;
  boost::asio::steady_timer watchdog_timer_;
  boost::asio::steady_timer drain_timer_;
  FileWatch files_;

  std::shared_ptr<const exchange::Snapshot> current_;
  admin::Readiness readiness_ = admin::Readiness::starting;
  std::optional<TimePoint> drain_until_;
  TimePoint first_requests_until_{};
  std::optional<TimePoint> spans_until_;  // while the last spans are sent
  bool cut_off_ = false;                  // the drain's deadline has come, connections were closed
};

}  // namespace headgate::cli
