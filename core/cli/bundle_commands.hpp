#pragma once
// `headgate bundle ...`: each a function from its arguments to an exit code, 0 or 1. Only `create`
// runs code of a plugin, its author's own, to ask it for its manifest. [main]

#include <string>
#include <vector>

namespace headgate::cli {

struct BundleOptions {
  std::string bundle_folder;  // empty: beside the built-in plugins
  std::string file;           // what the command is about: a folder, an archive, a name
  std::string output;         // create: a folder; keygen: the keys' name; lock: the file
  std::string name;
  std::string version;
  std::string license;
  std::string key;                // sign: the secret key's file
  std::string comment;            // sign: the trusted comment
  std::string signature;          // verify, install: instead of FILE.minisig
  std::vector<std::string> keys;  // verify, install: trusted besides those of the folder
  bool replace = false;
  std::string config;              // lock: whose bundles
  std::vector<std::string> locks;  // gc: what is kept besides the active ones
  bool dry = false;
};

int bundle_create_command(const BundleOptions& options);
int bundle_keygen_command(const BundleOptions& options);
int bundle_sign_command(const BundleOptions& options);
int bundle_verify_command(const BundleOptions& options);
int bundle_install_command(const BundleOptions& options);
int bundle_list_command(const BundleOptions& options);
int bundle_inspect_command(const BundleOptions& options);
int bundle_lock_command(const BundleOptions& options);
int bundle_gc_command(const BundleOptions& options);

}  // namespace headgate::cli
