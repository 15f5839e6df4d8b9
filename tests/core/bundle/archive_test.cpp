#include "core/bundle/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>

#include <map>

#include "tests/core/bundle/bundle_samples.hpp"

namespace headgate::bundle {
namespace {

using ::testing::HasSubstr;

// An archive of any entries, as somebody else's tool would write it.
class RawArchive {
 public:
  RawArchive() : archive_(archive_write_new()) {
    archive_write_add_filter_gzip(archive_);
    archive_write_set_format_gnutar(archive_);
    archive_write_set_bytes_in_last_block(archive_, 1);
    archive_write_open2(archive_, &bytes_, nullptr, &append, nullptr, nullptr);
  }
  RawArchive(const RawArchive&) = delete;
  RawArchive& operator=(const RawArchive&) = delete;
  ~RawArchive() { archive_write_free(archive_); }

  RawArchive& file(const std::string& path, std::string_view content, unsigned type = AE_IFREG,
                   const char* link = nullptr, bool hard = false) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0777);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    if (link != nullptr && hard) archive_entry_set_hardlink(entry, link);
    if (link != nullptr && !hard) archive_entry_set_symlink(entry, link);
    EXPECT_EQ(archive_write_header(archive_, entry), ARCHIVE_OK);
    if (!content.empty()) archive_write_data(archive_, content.data(), content.size());
    archive_entry_free(entry);
    return *this;
  }
  // bundle.toml and the files of the sample.
  RawArchive& sample(const Manifest& manifest = sample_manifest()) {
    file("bundle.toml", write_manifest(manifest));
    for (const PackedFile& each : sample_files()) file(each.path, each.content);
    return *this;
  }
  std::string bytes() {
    archive_write_close(archive_);
    return bytes_;
  }

 private:
  static la_ssize_t append(archive*, void* to, const void* bytes, std::size_t size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  }
  archive* archive_;
  std::string bytes_;
};

class KeepingSink final : public FileSink {
 public:
  Result<void> manifest(const Manifest&, std::string_view text) override {
    files["bundle.toml"] = text;
    return {};
  }
  Result<void> begin(const BundleFile& file) override {
    path_ = file.path;
    return {};
  }
  Result<void> write(std::string_view bytes) override {
    files[path_].append(bytes);
    return {};
  }
  Result<void> end() override {
    ended.push_back(path_);
    return {};
  }
  std::map<std::string, std::string> files;
  std::vector<std::string> ended;

 private:
  std::string path_;
};

void expect_refused(const std::string& bytes, std::string_view code,
                    std::string_view message = {}) {
  const auto read = check_archive(bytes);
  EXPECT_EQ(code_of(read), code);
  if (!read) {
    EXPECT_THAT(read.error().message, HasSubstr(std::string(message)));
  }
}

TEST(BundleArchive, IsReadAsItWasWritten) {
  KeepingSink sink;
  const auto read = read_archive(sample_archive(), sink);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->manifest, sample_manifest());
  EXPECT_EQ(read->sha256, sha256(write_manifest(sample_manifest())));
  EXPECT_EQ(sink.files.at("bundle.toml"), write_manifest(sample_manifest()));
  for (const PackedFile& file : sample_files()) EXPECT_EQ(sink.files.at(file.path), file.content);
  EXPECT_THAT(sink.ended, ::testing::ElementsAre("LICENSE", "plugins/acme.so"));
}

TEST(BundleArchive, OfTheSameFilesIsTheSame) {
  std::vector<PackedFile> turned = sample_files();
  std::swap(turned[0], turned[1]);
  EXPECT_EQ(sample_archive(), sample_archive(sample_manifest(), turned));
}

TEST(BundleArchive, OfAnotherToolIsRead) {
  EXPECT_EQ(code_of(check_archive(RawArchive().sample().bytes())), "ok");
  // Folders may be in it.
  const std::string bytes = RawArchive().file("plugins/", "", AE_IFDIR).sample().bytes();
  EXPECT_EQ(code_of(check_archive(bytes)), "ok");
}

TEST(BundleArchive, MustBeginWithItsList) {
  const std::string text = write_manifest(sample_manifest());
  expect_refused(RawArchive().file("LICENSE", "x").file("bundle.toml", text).bytes(),
                 "bundle_archive", "must begin with bundle.toml");
  expect_refused(RawArchive().bytes(), "bundle_archive");
  expect_refused("", "bundle_archive");
  expect_refused("not an archive", "bundle_archive");
  expect_refused(RawArchive().file("bundle.toml", "format = 1\n").bytes(), "bundle_manifest");
}

TEST(BundleArchive, RefusesFilesThatAreNotListed) {
  expect_refused(RawArchive().sample().file("extra", "x").bytes(), "bundle_unlisted",
                 "'extra' is not listed");
}

TEST(BundleArchive, RefusesToBeIncomplete) {
  const std::string text = write_manifest(sample_manifest());
  expect_refused(
      RawArchive().file("bundle.toml", text).file("LICENSE", sample_files()[0].content).bytes(),
      "bundle_missing", "'plugins/acme.so' is listed");
  // Cut anywhere it is refused, or all that it lists had been read before the cut.
  const std::string whole = sample_archive();
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = check_archive(whole.substr(0, size));
    if (!read) continue;
    ++accepted;
    EXPECT_EQ(read->sha256, check_archive(whole)->sha256) << size;
  }
  EXPECT_LT(accepted, 64u) << "of " << whole.size();
}

TEST(BundleArchive, RefusesAFileThatIsThereTwice) {
  expect_refused(RawArchive().sample().file("LICENSE", sample_files()[0].content).bytes(),
                 "bundle_twice");
  expect_refused(RawArchive().sample().file("bundle.toml", "").bytes(), "bundle_twice");
}

TEST(BundleArchive, RefusesLinks) {
  expect_refused(RawArchive().sample().file("plugins/b.so", "", AE_IFLNK, "acme.so").bytes(),
                 "bundle_link", "'plugins/b.so' is a link");
  expect_refused(
      RawArchive().sample().file("plugins/b.so", "", AE_IFREG, "plugins/acme.so", true).bytes(),
      "bundle_link");
  expect_refused(RawArchive().file("bundle.toml", "", AE_IFLNK, "/etc/passwd").bytes(),
                 "bundle_link");
}

TEST(BundleArchive, RefusesPathsThatLeadOut) {
  expect_refused(RawArchive().sample().file("../evil", "x").bytes(), "bundle_path", "'..'");
  expect_refused(RawArchive().sample().file("plugins/../../evil", "x").bytes(), "bundle_path",
                 "'..'");
  expect_refused(RawArchive().sample().file("/etc/evil", "x").bytes(), "bundle_path",
                 "is absolute");
  expect_refused(RawArchive().file("../bundle.toml", "x").bytes(), "bundle_path");
  expect_refused(RawArchive().sample().file("../x/", "", AE_IFDIR).bytes(), "bundle_path");
}

TEST(BundleArchive, RefusesDevicesAndPipes) {
  for (const unsigned type : {AE_IFCHR, AE_IFBLK, AE_IFIFO}) {
    expect_refused(RawArchive().sample().file("plugins/dev", "", type).bytes(), "bundle_special",
                   "neither a file nor a folder");
  }
}

TEST(BundleArchive, RefusesFilesOfAnotherContentOrSize) {
  std::vector<PackedFile> files = sample_files();
  files[1].content[3] ^= 1;
  expect_refused(sample_archive(sample_manifest(), files), "bundle_hash", "plugins/acme.so");
  files = sample_files();
  files[1].content.pop_back();
  expect_refused(sample_archive(sample_manifest(), files), "bundle_hash", "plugins/acme.so");
  files = sample_files();
  files[1].content += "x";
  expect_refused(sample_archive(sample_manifest(), files), "bundle_too_large", "plugins/acme.so");
}

TEST(BundleArchive, IsBoundInItsSizes) {
  const std::string bytes = sample_archive();
  Limits limits;
  limits.archive_bytes_max = bytes.size();
  EXPECT_EQ(code_of(check_archive(bytes, limits)), "ok");
  --limits.archive_bytes_max;
  EXPECT_EQ(code_of(check_archive(bytes, limits)), "bundle_too_large");
  limits = {};
  limits.entries_max = 3;
  EXPECT_EQ(code_of(check_archive(bytes, limits)), "ok");
  limits.entries_max = 2;
  EXPECT_EQ(code_of(check_archive(bytes, limits)), "bundle_too_large");
  limits = {};
  limits.manifest_bytes_max = 64;
  EXPECT_EQ(code_of(check_archive(bytes, limits)), "bundle_too_large");
}

TEST(BundleArchive, DoesNotGrowWithoutBound) {
  std::vector<PackedFile> files = sample_files();
  files[0].content.assign(12u << 20, '\0');
  const std::string bytes = sample_archive(sample_manifest(files), files);
  ASSERT_GT(files[0].content.size() / bytes.size(), Limits{}.ratio_max);
  expect_refused(bytes, "bundle_too_large", "times its size");
  // Below the slack it is not judged.
  Limits limits;
  limits.ratio_slack_bytes = 16u << 20;
  EXPECT_EQ(code_of(check_archive(bytes, limits)), "ok");
  files[0].content.resize(Limits{}.ratio_slack_bytes / 2);
  EXPECT_EQ(code_of(check_archive(sample_archive(sample_manifest(files), files))), "ok");
}

TEST(BundleArchive, ChangedAnywhereIsNoticedOrTheSame) {
  const std::string bytes = sample_archive();
  const std::string identity = check_archive(bytes)->sha256;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const auto read = check_archive(changed);
    // A byte of the wrapping, or of a text in bundle.toml: then it is another bundle.
    if (read && read->manifest == sample_manifest()) {
      EXPECT_EQ(read->sha256, identity) << at;
    }
  }
}

}  // namespace
}  // namespace headgate::bundle
