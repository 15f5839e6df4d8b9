// The program. Reading the commands tells what it is made of: commands.cpp, then gateway.cpp.

#include <CLI/CLI.hpp>

#include "core/cli/bundle_cli.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/crash_handler.hpp"

int main(int argc, char** argv) {
  using headgate::cli::CommandOptions;

  CLI::App app{"Headgate, a plugin-based gateway for large language models", "headgate"};
  app.set_version_flag("--version", HEADGATE_VERSION);
  app.require_subcommand(1);
  CommandOptions options;
  const auto add_plugins = [&options](CLI::App* command) {
    command->add_option("--plugins", options.plugin_folders,
                        "A folder of plugins besides the built-in one");
  };
  const auto add_bundles = [&options](CLI::App* command) {
    command->add_option("--bundles", options.bundle_folder,
                        "The folder of the installed bundles, instead of the built-in one");
  };

  CLI::App* run = app.add_subcommand("run", "Serve a configuration until a signal ends it");
  run->add_option("-f,--file", options.file, "The configuration file")->required();
  run->add_option("--connect-to", options.connect_to,
                  "HOST:PORT:ADDR:PORT: connect to ADDR:PORT where HOST:PORT is meant");
  add_plugins(run);
  add_bundles(run);

  CLI::App* check =
      app.add_subcommand("check", "Say everything that is wrong with a configuration");
  check->add_option("file,-f,--file", options.file, "The configuration file")->required();
  add_plugins(check);
  add_bundles(check);

  headgate::cli::ExplainOptions request;
  CLI::App* explain = app.add_subcommand(
      "explain", "Say who would serve a request and why, from a file or a running gateway");
  explain->add_option("-f,--file", options.file,
                      "The configuration file: explains from a cold start");
  explain->add_option("--admin", request.admin,
                      "http://HOST:PORT or unix:/PATH of a running gateway's admin listener");
  explain->add_option("--path", request.path, "The path, with its query if it has one")->required();
  explain->add_option("--model", request.model, "The model that is asked for");
  explain->add_option("--host", request.host, "The Host header")->capture_default_str();
  explain->add_option("--method", request.method, "The method")->capture_default_str();
  explain->add_option("--port", request.port, "The port, where several serve the request");
  explain->add_option("--header", request.headers, "name: value; may be given more than once");
  explain->add_option("--body", request.body, "The body, as JSON");
  explain->add_option("--prompt-tokens", request.prompt_tokens, "Size of the prompt");
  explain->add_option("--max-tokens", request.max_tokens, "Limit on the answer");
  explain->add_flag("--json", request.json, "As JSON");
  add_plugins(explain);
  add_bundles(explain);

  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of the configuration");
  add_plugins(schema);

  CLI::App* plugin = app.add_subcommand("plugin", "About plugins");
  plugin->require_subcommand(1);
  CLI::App* list = plugin->add_subcommand("list", "List the plugins that would be loaded");
  add_plugins(list);
  std::string id;
  CLI::App* inspect = plugin->add_subcommand("inspect", "Print what a plugin says of itself");
  CLI::App* of_plugin = plugin->add_subcommand("schema", "Print the JSON Schema of its settings");
  for (CLI::App* command : {inspect, of_plugin}) {
    command->add_option("id", id, "The plugin's id")->required();
    add_plugins(command);
  }
  CLI::App* validate = plugin->add_subcommand("validate", "Not supported yet")->allow_extras();
  CLI::App* fresh = plugin->add_subcommand("new", "Not supported yet")->allow_extras();

  CLI::App* bundle = app.add_subcommand("bundle", "About bundles of plugins");
  const auto bundle_command = headgate::cli::add_bundle_commands(*bundle);

  CLI11_PARSE(app, argc, argv);
  headgate::cli::install_crash_handler();
  if (*run) return headgate::cli::run_command(options);
  if (*check) return headgate::cli::check_command(options);
  if (*explain) return headgate::cli::explain_command(options, request);
  if (*schema) return headgate::cli::schema_command(options);
  if (*bundle) return bundle_command();
  if (*inspect) return headgate::cli::plugin_inspect_command(options, id);
  if (*of_plugin) return headgate::cli::plugin_schema_command(options, id);
  if (*validate) {
    return headgate::cli::later_command(
        "plugin validate", "'headgate check' and 'headgate bundle create' load and check a plugin");
  }
  if (*fresh) {
    return headgate::cli::later_command("plugin new", "the SDK's examples are there to be copied");
  }
  return headgate::cli::plugin_list_command(options);
}
