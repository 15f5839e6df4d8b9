#include "core/cli/bundle_commands.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "core/bundle/digest.hpp"
#include "core/bundle/names.hpp"
#include "core/bundle/store.hpp"
#include "core/cli/engine.hpp"

namespace headgate::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSmallFileBytesMax = 64 * 1024;  // keys, signatures
constexpr std::string_view kLockName = "headgate.lock.toml";

int refuse(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

// Every command's errors, those of the file system library included, become a line.
template <class Command>
int run_checked(const Command& command) {
  try {
    const Result<void> done = command();
    return done ? 0 : refuse(done.error().message);
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
}

bundle::Store store_of(const BundleOptions& options) {
  return bundle::Store(bundle_folder(options.bundle_folder));
}

Error in_file(const std::string& path, const Error& error) {
  return gateway_error(error.code, path + ": " + error.message);
}

std::string bytes_text(std::uint64_t bytes) {
  return bytes < 10'240 ? std::to_string(bytes) + " bytes" : std::to_string(bytes / 1024) + " KiB";
}

// The regular files below a folder, by path; what is none of these is refused, not left out.
Result<std::vector<bundle::PackedFile>> read_folder(const std::string& folder) {
  const bundle::Limits limits;
  std::vector<bundle::PackedFile> files;
  std::uint64_t total = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const fs::file_status status = entry.symlink_status();
    if (fs::is_directory(status)) continue;
    const std::string path = entry.path().lexically_relative(folder).generic_string();
    if (!fs::is_regular_file(status)) {
      return gateway_error("bundle_special", entry.path().string() + " is not a regular file");
    }
    if (path == bundle::kManifestName) continue;  // of an earlier time; it is written anew
    if (const std::string wrong = bundle::path_fault(path); !wrong.empty()) {
      return gateway_error("bundle_path", "the path '" + path + "' " + wrong);
    }
    Result<std::string> content = bundle::read_whole(entry.path().string(), limits.file_bytes_max);
    if (!content) return content.error();
    total += content->size();
    if (total > limits.total_bytes_max) {
      return gateway_error("bundle_too_large", folder + " is larger than a bundle may be");
    }
    files.push_back({path, std::move(*content)});
  }
  std::sort(files.begin(), files.end(),
            [](const auto& one, const auto& other) { return one.path < other.path; });
  return files;
}

// Asks the libraries of the folder which plugins they hold.
Result<std::vector<bundle::BundlePlugin>> ask_plugins(const std::string& folder,
                                                      std::span<const bundle::PackedFile> files) {
  RealClock clock;
  Engine engine(clock, 1, {});
  std::vector<bundle::BundlePlugin> plugins;
  for (const bundle::PackedFile& file : files) {
    if (!file.path.ends_with(".so")) continue;
    const std::size_t before = engine.plugins.all().size();
    engine.plugins.add_file(folder + "/" + file.path);
    for (const plugin::LoadFault& fault : engine.plugins.take_faults()) {
      return gateway_error("plugin_load_failed", fault.message);
    }
    for (const plugin::Plugin* plugin : engine.plugins.all().subspan(before)) {
      plugins.push_back({plugin->id(), std::string(plugin::kind_name(plugin->kind())),
                         plugin->manifest.key, file.path, plugin->manifest_json});
    }
  }
  if (plugins.empty()) {
    return gateway_error("bundle_manifest", "there is no plugin (*.so) in " + folder);
  }
  return plugins;
}

Result<void> create(const BundleOptions& options) {
  Result<std::vector<bundle::PackedFile>> files = read_folder(options.file);
  if (!files) return files.error();
  Result<std::vector<bundle::BundlePlugin>> plugins = ask_plugins(options.file, *files);
  if (!plugins) return plugins.error();
  bundle::Manifest manifest{options.name,
                            options.version,
                            options.license,
                            std::string(bundle::current_platform()),
                            own_abi(),
                            own_abi(),
                            {},
                            std::move(*plugins)};
  for (const bundle::PackedFile& file : *files) {
    manifest.files.push_back({file.path, file.content.size(), bundle::sha256(file.content)});
  }
  const std::string text = bundle::write_manifest(manifest);
  const Result<std::string> bytes = bundle::write_archive(text, *files);
  if (!bytes) return bytes.error();
  // What is written must be what is read: names and sizes are checked there.
  if (const auto read = bundle::check_archive(*bytes); !read) return read.error();
  const std::string path =
      (fs::path(options.output.empty() ? "." : options.output) / manifest.file_name())
          .lexically_normal()
          .string();
  if (auto written = bundle::replace_file(path, *bytes); !written) return written;
  std::printf("%s\n%zu plugins in %zu files, %s, sha256 %s\n", path.c_str(),
              manifest.plugins.size(), manifest.files.size(), bytes_text(bytes->size()).c_str(),
              bundle::sha256(text).c_str());
  return {};
}

Result<void> keygen(const BundleOptions& options) {
  const Result<bundle::KeyPair> pair = bundle::generate_key();
  if (!pair) return pair.error();
  const std::string secret = options.output + ".key";
  const std::string open = options.output + ".pub";
  if (auto kept = bundle::write_new_file(secret, pair->secret_pem, 0600); !kept) return kept;
  const std::string text = bundle::write_public_key(pair->public_key);
  if (auto kept = bundle::write_new_file(open, text, 0644); !kept) return kept;
  std::printf("the secret key is in %s: keep it to yourself\nthe public key %s is in %s\n",
              secret.c_str(), pair->public_key.id_text().c_str(), open.c_str());
  return {};
}

Result<void> sign(const BundleOptions& options) {
  const Result<std::string> secret = bundle::read_whole(options.key, kSmallFileBytesMax);
  if (!secret) return secret.error();
  const Result<std::string> bytes =
      bundle::read_whole(options.file, bundle::Limits{}.archive_bytes_max);
  if (!bytes) return bytes.error();
  if (const auto read = bundle::check_archive(*bytes); !read) {
    return in_file(options.file, read.error());
  }
  const std::string file = fs::path(options.file).filename().string();
  const std::string comment = options.comment.empty() ? "file:" + file : options.comment;
  const Result<bundle::Signature> signature = bundle::sign(*secret, *bytes, comment);
  if (!signature) return in_file(options.key, signature.error());
  const std::string path = options.file + std::string(bundle::kSignatureSuffix);
  const std::string text = bundle::write_signature(*signature, "signature of a Headgate bundle");
  if (auto kept = bundle::replace_file(path, text); !kept) return kept;
  std::printf("%s, by the key %s\n", path.c_str(), signature->id_text().c_str());
  return {};
}

Result<std::vector<bundle::PublicKey>> trusted_keys(const BundleOptions& options) {
  Result<std::vector<bundle::PublicKey>> keys = store_of(options).trusted_keys();
  if (!keys) return keys;
  for (const std::string& named : options.keys) {
    Result<bundle::PublicKey> key = bundle::read_public_key(named);
    if (!key) {
      const Result<std::string> text = bundle::read_whole(named, kSmallFileBytesMax);
      if (!text) return text.error();
      key = bundle::read_public_key(*text);
      if (!key) return in_file(named, key.error());
    }
    keys->push_back(*key);
  }
  return keys;
}

// The archive's bytes, if they may be trusted; says so.
Result<std::string> read_trusted(const BundleOptions& options) {
  Result<std::string> bytes = bundle::read_whole(options.file, bundle::Limits{}.archive_bytes_max);
  if (!bytes) return bytes;
  const Result<std::vector<bundle::PublicKey>> keys = trusted_keys(options);
  if (!keys) return keys.error();
  const bool is_named = !options.signature.empty();
  const std::string path =
      is_named ? options.signature : options.file + std::string(bundle::kSignatureSuffix);
  std::string signature;
  if (is_named || fs::exists(path)) {
    const Result<std::string> text = bundle::read_whole(path, kSmallFileBytesMax);
    if (!text) return text.error();
    signature = *text;
  }
  if (const auto good = bundle::check_signature(*keys, signature, *bytes); !good) {
    return in_file(options.file, good.error());
  }
  if (keys->empty()) {
    std::fprintf(stderr, "warning: there are no trusted keys: nobody's signature was checked\n");
  } else {
    const auto read = bundle::read_signature(signature);
    std::printf("signed by the trusted key %s\n", read ? read->id_text().c_str() : "");
  }
  return bytes;
}

Result<void> verify(const BundleOptions& options) {
  const Result<std::string> bytes = read_trusted(options);
  if (!bytes) return bytes.error();
  const Result<bundle::ReadBundle> read = bundle::check_archive(*bytes);
  if (!read) return in_file(options.file, read.error());
  const bundle::Manifest& manifest = read->manifest;
  if (auto fits = bundle::check_fits(manifest, own_abi(), bundle::current_platform()); !fits) {
    return in_file(options.file, fits.error());
  }
  std::printf("%s %s is good: %zu plugins in %zu files, sha256 %s\n", manifest.name.c_str(),
              manifest.version.c_str(), manifest.plugins.size(), manifest.files.size(),
              read->sha256.c_str());
  return {};
}

Result<void> install(const BundleOptions& options) {
  const Result<std::string> bytes = read_trusted(options);
  if (!bytes) return bytes.error();
  bundle::Store store = store_of(options);
  const Result<bundle::Pin> pin =
      store.install(*bytes, {own_abi(), bundle::current_platform(), options.replace});
  if (!pin) return in_file(options.file, pin.error());
  std::printf("%s %s is installed in %s and active\n", pin->name.c_str(), pin->version.c_str(),
              store.folder_of(*pin).c_str());
  return {};
}

Result<void> list(const BundleOptions& options) {
  const Result<std::vector<bundle::Pin>> pins = store_of(options).installed();
  if (!pins) return pins.error();
  for (const bundle::Pin& pin : *pins) {
    std::printf("%-24s %-16s %-8s %s\n", pin.name.c_str(), pin.version.c_str(),
                pin.active ? "active" : "-", pin.sha256.c_str());
  }
  return {};
}

void print_manifest(const bundle::Manifest& manifest, const std::string& sha256) {
  std::printf("name      %s\nversion   %s\nlicense   %s\nplatform  %s\nABI       %s to %s\n",
              manifest.name.c_str(), manifest.version.c_str(), manifest.license.c_str(),
              manifest.platform.c_str(), manifest.abi_min.to_string().c_str(),
              manifest.abi_max.to_string().c_str());
  std::printf("sha256    %s\n", sha256.c_str());
  for (const bundle::BundlePlugin& plugin : manifest.plugins) {
    std::printf("plugin    %s (%s%s%s) in %s\n", plugin.id.c_str(), plugin.kind.c_str(),
                plugin.key.empty() ? "" : ", ", plugin.key.c_str(), plugin.file.c_str());
  }
  for (const bundle::BundleFile& file : manifest.files) {
    std::printf("file      %s, %s, sha256 %s\n", file.path.c_str(), bytes_text(file.size).c_str(),
                file.sha256.c_str());
  }
}

Result<void> inspect(const BundleOptions& options) {
  if (!bundle::read_reference(options.file) || fs::is_regular_file(options.file)) {
    const Result<std::string> bytes =
        bundle::read_whole(options.file, bundle::Limits{}.archive_bytes_max);
    if (!bytes) return bytes.error();
    const Result<bundle::ReadBundle> read = bundle::check_archive(*bytes);
    if (!read) return in_file(options.file, read.error());
    print_manifest(read->manifest, read->sha256);
    return {};
  }
  const bundle::Store store = store_of(options);
  const Result<bundle::Pin> pin = store.find(options.file);
  if (!pin) return pin.error();
  const Result<bundle::InstalledBundle> opened =
      bundle::open_installed(store.folder_of(*pin), pin->sha256);
  if (!opened) return opened.error();
  print_manifest(opened->manifest, opened->sha256);
  std::printf("folder    %s\n", opened->folder.c_str());
  return {};
}

// The `config` part of a file.
Result<config::PluginsConfig> plugins_config(const std::string& path) {
  const config::Environment environment = config::process_environment();
  const config::FileContent content = environment.read_file(path);
  if (!content.text) return gateway_error("bad_config", path + ": " + content.error);
  const auto loaded = config::load_static_config(*content.text, path, environment);
  if (!loaded.config) return gateway_error("bad_config", config::to_string(loaded.faults));
  return loaded.config->plugins;
}

Result<void> lock(const BundleOptions& options) {
  const bundle::Store store = store_of(options);
  std::vector<bundle::Pin> pins;
  std::string path = options.output;
  if (options.config.empty()) {
    const Result<std::vector<bundle::Pin>> all = store.installed();
    if (!all) return all.error();
    for (const bundle::Pin& pin : *all) {
      if (pin.active) pins.push_back(pin);
    }
  } else {
    const Result<config::PluginsConfig> config = plugins_config(options.config);
    if (!config) return config.error();
    if (path.empty() && config->lock) path = config->lock->text;
    for (const config::PlacedText& named : config->bundles) {
      const Result<bundle::Pin> pin = store.find(named.text);
      if (!pin) {
        const config::ConfigFault fault{options.config, named.position, named.path,
                                        pin.error().message};
        return gateway_error(pin.error().code, fault.to_string());
      }
      if (std::find(pins.begin(), pins.end(), *pin) == pins.end()) pins.push_back(*pin);
    }
  }
  // What is locked is what is there, not what the index once said.
  for (const bundle::Pin& pin : pins) {
    const auto opened = bundle::open_installed(store.folder_of(pin), pin.sha256);
    if (!opened) return opened.error();
  }
  if (path.empty()) path = kLockName;
  const std::string text = bundle::write_pins(pins, bundle::PinFile::lock);
  if (auto kept = bundle::replace_file(path, text); !kept) return kept;
  std::printf("%s locks %zu bundles\n", path.c_str(), pins.size());
  return {};
}

Result<void> collect(const BundleOptions& options) {
  std::vector<bundle::Pin> keep;
  for (const std::string& path : options.locks) {
    const Result<std::vector<bundle::Pin>> pins = read_lock(path);
    if (!pins) return pins.error();
    keep.insert(keep.end(), pins->begin(), pins->end());
  }
  const Result<std::vector<std::string>> removed = store_of(options).collect(keep, options.dry);
  if (!removed) return removed.error();
  for (const std::string& path : *removed) {
    std::printf("%s %s\n", options.dry ? "would remove" : "removed", path.c_str());
  }
  return {};
}

}  // namespace

int bundle_create_command(const BundleOptions& options) {
  return run_checked([&] { return create(options); });
}
int bundle_keygen_command(const BundleOptions& options) {
  return run_checked([&] { return keygen(options); });
}
int bundle_sign_command(const BundleOptions& options) {
  return run_checked([&] { return sign(options); });
}
int bundle_verify_command(const BundleOptions& options) {
  return run_checked([&] { return verify(options); });
}
int bundle_install_command(const BundleOptions& options) {
  return run_checked([&] { return install(options); });
}
int bundle_list_command(const BundleOptions& options) {
  return run_checked([&] { return list(options); });
}
int bundle_inspect_command(const BundleOptions& options) {
  return run_checked([&] { return inspect(options); });
}
int bundle_lock_command(const BundleOptions& options) {
  return run_checked([&] { return lock(options); });
}
int bundle_gc_command(const BundleOptions& options) {
  return run_checked([&] { return collect(options); });
}

}  // namespace headgate::cli
