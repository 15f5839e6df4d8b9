#include "core/bundle/manifest.hpp"

#include <gmock/gmock.h>

#include "tests/core/bundle/bundle_samples.hpp"

namespace headgate::bundle {
namespace {

using ::testing::HasSubstr;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

void expect_fault(const std::string& toml, std::string_view message) {
  const auto read = read_manifest(toml);
  ASSERT_FALSE(read.ok()) << toml;
  EXPECT_EQ(read.error().code, "bundle_manifest");
  EXPECT_THAT(read.error().message, HasSubstr(std::string(message)));
}

TEST(BundleManifest, IsReadAsItWasWritten) {
  Manifest manifest = sample_manifest();
  manifest.plugins[0].manifest = "{\"summary\":\"tab\t, quote \\\", line\\n, \x01 and \xc3\xa9\"}";
  const auto read = read_manifest(write_manifest(manifest));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, manifest);
  EXPECT_EQ(manifest.file_name(), "acme-1.2.0-" + manifest.platform + ".hgb");
}

TEST(BundleManifest, NamesWhatIsMissingUnknownOrOfAnotherType) {
  const std::string good = write_manifest(sample_manifest());
  expect_fault(replaced(good, "license = \"Apache-2.0\"\n", ""), "'license' is missing");
  expect_fault(replaced(good, "license", "licence"), "'license' is missing");
  expect_fault("extra = 1\n" + good, "unknown member 'extra'");
  expect_fault(replaced(good, "[[file]]\n", "[[file]]\nmode = 4755\n"),
               "[[file]] 1: unknown member 'mode'");
  expect_fault(replaced(good, "name = \"acme\"", "name = 3"), "'name' must be a text");
  expect_fault(replaced(good, "size = 18", "size = -1"), "'size' must be a number");
  expect_fault(replaced(good, "[abi]", "[api]"), "[abi] is missing");
  expect_fault(replaced(good, "format = 1", "format = 2"), "the format is 2");
  expect_fault("name = ", "bundle.toml:1:");
}

TEST(BundleManifest, RefusesNamesThatWouldBeOtherPaths) {
  const std::string good = write_manifest(sample_manifest());
  for (const std::string name : {"..", "a/b", "Acme", "", "-acme", "index.toml", "trusted-keys"}) {
    expect_fault(replaced(good, "\"acme\"", "\"" + name + "\""), "the name '" + name + "'");
  }
  expect_fault(replaced(good, "1.2.0", "../1"), "the version '../1'");
  expect_fault(replaced(good, "LICENSE", "../LICENSE"), "leads out of the bundle");
  expect_fault(replaced(good, "LICENSE", "/LICENSE"), "is absolute");
  expect_fault(replaced(good, "LICENSE", "bundle.toml"), "cannot list itself");
}

TEST(BundleManifest, RefusesFilesThatContradictEachOther) {
  const std::string good = write_manifest(sample_manifest());
  expect_fault(replaced(good, "LICENSE", "plugins/acme.so"), "listed twice");
  expect_fault(replaced(good, "LICENSE", "plugins"), "listed as a file and used as a folder");
  expect_fault(replaced(good, "file = \"plugins/acme.so\"", "file = \"other.so\""),
               "not listed as a file");
  Manifest without = sample_manifest();
  without.plugins.clear();
  expect_fault(write_manifest(without), "there is no [[plugin]]");
  without = sample_manifest();
  without.plugins.push_back(without.plugins[0]);
  expect_fault(write_manifest(without), "'com.example.provider.acme' is listed twice");
  without.plugins.pop_back();
  without.files[0].sha256[3] = 'G';
  expect_fault(write_manifest(without), "64 hexadecimal digits");
}

TEST(BundleManifest, BoundsWhatTheFilesMayBecome) {
  Manifest large = sample_manifest();
  large.files[0].size = Limits{}.file_bytes_max + 1;
  expect_fault(write_manifest(large), "larger than a bundle may be");
  large.files[0].size = large.files[1].size = 200u << 20;
  EXPECT_TRUE(read_manifest(write_manifest(large)).ok());
  large.files.push_back({"third", 200u << 20, large.files[0].sha256});
  expect_fault(write_manifest(large), "larger than a bundle may be");

  const std::string text = write_manifest(sample_manifest());
  Limits limits;
  limits.manifest_bytes_max = text.size();
  EXPECT_TRUE(read_manifest(text, limits).ok());
  --limits.manifest_bytes_max;
  EXPECT_EQ(code_of(read_manifest(text, limits)), "bundle_too_large");
  limits = {};
  limits.entries_max = 1;
  EXPECT_THAT(read_manifest(text, limits).error().message, HasSubstr("more than 1"));
}

TEST(BundleManifest, FitsThePlatformAndTheAbiThatItNames) {
  Manifest manifest = sample_manifest();
  manifest.abi_min = {0, 1};
  manifest.abi_max = {0, 3};
  for (const std::uint32_t minor : {1u, 2u, 3u}) {
    EXPECT_TRUE(check_fits(manifest, {0, minor}, manifest.platform).ok());
  }
  EXPECT_EQ(code_of(check_fits(manifest, {0, 0}, manifest.platform)), "bundle_abi");
  EXPECT_EQ(code_of(check_fits(manifest, {0, 4}, manifest.platform)), "bundle_abi");
  EXPECT_EQ(code_of(check_fits(manifest, {1, 2}, manifest.platform)), "bundle_abi");
  EXPECT_EQ(code_of(check_fits(manifest, {0, 1}, "linux-vax-gnu")), "bundle_platform");
  manifest.abi_max = {0, 0};
  expect_fault(write_manifest(manifest), "max is below min");
}

TEST(BundlePaths, AreRelativeAndPlain) {
  for (const std::string_view good : {"a", "plugins/acme.so", "a/b/c", "a+b_c-d.e", "1"}) {
    EXPECT_EQ(path_fault(good), "") << good;
  }
  for (const std::string_view bad : {"", "/a", "../a", "a/..", "a/../b", ".", "a/./b", "a//b", "a/",
                                     ".hidden", "a b", "a\\b", "a\nb", "\xc3\xa9", "a:b"}) {
    EXPECT_NE(path_fault(bad), "") << bad;
  }
  EXPECT_EQ(path_fault(std::string(200, 'a')), "");
  EXPECT_NE(path_fault(std::string(201, 'a')), "");
  EXPECT_EQ(path_fault("a/b/c/d/e/f/g/h"), "");
  EXPECT_NE(path_fault("a/b/c/d/e/f/g/h/i"), "");
  EXPECT_NE(path_fault(std::string_view("a\0b", 3)), "");
}

}  // namespace
}  // namespace headgate::bundle
