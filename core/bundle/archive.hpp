#pragma once
// The archive of a bundle: bytes to checked files, and back. Nothing touches the file system here,
// and no code of a bundle is run. [any]
//
// bundle.toml comes first, so that every entry after it is held against what it lists before a byte
// of it is handed on. An archive made by hand with another order is refused.

#include <span>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/bundle/limits.hpp"
#include "core/bundle/manifest.hpp"

namespace headgate::bundle {

// Takes what is read, in order. What it returns ends the reading.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual Result<void> manifest(const Manifest& manifest, std::string_view text) = 0;
  virtual Result<void> begin(const BundleFile& file) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
  // After the size and the hash of the file were found right.
  virtual Result<void> end() = 0;
};

struct ReadBundle {
  Manifest manifest;
  std::string sha256;  // of bundle.toml: the bundle's identity
};

// Reads all of it. Codes: bundle_archive (not one, or damaged), bundle_path, bundle_link,
// bundle_special (a device or the like), bundle_unlisted, bundle_missing, bundle_twice,
// bundle_hash, bundle_too_large, and those of read_manifest() and of the sink.
Result<ReadBundle> read_archive(std::string_view bytes, FileSink& sink, const Limits& limits = {});

// The same without keeping anything.
Result<ReadBundle> check_archive(std::string_view bytes, const Limits& limits = {});

struct PackedFile {
  std::string path;
  std::string content;
};

// The archive of these files, whatever order they are in. The same files give the same bytes: no
// times, owners or modes of this machine are in it. Code: bundle_archive.
Result<std::string> write_archive(std::string_view manifest_text,
                                  std::span<const PackedFile> files);

}  // namespace headgate::bundle
