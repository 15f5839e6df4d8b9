#include "core/cli/commands.hpp"

#include <cstdio>
#include <optional>

#include "core/base/log.hpp"
#include "core/cli/admin_client.hpp"
#include "core/cli/engine.hpp"
#include "core/cli/explain_view.hpp"
#include "core/cli/gateway.hpp"
#include "core/cli/lone_worker.hpp"
#include "core/config/schema.hpp"
#include "core/http/target.hpp"
#include "core/net/connect_to.hpp"
#include "core/plugin/config_keys.hpp"

namespace headgate::cli {
namespace {

void print_error(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

// Plugins of the built-in folder, of the command line and of the bundles that the configuration
// names; faults are printed.
bool load_plugins(Engine& engine, const config::StaticConfig& config,
                  const CommandOptions& options) {
  const std::string problems = engine.load_plugins(plugin_folders(config, options.plugin_folders));
  if (!problems.empty()) {
    print_error(problems);
    return false;
  }
  const config::Faults faults =
      engine.load_bundles(config.plugins, options.file, bundle_folder(options.bundle_folder));
  if (!faults.empty()) print_error(config::to_string(faults));
  return faults.empty();
}

// The part of the file that says where plugins are; faults are printed, with all others of the file
// as far as they can be found with the plugins that need no configuration to be found.
std::optional<config::StaticConfig> load_static(const CommandOptions& options) {
  const config::Environment environment = config::process_environment();
  const config::FileContent content = environment.read_file(options.file);
  if (!content.text) {
    print_error(options.file + ": " + content.error);
    return std::nullopt;
  }
  config::LoadedStaticConfig fixed =
      config::load_static_config(*content.text, options.file, environment);
  if (fixed.config) return std::move(fixed.config);
  RealClock clock;
  Engine engine(clock, 1, {});
  const bool with_plugins =
      engine.load_plugins(plugin_folders(config::StaticConfig{}, options.plugin_folders)).empty();
  config::PluginKeys keys = plugin::config_keys(engine.plugins);
  keys.set_path_use(config::PathUse::collected);  // whether they are allowed is not known
  const config::Faults all =
      config::load_config(*content.text, options.file, keys, environment).faults;
  print_error(config::to_string(with_plugins && !all.empty() ? all : fixed.faults));
  return std::nullopt;
}

// The file's snapshot, as `run` would begin with it; faults are printed. `loaded` keeps what it
// points into.
std::unique_ptr<exchange::Snapshot> build_file(Engine& engine, const config::StaticConfig& fixed,
                                               const CommandOptions& options,
                                               config::LoadedConfig& loaded) {
  loaded = engine.load_config(options.file, fixed.plugins.allow_paths);
  if (!loaded) {
    print_error(config::to_string(loaded.faults));
    return nullptr;
  }
  exchange::BuiltSnapshot built = exchange::build_snapshot(engine.sources(), loaded.config);
  if (!built.snapshot) print_error(config::to_string(built.faults));
  return std::move(built.snapshot);
}

// What was asked on the command line; read as the admin listener reads it, so that both refuse the
// same.
Result<admin::SelectQuery> select_query(const ExplainOptions& request) {
  std::string query = "format=";
  query += request.json ? "json" : "text";
  const auto add = [&query](std::string_view name, const std::string& value) {
    query.append("&").append(name).append("=");
    http::append_percent_encoded(query, value);
  };
  add("path", request.path);
  add("method", request.method);
  add("host", request.host);
  add("model", request.model);
  if (!request.port.empty()) add("port", request.port);
  if (!request.prompt_tokens.empty()) add("prompt_tokens", request.prompt_tokens);
  if (!request.max_tokens.empty()) add("max_tokens", request.max_tokens);
  for (const std::string& header : request.headers) add("header", header);
  if (!request.body.empty()) add("body", request.body);
  return admin::read_select_query(query, {});
}

// Does something with one plugin of those that `plugin list` shows.
template <class Use>
int with_plugin(const CommandOptions& options, const std::string& id, const Use& use) {
  RealClock clock;
  Engine engine(clock, 1, {});
  if (!load_plugins(engine, config::StaticConfig{}, options)) return 1;
  if (const plugin::Plugin* plugin = engine.plugins.find(id)) return use(*plugin);
  print_error("there is no plugin with the id '" + id + "'; 'headgate plugin list' shows them");
  return 1;
}

int explain_running(const admin::SelectQuery& query, const std::string& admin) {
  const auto place = parse_admin_place(admin);
  if (!place) {
    print_error("--admin: " + place.error().message);
    return 2;
  }
  RealClock clock;
  const auto answer = ask_admin(*place, admin::select_target(query), clock);
  if (!answer) {
    print_error(answer.error().message);
    return 1;
  }
  std::fwrite(answer->body.data(), 1, answer->body.size(), stdout);
  return answer->status == 200 ? 0 : 1;
}

}  // namespace

int run_command(const CommandOptions& options) {
  GatewayOptions gateway_options;
  gateway_options.file = options.file;
  gateway_options.plugin_folders = options.plugin_folders;
  gateway_options.bundle_folder = bundle_folder(options.bundle_folder);
  for (const std::string& text : options.connect_to) {
    auto rule = net::parse_connect_to(text);
    if (!rule) {
      print_error("--connect-to " + text + ": " + rule.error().message);
      return 2;
    }
    gateway_options.connect_to.push_back(*rule);
  }
  const auto config = load_static(options);
  if (!config) return 1;
  log::configure(config->logging.level, config->logging.format);
  RealClock clock;
  Gateway gateway(std::move(gateway_options), *config, clock);
  return gateway.run();
}

int check_command(const CommandOptions& options) {
  const auto config = load_static(options);
  if (!config) return 1;
  RealClock clock;
  Engine engine(clock, 1, {});
  if (!load_plugins(engine, *config, options)) return 1;
  config::LoadedConfig loaded;
  if (!build_file(engine, *config, options, loaded)) return 1;
  if (auto tls = check_listener_tls(*loaded.config); !tls) {
    print_error(options.file + ": " + tls.error().message);
    return 1;
  }
  std::printf("%s is valid\n", options.file.c_str());
  return 0;
}

int schema_command(const CommandOptions& options) {
  RealClock clock;
  Engine engine(clock, 1, {});
  if (!load_plugins(engine, config::StaticConfig{}, options)) return 1;
  const std::string schema = config::write_schema(plugin::config_keys(engine.plugins));
  std::printf("%s\n", schema.c_str());
  return 0;
}

int plugin_list_command(const CommandOptions& options) {
  RealClock clock;
  Engine engine(clock, 1, {});
  const bool loaded = load_plugins(engine, config::StaticConfig{}, options);
  for (const plugin::Plugin* plugin : engine.plugins.all()) {
    const plugin::Manifest& manifest = plugin->manifest;
    std::printf("%-9s %-26s %-40s %s\n", std::string(plugin::kind_name(plugin->kind())).c_str(),
                manifest.key.empty() ? "-" : manifest.key.c_str(), manifest.id.c_str(),
                manifest.summary.c_str());
  }
  return loaded ? 0 : 1;
}

int plugin_inspect_command(const CommandOptions& options, const std::string& id) {
  return with_plugin(options, id, [](const plugin::Plugin& plugin) {
    std::printf("library   %s\nsha256    %s\nmanifest  %s\n", plugin.path.c_str(),
                plugin.sha256.c_str(), plugin.manifest_json.c_str());
    return 0;
  });
}

int plugin_schema_command(const CommandOptions& options, const std::string& id) {
  return with_plugin(options, id, [](const plugin::Plugin& plugin) {
    if (plugin.manifest.schema.empty()) {
      print_error("'" + plugin.id() + "' has no configuration");
      return 1;
    }
    std::printf("%s\n", plugin.manifest.schema.c_str());
    return 0;
  });
}

int later_command(const std::string& name, const std::string& instead) {
  print_error("'headgate " + name + "' is not supported yet; " + instead);
  return 2;
}

int explain_command(const CommandOptions& options, const ExplainOptions& request) {
  const auto query = select_query(request);
  if (!query) {
    print_error(query.error().message);
    return 2;
  }
  if (options.file.empty() == request.admin.empty()) {
    print_error("say either which file (-f) or which running gateway (--admin)");
    return 2;
  }
  if (!request.admin.empty()) return explain_running(*query, request.admin);
  const auto config = load_static(options);
  if (!config) return 1;
  RealClock clock;
  Engine engine(clock, 1, {});
  if (!load_plugins(engine, *config, options)) return 1;
  config::LoadedConfig loaded;
  const auto snapshot = build_file(engine, *config, options, loaded);
  if (!snapshot) return 1;
  const exchange::AskedRequest asked = asked_request(*query);
  const TimePoint now = clock.now();
  constexpr std::uint64_t kSeed = 1;  // the same file gives the same text
  const auto rng = make_rng(kSeed);
  LoneWorker worker(engine, *snapshot);
  if (auto started = worker.start(); !started) {
    print_error(started.error().message);
    return 1;
  }
  const exchange::RequestExplained result = exchange::explain_request(
      *snapshot, asked, now, *rng, [&worker](const auto& work) { worker.run(work); });
  const ExplainedRequest explained{asked, result, now};
  const std::string text = query->text ? explain_text(explained) : explain_json(explained);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return would_serve(result) ? 0 : 1;
}

}  // namespace headgate::cli
