#include "core/cli/gateway.hpp"

#include <csignal>
#include <thread>
#include <utility>

#include "core/base/log.hpp"
#include "core/cli/worker_instances.hpp"

namespace headgate::cli {
namespace {

// How often the files of the configuration are looked at.
constexpr std::chrono::seconds kFileInterval{1};
// How often the watchdog looks at what plugins are doing.
constexpr milliseconds kWatchdogInterval{25};
constexpr milliseconds kDrainInterval{20};
// While draining: who has connected and not yet asked may still do so for that long.
constexpr std::chrono::seconds kFirstRequestTime{1};
// After connections were cut off: the time for their tasks to end.
constexpr std::chrono::seconds kCutOffTime{2};
// After the last request: the time for sending spans, within that of the drain.
constexpr std::chrono::seconds kLastSpansTime{5};

std::size_t worker_count(const config::StaticConfig& config) {
  if (config.worker_threads > 0) return config.worker_threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

observe::AccessLogOptions access_log_options(const config::StaticConfig& config) {
  observe::AccessLogOptions options;
  options.format = config.logging.format;
  for (const std::string& field : config.logging.remove_fields) options.fields.remove(field);
  std::vector<observe::AddedField> added;
  for (const config::NamedExpression& each : config.logging.add_fields) {
    options.fields.remove(each.name);  // it stands in the place of a field of that name
    added.push_back({each.name, each.value.program()});
  }
  options.expressions =
      observe::AccessExpressions(config.logging.filter.program(), std::move(added));
  return options;
}

WorkerSetOptions worker_options(const config::StaticConfig& config,
                                const std::vector<net::ConnectToRule>& connect_to,
                                std::size_t count) {
  WorkerSetOptions options;
  options.count = count;
  for (const config::Address& server : config.dns.servers)
    options.worker.resolver.servers.push_back(server.to_string());
  if (config.dns.ttl) {
    options.worker.resolver.ttl_min = options.worker.resolver.ttl_max = *config.dns.ttl;
  }
  options.worker.connector.connect_to = connect_to;
  options.worker.connector.ipv6 = config.enable_ipv6;
  const config::KeepalivesConfig& keepalives = config.backend.keepalives;
  options.worker.connector.keepalive.enabled = keepalives.enabled;
  options.worker.connector.keepalive.time =
      std::chrono::duration_cast<std::chrono::seconds>(keepalives.time);
  options.worker.connector.keepalive.interval =
      std::chrono::duration_cast<std::chrono::seconds>(keepalives.interval);
  options.worker.connector.keepalive.retries = static_cast<int>(keepalives.retries);
  options.pool.pool_size_max = config.backend.pool_size_max;
  options.pool.idle_timeout = config.backend.pool_idle_timeout;
  return options;
}

// A name that hides nothing is a slip, but no reason not to serve: another version may have had it.
void warn_of_hidden_metrics(observe::MetricRegistry& registry) {
  const std::vector<std::string> names = registry.names();
  for (const std::string& hidden : registry.hidden()) {
    if (std::find(names.begin(), names.end(), hidden) != names.end()) continue;
    log::warn("config.metrics.remove: there is no metric '" + hidden + "'" +
              config::suggestion(hidden, names));
  }
}

}  // namespace

Gateway::Gateway(GatewayOptions options, const config::StaticConfig& config, Clock& clock)
    : options_(std::move(options)),
      config_(config),
      clock_(clock),
      workers_count_(worker_count(config)),
      sweep_(loop_, clock),
      engine_(clock, workers_count_, config.metrics.remove),
      access_log_(access_log_options(config), workers_count_, observe::make_stdout_sink()),
      bodies_(config::HttpLimits{}.total_body_bytes_max),
      running_(static_cast<std::uint32_t>(workers_count_)),
      state_(
          clock, budgets_, [this] { return current_; },
          [this](const auto& work) { workers_->on_one(0, work); }),
      watchdog_(running_),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP),
      file_timer_(loop_),
      watchdog_timer_(loop_),
      drain_timer_(loop_) {
  engine_.metric_registry.add_collector(state_);
  engine_.metrics.watch_access_log([this] { return access_log_.dropped(); });
}

Gateway::~Gateway() {
  engine_.metric_registry.remove_collector(state_);
}

int Gateway::run() {
  std::signal(SIGPIPE, SIG_IGN);
  if (auto started = start(); !started) {
    log::error(started.error().message);
    end();
    return 1;
  }
  loop_.run();
  end();
  return 0;
}

Result<void> Gateway::start() {
  const std::string problems =
      engine_.load_plugins(plugin_folders(config_, options_.plugin_folders));
  if (!problems.empty()) return gateway_error("plugin_load_failed", problems);
  const config::Faults bundle_faults =
      engine_.load_bundles(config_.plugins, options_.file, options_.bundle_folder);
  if (!bundle_faults.empty()) {
    return gateway_error("plugin_load_failed", config::to_string(bundle_faults));
  }
  const WorkerSetOptions options = worker_options(config_, options_.connect_to, workers_count_);
  auto tracing = make_tracing(config_, workers_count_, options.worker, engine_);
  if (!tracing) return std::move(tracing.error());
  tracing_ = std::move(*tracing);
  if (tracing_) tracing_->exporter.start();
  SharedParts shared{clock_,  engine_.metric_registry, access_log_, budgets_,
                     bodies_, engine_.wakers,          running_};
  if (tracing_) shared.tracer = &tracing_->tracer;
  workers_ = std::make_unique<WorkerSet>(options, shared);
  listeners_ = std::make_unique<Listeners>(*workers_, engine_.metrics);
  access_log_.start();
  workers_->start();
  if (auto applied = apply_file(); !applied) return applied;
  count_load(true);
  warn_of_hidden_metrics(engine_.metric_registry);

  admin::AdminSources sources;
  sources.metrics = &engine_.metric_registry;
  sources.state = &state_;
  sources.readiness = [this] { return readiness_; };
  sources.reload = [this] { return reload("the admin listener"); };
  admin_ = std::make_unique<admin::AdminServer>(sweep_, std::move(sources));
  for (const admin::AdminListen& listen : admin::admin_listens(config_)) {
    if (auto opened = admin_->listen(listen); !opened) return opened;
  }
  for (const std::string& address : admin_->addresses()) log::info("admin listening on " + address);
  readiness_ = admin::Readiness::ready;
  log::info("headgate " + std::string(kVersion) + " is ready, " + std::to_string(workers_count_) +
            " workers");
  wait_for_signal();
  watch_files();
  watch_plugins();
  return {};
}

Result<void> Gateway::apply_file() {
  const config::LoadedConfig loaded =
      engine_.load_config(options_.file, config_.plugins.allow_paths);
  if (!loaded) {
    return gateway_error("bad_config", config::to_string(loaded.faults));
  }
  if (auto locked = check_bundle_lock(loaded.config->fixed.plugins); !locked) return locked;
  const std::shared_ptr<const config::Config> config = with_own_static_part(loaded.config);
  exchange::BuiltSnapshot built = exchange::build_snapshot(engine_.sources(), config);
  if (!built.snapshot) return gateway_error("bad_config", config::to_string(built.faults));
  if (auto prepared = listeners_->prepare(*config); !prepared) return prepared;
  if (auto started = start_instances(*workers_, *built.snapshot); !started) {
    listeners_->discard();
    return started;
  }
  bodies_.set_max(config->frontend.http.total_body_bytes_max);
  current_ = shared(std::move(built.snapshot));
  workers_->on_each(
      [this](std::size_t, exchange::WorkerContext& context) { context.serve(current_); });
  listeners_->apply();
  std::vector<std::string> watched = config->referenced_files;
  watched.push_back(options_.file);
  if (config_.plugins.lock) watched.push_back(config_.plugins.lock->text);
  files_.watch(watched);
  if (loaded.config != config) {
    log::warn("'config' has changed; that takes effect when the program is started again");
  }
  return {};
}

// What is loaded stays loaded; the lock file may have changed. `loaded` has the places of this
// reading, unless it names other bundles, which wait for the next start.
Result<void> Gateway::check_bundle_lock(const config::PluginsConfig& loaded) const {
  const config::PluginsConfig& places = loaded == config_.plugins ? loaded : config_.plugins;
  const config::Faults faults = engine_.bundles.check_lock(places, options_.file);
  if (faults.empty()) return {};
  return gateway_error("bad_config", config::to_string(faults));
}

// `config` is read at the start only: what a later file says of it waits for the next one.
std::shared_ptr<const config::Config> Gateway::with_own_static_part(
    std::shared_ptr<const config::Config> loaded) const {
  if (loaded->fixed == config_) return loaded;
  auto kept = std::make_shared<config::Config>(*loaded);
  kept->fixed = config_;
  return kept;
}

// Whoever drops the last reference, on whatever thread: the end of a snapshot is the control
// thread's business.
std::shared_ptr<const exchange::Snapshot> Gateway::shared(
    std::unique_ptr<exchange::Snapshot> snapshot) {
  const auto to_control = [this](const exchange::Snapshot* ended) {
    boost::asio::post(loop_, [this, owned = std::unique_ptr<const exchange::Snapshot>(
                                        ended)]() mutable { retire(std::move(owned)); });
  };
  return {snapshot.release(), to_control};
}

void Gateway::retire(std::unique_ptr<const exchange::Snapshot> snapshot) {
  stop_instances(*workers_, *snapshot);
  snapshot.reset();
  engine_.cells.prune();
}

void Gateway::count_load(bool successful) {
  const double now = std::chrono::duration<double>(clock_.wall().time_since_epoch()).count();
  engine_.metrics.config_reloaded(successful, now);
}

Result<void> Gateway::reload(std::string_view cause) {
  if (drain_until_) {
    log::warn("configuration not reloaded (" + std::string(cause) + "): the gateway is ending");
    return gateway_error("draining", "the gateway is ending", 503);
  }
  (void)files_.changed();  // what changed until now is read now
  auto applied = apply_file();
  count_load(applied.ok());
  if (applied) {
    log::info("configuration reloaded (" + std::string(cause) + ")");
  } else {
    log::error("configuration not reloaded (" + std::string(cause) + "), the old one stays:\n" +
               applied.error().message);
  }
  return applied;
}

void Gateway::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      (void)reload("SIGHUP");
    } else if (drain_until_) {
      log::warn("second signal: ending at once");
      loop_.stop();
      return;
    } else {
      drain();
    }
    wait_for_signal();
  });
}

void Gateway::watch_files() {
  file_timer_.expires_after(kFileInterval);
  file_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || drain_until_) return;
    if (files_.changed()) (void)reload("a file changed");
    watch_files();
  });
}

void Gateway::watch_plugins() {
  watchdog_timer_.expires_after(kWatchdogInterval);
  watchdog_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (const plugin::StuckCallback& stuck : watchdog_.check(clock_.now()))
      log::warn(plugin::describe(stuck));
    watch_plugins();
  });
}

// Readiness fails first; when load balancers have had the time to notice, nobody new is let in, and
// who is inside may finish.
void Gateway::drain() {
  const milliseconds delay =
      config_.connection_min_termination_deadline.value_or(milliseconds::zero());
  readiness_ = admin::Readiness::draining;
  drain_until_ = clock_.now() + delay + config_.connection_termination_deadline;
  if (delay.count() == 0) return stop_accepting();
  log::info("not ready any more; new connections are served for another " +
            std::to_string(delay.count()) + " ms");
  drain_timer_.expires_after(delay);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && workers_->running()) stop_accepting();
  });
}

void Gateway::stop_accepting() {
  first_requests_until_ = clock_.now() + kFirstRequestTime;
  log::info("draining");
  listeners_->stop();
  workers_->on_each([](std::size_t, exchange::WorkerContext& context) { context.drain(); });
  check_drained();
}

void Gateway::check_drained() {
  // The second signal stops the loop at any time, and end() runs what was due on it by then.
  if (!workers_->running()) return;
  std::atomic<std::size_t> open{0};
  workers_->on_each(
      [&](std::size_t, exchange::WorkerContext& context) { open += context.connections; });
  const TimePoint now = clock_.now();
  if (now >= first_requests_until_) {
    workers_->on_each(
        [](std::size_t, exchange::WorkerContext& context) { context.fresh.end_all(); });
  }
  const bool ended = open == 0 || (cut_off_ && now >= *drain_until_);
  if (ended && spans_are_sent(now)) {
    loop_.stop();
    return;
  }
  if (!ended && now >= *drain_until_) {
    log::warn("drain deadline: closing " + std::to_string(open.load()) + " connections");
    cut_off_ = true;
    drain_until_ = now + kCutOffTime;
    workers_->on_each(
        [](std::size_t, exchange::WorkerContext& context) { context.open.end_all(); });
  }
  drain_timer_.expires_after(kDrainInterval);
  drain_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) check_drained();
  });
}

// Or there is no more time for them.
bool Gateway::spans_are_sent(TimePoint now) {
  if (!tracing_) return true;
  if (!spans_until_) {
    spans_until_ = std::min(*drain_until_, now + kLastSpansTime);
    tracing_->exporter.finish();
  }
  if (tracing_->exporter.finished()) return true;
  if (now < *spans_until_) return false;
  log::warn("not all spans could be sent in time");
  return true;
}

// Takes everything apart in the order that nothing outlives what it needs.
void Gateway::end() {
  if (workers_) {
    listeners_->stop();
    listeners_->drop_retired();
    workers_->on_each(
        [](std::size_t, exchange::WorkerContext& context) { context.serve(nullptr); });
  }
  current_.reset();
  if (admin_) admin_->stop();
  loop_.restart();
  loop_.poll();  // retires the snapshot while the workers still run
  if (workers_) workers_->stop();
  loop_.restart();
  loop_.poll();  // and those of requests that were cut off
  listeners_.reset();
  workers_.reset();
  tracing_.reset();
  admin_.reset();
  access_log_.stop();
  loop_.destroy_tasks();
  log::info("ended");
  log::flush();
}

}  // namespace headgate::cli
