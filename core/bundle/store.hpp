#pragma once
// The folder of the installed bundles:
//
//   index.toml           what is installed, and which version of a name is the active one
//   trusted-keys/*.pub   whose signatures count; once there is one, every bundle needs one of them
//   NAME/SHA256/         the files of a bundle, never changed after they were put there
//
// Several commands may run at once: those that change something wait for nobody, they refuse.
// [main]

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/archive.hpp"
#include "core/bundle/installed.hpp"
#include "core/bundle/minisign.hpp"
#include "core/bundle/pins.hpp"

namespace headgate::bundle {

struct InstallOptions {
  AbiVersion abi;
  std::string_view platform;
  bool replace = false;  // a version that is there with another content
};

class Store {
 public:
  explicit Store(std::string root) : root_(std::move(root)) {}

  const std::string& root() const { return root_; }

  // What is installed; nothing, if the folder is not there. Codes: bundle_index, bundle_file.
  Result<std::vector<Pin>> installed() const;
  std::string folder_of(const Pin& pin) const;

  // Keys of trusted-keys/*.pub. Codes: bundle_key, bundle_owner, bundle_file.
  Result<std::vector<PublicKey>> trusted_keys() const;

  // Unpacks beside, checks, renames into place and makes it the active one of its name. Codes:
  // those of read_archive() and check_fits(), bundle_version (there with another content),
  // bundle_busy, bundle_file.
  Result<Pin> install(std::string_view archive, const InstallOptions& options);

  // What NAME or NAME@VERSION is. Codes: bundle_name, bundle_not_installed.
  Result<Pin> find(std::string_view reference) const;

  // Removes folders that the index does not name or that are neither active nor in `keep` (names of
  // versions). Returns what was removed; with `dry` what would be.
  Result<std::vector<std::string>> collect(const std::vector<Pin>& keep, bool dry);

 private:
  Result<OpenFile> lock() const;
  Result<void> put_in_place(const std::string& unpacked, const Pin& pin) const;

  std::string root_;
};

// Whether these bytes may be trusted: with no keys always; otherwise they need a signature by one
// of them. `signature`: the .minisig's text, empty when there is none. Codes: bundle_unsigned,
// bundle_signer, bundle_signature.
Result<void> check_signature(std::span<const PublicKey> trusted, std::string_view signature,
                             std::string_view bytes);

}  // namespace headgate::bundle
