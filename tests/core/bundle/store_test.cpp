#include "core/bundle/store.hpp"

#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/core/bundle/bundle_samples.hpp"

namespace headgate::bundle {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr AbiVersion kAbi{0, 1};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string path = ::testing::TempDir() + "bundle_store_XXXXXX";
    root_ = mkdtemp(path.data());
  }
  ~StoreTest() override { fs::remove_all(root_); }

  Store store() const { return Store(root_ + "/bundles"); }
  static Result<Pin> install(Store store, const std::string& archive, bool replace = false) {
    return store.install(archive, {kAbi, current_platform(), replace});
  }
  static std::string archive_of(const std::string& version, const std::string& text) {
    std::vector<PackedFile> files = sample_files();
    files[0].content = text;
    Manifest manifest = sample_manifest(files);
    manifest.version = version;
    return sample_archive(manifest, files);
  }
  // Of an installed sample.
  std::string folder() const { return store().folder_of(*store().find("acme")); }
  Result<InstalledBundle> opened() const {
    return open_installed(folder(), store().find("acme")->sha256);
  }
  static void write(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::size_t leftovers() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(root_ + "/bundles")) {
      if (entry.path().filename().string().starts_with(".unpacking")) ++count;
    }
    return count;
  }

  std::string root_;
};

TEST_F(StoreTest, InstallsUnderTheNameAndTheHash) {
  const auto pin = install(store(), sample_archive());
  ASSERT_TRUE(pin.ok()) << pin.error().message;
  EXPECT_EQ(folder(), root_ + "/bundles/acme/" + sha256(write_manifest(sample_manifest())));
  const auto bundle = opened();
  ASSERT_TRUE(bundle.ok()) << bundle.error().message;
  EXPECT_EQ(bundle->manifest, sample_manifest());
  ASSERT_EQ(bundle->libraries.size(), 1u);
  EXPECT_EQ(bundle->libraries[0].path, folder() + "/plugins/acme.so");
  EXPECT_EQ(bundle->libraries[0].sha256, sample_manifest().files[1].sha256);
  EXPECT_EQ(*read_whole(bundle->libraries[0].file, "", 1000), sample_files()[1].content);
  EXPECT_EQ(leftovers(), 0u);
  EXPECT_TRUE(install(store(), sample_archive()).ok()) << "a second time changes nothing";
  EXPECT_EQ(store().installed()->size(), 1u);
}

TEST_F(StoreTest, AWrongBundleLeavesNothingBehind) {
  Manifest other = sample_manifest();
  other.platform = "linux-vax-gnu";
  EXPECT_EQ(code_of(install(store(), sample_archive(other, sample_files()))), "bundle_platform");
  other = sample_manifest();
  other.abi_min = other.abi_max = {0, 2};
  EXPECT_EQ(code_of(install(store(), sample_archive(other, sample_files()))), "bundle_abi");
  auto files = sample_files();
  files[1].content[0] ^= 1;
  EXPECT_EQ(code_of(install(store(), sample_archive(sample_manifest(), files))), "bundle_hash");
  EXPECT_EQ(leftovers(), 0u);
  EXPECT_TRUE(store().installed()->empty());
  EXPECT_FALSE(fs::exists(root_ + "/bundles/acme"));
}

TEST_F(StoreTest, AVersionStandsForOneContent) {
  ASSERT_TRUE(install(store(), archive_of("1.0", "one")).ok());
  const auto other = install(store(), archive_of("1.0", "two"));
  EXPECT_EQ(code_of(other), "bundle_version");
  EXPECT_THAT(other.error().message, HasSubstr("--replace"));
  const std::string before = store().find("acme@1.0")->sha256;
  EXPECT_TRUE(install(store(), archive_of("1.0", "two"), true).ok());
  EXPECT_NE(store().find("acme@1.0")->sha256, before);
}

TEST_F(StoreTest, TheLastOneInstalledIsTheActiveOne) {
  ASSERT_TRUE(install(store(), archive_of("1.0", "one")).ok());
  ASSERT_TRUE(install(store(), archive_of("2.0", "two")).ok());
  EXPECT_EQ(store().find("acme")->version, "2.0");
  EXPECT_EQ(store().find("acme@1.0")->version, "1.0");
  ASSERT_TRUE(install(store(), archive_of("1.0", "one")).ok());
  EXPECT_EQ(store().find("acme")->version, "1.0");
  const auto missing = store().find("acme@3.0");
  EXPECT_EQ(code_of(missing), "bundle_not_installed");
  EXPECT_THAT(missing.error().message, HasSubstr("1.0, 2.0"));
  EXPECT_EQ(code_of(store().find("../acme")), "bundle_name");
}

TEST_F(StoreTest, WhatWasChangedAfterwardsIsNotUsed) {
  ASSERT_TRUE(install(store(), sample_archive()).ok());
  const std::string library = folder() + "/plugins/acme.so";
  write(library,
        "\x7f"
        "ELF, not reallY");
  EXPECT_EQ(code_of(opened()), "bundle_hash");
  fs::remove(library);
  EXPECT_EQ(code_of(opened()), "bundle_missing");
  fs::create_symlink(folder() + "/LICENSE", library);
  EXPECT_EQ(code_of(opened()), "bundle_link");
  fs::remove(library);
  ASSERT_EQ(mkfifo(library.c_str(), 0644), 0);
  EXPECT_EQ(code_of(opened()), "bundle_special");
  fs::remove(library);
  // A second installation puts it right.
  ASSERT_TRUE(install(store(), sample_archive()).ok());
  EXPECT_EQ(code_of(opened()), "ok");
  write(folder() + "/libextra.so", "x");
  EXPECT_EQ(code_of(opened()), "bundle_unlisted");
  fs::remove(folder() + "/libextra.so");
  Manifest other = sample_manifest();
  other.license = "MIT";
  write(folder() + "/bundle.toml", write_manifest(other));
  EXPECT_EQ(code_of(opened()), "bundle_hash");
}

TEST_F(StoreTest, WhatOthersMayWriteIsNotUsed) {
  ASSERT_TRUE(install(store(), sample_archive()).ok());
  const std::string place = folder();
  for (const std::string& path :
       {place + "/plugins/acme.so", place + "/bundle.toml", place + "/plugins", place,
        root_ + "/bundles/acme", root_ + "/bundles"}) {
    const auto mode = fs::status(path).permissions();
    for (const fs::perms extra : {fs::perms::group_write, fs::perms::others_write}) {
      fs::permissions(path, mode | extra);
      const auto bundle = opened();
      EXPECT_EQ(code_of(bundle), "bundle_owner") << path;
      if (!bundle) {
        EXPECT_THAT(bundle.error().message, HasSubstr(path + " can be written by "));
      }
    }
    fs::permissions(path, mode);
  }
  EXPECT_EQ(code_of(opened()), "ok");
  fs::permissions(root_ + "/bundles/index.toml", fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(code_of(store().installed()), "bundle_owner");
}

TEST_F(StoreTest, OneCommandAtATimeChangesIt) {
  ASSERT_TRUE(install(store(), sample_archive()).ok());
  const std::string lock = root_ + "/bundles/.lock";
  std::FILE* file = std::fopen(lock.c_str(), "r+");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(flock(fileno(file), LOCK_EX), 0);
  EXPECT_EQ(code_of(install(store(), sample_archive())), "bundle_busy");
  std::fclose(file);
  EXPECT_EQ(code_of(install(store(), sample_archive())), "ok");
}

TEST_F(StoreTest, CollectsWhatNothingNames) {
  ASSERT_TRUE(install(store(), archive_of("1.0", "one")).ok());
  const Pin first = *store().find("acme");
  ASSERT_TRUE(install(store(), archive_of("2.0", "two")).ok());
  ASSERT_TRUE(install(store(), archive_of("3.0", "three")).ok());
  const Pin second = *store().find("acme@2.0");
  EXPECT_EQ(store().collect({second}, true)->size(), 1u);
  EXPECT_TRUE(fs::exists(store().folder_of(first))) << "only asked";
  const auto removed = store().collect({second}, false);
  ASSERT_TRUE(removed.ok()) << removed.error().message;
  EXPECT_THAT(*removed, ::testing::ElementsAre(store().folder_of(first)));
  EXPECT_FALSE(fs::exists(store().folder_of(first)));
  EXPECT_TRUE(fs::exists(store().folder_of(second)));
  EXPECT_TRUE(fs::exists(folder()));
  EXPECT_EQ(code_of(store().find("acme@1.0")), "bundle_not_installed");
}

TEST_F(StoreTest, KnowsTheKeysThatStandBesideTheBundles) {
  const KeyPair pair = *generate_key();
  EXPECT_TRUE(store().trusted_keys()->empty());
  fs::create_directories(root_ + "/bundles/trusted-keys");
  write(root_ + "/bundles/trusted-keys/notes.txt", "not a key");
  write(root_ + "/bundles/trusted-keys/us.pub", write_public_key(pair.public_key));
  EXPECT_THAT(*store().trusted_keys(), ::testing::ElementsAre(pair.public_key));
  write(root_ + "/bundles/trusted-keys/bad.pub", "nonsense");
  EXPECT_EQ(code_of(store().trusted_keys()), "bundle_key");
  fs::remove(root_ + "/bundles/trusted-keys/bad.pub");
  fs::permissions(root_ + "/bundles/trusted-keys", fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(code_of(store().trusted_keys()), "bundle_owner");
}

TEST(BundleSignature, IsNeededOnceThereAreTrustedKeys) {
  const KeyPair ours = *generate_key();
  const KeyPair theirs = *generate_key();
  const std::string good = write_signature(*sign(ours.secret_pem, "bytes", ""), "x");
  const std::vector<PublicKey> trusted{ours.public_key};
  EXPECT_EQ(code_of(check_signature({}, "", "bytes")), "ok");
  EXPECT_EQ(code_of(check_signature(trusted, good, "bytes")), "ok");
  EXPECT_EQ(code_of(check_signature(trusted, "", "bytes")), "bundle_unsigned");
  EXPECT_EQ(code_of(check_signature(trusted, good, "others")), "bundle_signature");
  EXPECT_EQ(code_of(check_signature(trusted, "nonsense", "bytes")), "bundle_signature");
  const std::string other = write_signature(*sign(theirs.secret_pem, "bytes", ""), "x");
  EXPECT_EQ(code_of(check_signature(trusted, other, "bytes")), "bundle_signer");
}

}  // namespace
}  // namespace headgate::bundle
