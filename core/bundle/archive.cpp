#include "core/bundle/archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "core/bundle/digest.hpp"
#include "core/bundle/names.hpp"

namespace headgate::bundle {

namespace {

struct ReadDeleter {
  void operator()(archive* open) const { archive_read_free(open); }
};
struct WriteDeleter {
  void operator()(archive* open) const { archive_write_free(open); }
};
struct EntryDeleter {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

Error damaged(archive* open) {
  const char* text = archive_error_string(open);
  return gateway_error("bundle_archive", std::string("the archive cannot be read: ") +
                                             (text != nullptr ? text : "unknown reason"));
}

// Walks the archive entry by entry.
class ArchiveReader {
 public:
  ArchiveReader(std::string_view bytes, FileSink& sink, const Limits& limits)
      : bytes_(bytes), sink_(sink), limits_(limits), archive_(archive_read_new()) {}

  Result<ReadBundle> read() {
    if (bytes_.size() > limits_.archive_bytes_max) {
      return too_large("the archive is larger than " +
                       std::to_string(limits_.archive_bytes_max >> 20) + " MiB");
    }
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open_memory(archive_.get(), bytes_.data(), bytes_.size()) != ARCHIVE_OK) {
      return damaged(archive_.get());
    }
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK) return damaged(archive_.get());
      if (auto taken = take(entry); !taken) return taken.error();
    }
    if (auto whole = check_whole(); !whole) return whole.error();
    return std::move(bundle_);
  }

 private:
  static Error too_large(std::string message) {
    return gateway_error("bundle_too_large", std::move(message));
  }

  Result<void> take(archive_entry* entry) {
    if (++entries_ > limits_.entries_max) {
      return too_large("there are more than " + std::to_string(limits_.entries_max) + " entries");
    }
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) return gateway_error("bundle_path", "an entry has no readable path");
    std::string path = name;
    const auto type = archive_entry_filetype(entry);
    if (archive_entry_hardlink(entry) != nullptr || type == AE_IFLNK) {
      return gateway_error("bundle_link", quote(path) + " is a link");
    }
    if (type == AE_IFDIR && path.ends_with('/')) path.pop_back();
    if (const std::string wrong = path_fault(path); !wrong.empty()) {
      return gateway_error("bundle_path", "the path " + quote(path) + " " + wrong);
    }
    if (type == AE_IFDIR) return {};  // made where a file needs it
    if (type != AE_IFREG) {
      return gateway_error("bundle_special", quote(path) + " is neither a file nor a folder");
    }
    return has_manifest_ ? take_file(path) : take_manifest(path);
  }

  Result<void> take_manifest(const std::string& path) {
    if (path != kManifestName) {
      return gateway_error("bundle_archive",
                           "the archive must begin with bundle.toml, and begins "
                           "with " +
                               quote(path));
    }
    std::string text;
    const auto keep = [&text](std::string_view piece) -> Result<void> {
      text.append(piece);
      return {};
    };
    if (auto read = read_data(path, limits_.manifest_bytes_max, keep); !read) return read.error();
    Result<Manifest> manifest = read_manifest(text, limits_);
    if (!manifest) return manifest.error();
    bundle_.manifest = std::move(*manifest);
    bundle_.sha256 = sha256(text);
    has_manifest_ = true;
    return sink_.manifest(bundle_.manifest, text);
  }

  Result<void> take_file(const std::string& path) {
    const BundleFile* file = bundle_.manifest.find(path);
    if (!seen_.insert(path).second || path == kManifestName) {
      return gateway_error("bundle_twice", quote(path) + " is in the archive twice");
    }
    if (file == nullptr) {
      return gateway_error("bundle_unlisted", quote(path) + " is not listed in bundle.toml");
    }
    if (auto begun = sink_.begin(*file); !begun) return begun;
    Sha256 digest;
    const auto pass = [&](std::string_view piece) {
      digest.update(piece);
      return sink_.write(piece);
    };
    const Result<std::uint64_t> size = read_data(path, file->size, pass);
    if (!size) return size.error();
    if (*size != file->size || digest.finish() != file->sha256) {
      return gateway_error("bundle_hash", quote(path) + " is not the file that bundle.toml lists");
    }
    return sink_.end();
  }

  // The content of the entry at hand in pieces, `at_most` bytes; returns how many there were.
  template <class Take>
  Result<std::uint64_t> read_data(const std::string& path, std::uint64_t at_most,
                                  const Take& take_piece) {
    std::uint64_t size = 0;
    std::vector<char> block(64 * 1024);
    for (;;) {
      const la_ssize_t got = archive_read_data(archive_.get(), block.data(), block.size());
      if (got < 0) return damaged(archive_.get());
      if (got == 0) return size;
      size += static_cast<std::uint64_t>(got);
      unpacked_ += static_cast<std::uint64_t>(got);
      if (size > at_most) {
        return too_large(quote(path) + " is larger than " + std::to_string(at_most) +
                         " bytes, which is what it may have");
      }
      if (unpacked_ > limits_.ratio_slack_bytes && unpacked_ / limits_.ratio_max > bytes_.size()) {
        return too_large("the archive grows to more than " + std::to_string(limits_.ratio_max) +
                         " times its size");
      }
      if (auto taken = take_piece({block.data(), static_cast<std::size_t>(got)}); !taken) {
        return taken.error();
      }
    }
  }

  Result<void> check_whole() const {
    if (!has_manifest_) return gateway_error("bundle_archive", "there is no bundle.toml in it");
    for (const BundleFile& file : bundle_.manifest.files) {
      if (seen_.contains(file.path)) continue;
      return gateway_error("bundle_missing",
                           quote(file.path) + " is listed in bundle.toml and not there");
    }
    return {};
  }

  std::string_view bytes_;
  FileSink& sink_;
  const Limits& limits_;
  std::unique_ptr<archive, ReadDeleter> archive_;
  ReadBundle bundle_;
  bool has_manifest_ = false;
  std::set<std::string, std::less<>> seen_;
  std::uint32_t entries_ = 0;
  std::uint64_t unpacked_ = 0;
};

class NoSink final : public FileSink {
 public:
  Result<void> manifest(const Manifest&, std::string_view) override { return {}; }
  Result<void> begin(const BundleFile&) override { return {}; }
  Result<void> write(std::string_view) override { return {}; }
  Result<void> end() override { return {}; }
};

la_ssize_t append(archive*, void* to, const void* bytes, std::size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

bool add_entry(archive* open, const std::string& path, std::string_view content) {
  const std::unique_ptr<archive_entry, EntryDeleter> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 0, 0);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  if (archive_write_header(open, entry.get()) != ARCHIVE_OK) return false;
  return archive_write_data(open, content.data(), content.size()) ==
         static_cast<la_ssize_t>(content.size());
}

}  // namespace

Result<ReadBundle> read_archive(std::string_view bytes, FileSink& sink, const Limits& limits) {
  return ArchiveReader(bytes, sink, limits).read();
}

Result<ReadBundle> check_archive(std::string_view bytes, const Limits& limits) {
  NoSink sink;
  return read_archive(bytes, sink, limits);
}

Result<std::string> write_archive(std::string_view manifest_text,
                                  std::span<const PackedFile> files) {
  std::vector<const PackedFile*> order;
  for (const PackedFile& file : files) order.push_back(&file);
  std::sort(order.begin(), order.end(),
            [](const PackedFile* a, const PackedFile* b) { return a->path < b->path; });

  std::string bytes;
  const std::unique_ptr<archive, WriteDeleter> open(archive_write_new());
  archive* const out = open.get();
  bool good = archive_write_add_filter_gzip(out) == ARCHIVE_OK &&
              archive_write_set_format_pax_restricted(out) == ARCHIVE_OK &&
              archive_write_set_options(out, "gzip:!timestamp") == ARCHIVE_OK &&
              archive_write_set_bytes_in_last_block(out, 1) == ARCHIVE_OK &&
              archive_write_open2(out, &bytes, nullptr, &append, nullptr, nullptr) == ARCHIVE_OK;
  good = good && add_entry(out, std::string(kManifestName), manifest_text);
  for (const PackedFile* file : order) {
    good = good && add_entry(out, file->path, file->content);
  }
  if (!good || archive_write_close(out) != ARCHIVE_OK) {
    const char* text = archive_error_string(out);
    return gateway_error("bundle_archive", std::string("the archive cannot be written: ") +
                                               (text != nullptr ? text : "unknown reason"));
  }
  return bytes;
}

}  // namespace headgate::bundle
