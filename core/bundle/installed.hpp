#pragma once
// A bundle as it lies in its folder: checked whole before anything of it is used. [main]

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/bundle/files.hpp"
#include "core/bundle/manifest.hpp"

namespace headgate::bundle {

// A library whose bytes were found right, open. What is loaded must be this open file, not what its
// path names by then.
struct OpenLibrary {
  OpenFile file;
  std::string path;  // absolute, for words
  std::string sha256;
};

struct InstalledBundle {
  Manifest manifest;
  std::string folder;
  std::string sha256;
  std::vector<OpenLibrary> libraries;  // one per file that has plugins
};

// Checks that the folder holds the bundle of this hash and nothing else, and that nobody but root
// and this user can change it. Codes: bundle_file, bundle_owner, bundle_link, bundle_special,
// bundle_unlisted, bundle_missing, bundle_hash and those of read_manifest().
Result<InstalledBundle> open_installed(const std::string& folder, const std::string& sha256,
                                       const Limits& limits = {});

}  // namespace headgate::bundle
