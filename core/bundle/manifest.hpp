#pragma once
// bundle.toml: what a bundle holds. Its SHA-256 is the identity of the bundle, because it lists the
// SHA-256 of every file: who knows that one number knows all of it. docs/bundles.md describes the
// members; a member that is not described there is a fault. Pure. [any]

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/limits.hpp"

namespace headgate::bundle {

inline constexpr std::string_view kManifestName = "bundle.toml";

struct AbiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;

  auto operator<=>(const AbiVersion&) const = default;
  std::string to_string() const;
};

struct BundleFile {
  std::string path;
  std::uint64_t size = 0;
  std::string sha256;

  bool operator==(const BundleFile&) const = default;
};

// A plugin of one of the files, as it says of itself.
struct BundlePlugin {
  std::string id;
  std::string kind;      // provider, policy, dialect
  std::string key;       // may be empty
  std::string file;      // path of the library
  std::string manifest;  // JSON, as the plugin has it; its schema is part of it

  bool operator==(const BundlePlugin&) const = default;
};

struct Manifest {
  std::string name;
  std::string version;
  std::string license;
  std::string platform;
  AbiVersion abi_min;
  AbiVersion abi_max;
  std::vector<BundleFile> files;  // by path
  std::vector<BundlePlugin> plugins;

  bool operator==(const Manifest&) const = default;

  const BundleFile* find(std::string_view path) const;
  std::string file_name() const;  // NAME-VERSION-PLATFORM.hgb
};

// Reads it strictly; codes: bundle_manifest, bundle_too_large, bundle_path.
Result<Manifest> read_manifest(std::string_view toml, const Limits& limits = {});

// The same values always give the same bytes.
std::string write_manifest(const Manifest& manifest);

// Whether a gateway of this ABI and platform can use it; codes: bundle_platform, bundle_abi.
Result<void> check_fits(const Manifest& manifest, AbiVersion abi, std::string_view platform);

}  // namespace headgate::bundle
