#pragma once
// A small bundle for tests: its files, its bundle.toml and its archive.

#include <string>
#include <vector>

#include "core/bundle/archive.hpp"
#include "core/bundle/digest.hpp"
#include "core/bundle/manifest.hpp"
#include "core/bundle/names.hpp"

namespace headgate::bundle {

inline std::vector<PackedFile> sample_files() {
  return {{"LICENSE", "Do what you like.\n"},
          {"plugins/acme.so",
           "\x7f"
           "ELF, not really"}};
}

inline Manifest sample_manifest(const std::vector<PackedFile>& files = sample_files()) {
  Manifest manifest;
  manifest.name = "acme";
  manifest.version = "1.2.0";
  manifest.license = "Apache-2.0";
  manifest.platform = current_platform();
  manifest.abi_min = {0, 1};
  manifest.abi_max = {0, 1};
  for (const PackedFile& file : files) {
    manifest.files.push_back({file.path, file.content.size(), sha256(file.content)});
  }
  manifest.plugins.push_back({"com.example.provider.acme", "provider", "acme", "plugins/acme.so",
                              R"({"id":"com.example.provider.acme"})"});
  return manifest;
}

inline std::string sample_archive(const Manifest& manifest, const std::vector<PackedFile>& files) {
  return *write_archive(write_manifest(manifest), files);
}

inline std::string sample_archive() {
  return sample_archive(sample_manifest(), sample_files());
}

// The code of what is wrong, or "ok".
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : std::string(result.error().code);
}

}  // namespace headgate::bundle
