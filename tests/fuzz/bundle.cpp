// Whatever bytes come as an archive, a list, a signature or a key: what is accepted is what it
// says, and is written as it was read.

#include "core/bundle/archive.hpp"
#include "core/bundle/digest.hpp"
#include "core/bundle/manifest.hpp"
#include "core/bundle/minisign.hpp"
#include "core/bundle/names.hpp"
#include "core/bundle/pins.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::bundle {
namespace {

// Holds every file that is handed on against what was promised of it.
class CheckingSink final : public FileSink {
 public:
  Result<void> manifest(const Manifest& manifest, std::string_view text) override {
    manifest_ = manifest;
    FUZZ_CHECK(read_manifest(text).ok());
    return {};
  }
  Result<void> begin(const BundleFile& file) override {
    FUZZ_CHECK(manifest_.find(file.path) != nullptr && path_fault(file.path).empty());
    file_ = file;
    content_.clear();
    return {};
  }
  Result<void> write(std::string_view bytes) override {
    content_.append(bytes);
    FUZZ_CHECK(content_.size() <= file_.size);
    return {};
  }
  Result<void> end() override {
    FUZZ_CHECK(content_.size() == file_.size && sha256(content_) == file_.sha256);
    return {};
  }

 private:
  Manifest manifest_;
  BundleFile file_;
  std::string content_;
};

void check_archive_bytes(std::string_view bytes) {
  CheckingSink sink;
  Limits limits;
  limits.total_bytes_max = limits.file_bytes_max = 1 << 20;
  const auto read = read_archive(bytes, sink, limits);
  if (read) {
    FUZZ_CHECK(is_sha256(read->sha256));
  } else {
    FUZZ_CHECK(!read.error().message.empty());
  }
}

void check_manifest(std::string_view text) {
  const auto read = read_manifest(text);
  if (!read) return;
  const auto again = read_manifest(write_manifest(*read));
  FUZZ_CHECK(again.ok() && *again == *read);
  for (const BundleFile& file : read->files) FUZZ_CHECK(path_fault(file.path).empty());
}

void check_texts(std::string_view text) {
  for (const PinFile kind : {PinFile::index, PinFile::lock}) {
    const auto pins = read_pins(text, kind);
    if (!pins) continue;
    const auto again = read_pins(write_pins(*pins, kind), kind);
    FUZZ_CHECK(again.ok() && *again == *pins);
  }
  if (const auto key = read_public_key(text)) {
    const auto again = read_public_key(write_public_key(*key));
    FUZZ_CHECK(again.ok() && *again == *key);
  }
  if (const auto signature = read_signature(text)) {
    const auto again = read_signature(write_signature(*signature, "x"));
    FUZZ_CHECK(again.ok() && *again == *signature);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const fuzz::Block block(input.whole);
  switch (input.variant % 3) {
    case 0:
      return check_archive_bytes(block.view());
    case 1:
      return check_manifest(block.view());
    default:
      return check_texts(block.view());
  }
}

}  // namespace headgate::bundle
