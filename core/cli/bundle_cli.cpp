#include "core/cli/bundle_cli.hpp"

#include <CLI/CLI.hpp>

#include "core/cli/bundle_commands.hpp"

namespace headgate::cli {

namespace {

using Command = int (*)(const BundleOptions&);

void add_folder(CLI::App& command, BundleOptions& options) {
  command.add_option("--bundles", options.bundle_folder,
                     "The folder of the installed bundles, instead of the built-in one");
}

void add_signature(CLI::App& command, BundleOptions& options) {
  command.add_option("file", options.file, "The bundle, NAME-VERSION-PLATFORM.hgb")->required();
  command.add_option("--signature", options.signature, "Its signature, instead of FILE.minisig");
  command.add_option("--key", options.keys,
                     "A trusted public key, besides those in trusted-keys: a file or its base64");
  add_folder(command, options);
}

void add_author_options(CLI::App& create, CLI::App& keygen, CLI::App& sign,
                        BundleOptions& options) {
  create.add_option("folder", options.file, "A folder with the plugins, a license and the like")
      ->required();
  create.add_option("--name", options.name, "The bundle's name")->required();
  create.add_option("--version", options.version, "Its version")->required();
  create.add_option("--license", options.license, "Its license, such as Apache-2.0")->required();
  create.add_option("-o,--output", options.output, "The folder to write it to; default: this one");
  keygen.add_option("name", options.output, "Writes NAME.key, which is secret, and NAME.pub")
      ->required();
  sign.add_option("file", options.file, "The bundle; the signature goes to FILE.minisig")
      ->required();
  sign.add_option("--key", options.key, "The file of the secret key")->required();
  sign.add_option("--comment", options.comment, "A line that is signed with it");
}

void add_other_options(CLI::App& inspect, CLI::App& lock, CLI::App& gc, BundleOptions& options) {
  inspect.add_option("bundle", options.file, "An archive, or the name of an installed bundle")
      ->required();
  lock.add_option("-f,--file", options.config,
                  "The configuration whose bundles are locked; without one, all active ones");
  lock.add_option("-o,--output", options.output,
                  "The file; default: config.plugins.lock, or headgate.lock.toml");
  gc.add_option("--lock", options.locks, "A lock file whose bundles are kept");
  gc.add_flag("--dry-run", options.dry, "Only say what would be removed");
}

}  // namespace

std::function<int()> add_bundle_commands(CLI::App& bundle) {
  const auto options = std::make_shared<BundleOptions>();
  std::vector<std::pair<CLI::App*, Command>> commands;
  const auto add = [&](const char* name, const char* words, Command command) {
    CLI::App* added = bundle.add_subcommand(name, words);
    commands.emplace_back(added, command);
    return added;
  };
  bundle.require_subcommand(1);
  CLI::App* create = add("create", "Pack a folder of plugins", &bundle_create_command);
  CLI::App* keygen = add("keygen", "Make a pair of keys to sign with", &bundle_keygen_command);
  CLI::App* sign = add("sign", "Sign a bundle", &bundle_sign_command);
  CLI::App* verify = add("verify", "Say whether a bundle may be installed", &bundle_verify_command);
  CLI::App* install = add("install", "Verify a bundle and put it into place, as the active one",
                          &bundle_install_command);
  CLI::App* list = add("list", "List the installed bundles", &bundle_list_command);
  CLI::App* inspect = add("inspect", "Say what is in a bundle", &bundle_inspect_command);
  CLI::App* lock = add("lock", "Write down which bundles may be loaded", &bundle_lock_command);
  CLI::App* gc = add("gc", "Remove bundles that are not active", &bundle_gc_command);
  add_author_options(*create, *keygen, *sign, *options);
  add_signature(*verify, *options);
  add_signature(*install, *options);
  install->add_flag("--replace", options->replace, "Also if this version has another content");
  add_other_options(*inspect, *lock, *gc, *options);
  for (CLI::App* each : {list, inspect, lock, gc}) add_folder(*each, *options);
  return [commands, options] {
    for (const auto& [app, command] : commands) {
      if (app->parsed()) return command(*options);
    }
    return 2;
  };
}

}  // namespace headgate::cli
