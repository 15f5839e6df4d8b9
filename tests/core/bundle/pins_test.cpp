#include "core/bundle/pins.hpp"

#include <gmock/gmock.h>

#include "tests/core/bundle/bundle_samples.hpp"

namespace headgate::bundle {
namespace {

using ::testing::HasSubstr;

Pin pin(std::string name, std::string version, char digit, bool active = false) {
  return {std::move(name), std::move(version), "linux-x86_64-gnu", std::string(64, digit), active};
}

TEST(Pins, AreReadAsTheyWereWritten) {
  const std::vector<Pin> pins{pin("acme", "1.0", 'a', true), pin("acme", "2.0", 'b'),
                              pin("tag", "1.0", 'c', true)};
  const auto index = read_pins(write_pins(pins, PinFile::index), PinFile::index);
  ASSERT_TRUE(index.ok()) << index.error().message;
  EXPECT_EQ(*index, pins);
  const auto lock = read_pins(write_pins(pins, PinFile::lock), PinFile::lock);
  ASSERT_TRUE(lock.ok()) << lock.error().message;
  EXPECT_FALSE((*lock)[0].active);
  EXPECT_EQ((*lock)[1], pins[1]);
}

TEST(Pins, RefuseWhatWouldBeAnotherPath) {
  const std::string good = write_pins({pin("acme", "1.0", 'a')}, PinFile::lock);
  EXPECT_EQ(code_of(read_pins(good + "extra = 1\n", PinFile::lock)), "bundle_lock_file");
  EXPECT_EQ(code_of(read_pins(good + "active = true\n", PinFile::lock)), "bundle_lock_file");
  EXPECT_EQ(code_of(read_pins(good + "active = true\n", PinFile::index)), "ok");
  EXPECT_EQ(code_of(read_pins("format = 2\n", PinFile::index)), "bundle_index");
  EXPECT_EQ(code_of(read_pins(write_pins({pin("..", "1.0", 'a')}, PinFile::index), PinFile::index)),
            "bundle_index");
  EXPECT_EQ(code_of(read_pins(write_pins({pin("a", "1.0", '/')}, PinFile::index), PinFile::index)),
            "bundle_index");
  const std::vector<Pin> twice{pin("a", "1.0", 'a'), pin("a", "1.0", 'b')};
  EXPECT_EQ(code_of(read_pins(write_pins(twice, PinFile::lock), PinFile::lock)),
            "bundle_lock_file");
}

TEST(Pins, FindTheActiveOneOrTheOneOfAVersion) {
  std::vector<Pin> pins{pin("acme", "1.0", 'a', true)};
  activate(pins, pin("acme", "2.0", 'b'));
  activate(pins, pin("tag", "1.0", 'c'));
  EXPECT_EQ(find_pin(pins, {"acme", ""})->version, "2.0");
  EXPECT_EQ(find_pin(pins, {"acme", "1.0"})->sha256, std::string(64, 'a'));
  EXPECT_EQ(find_pin(pins, {"acme", "3.0"}), nullptr);
  EXPECT_EQ(find_pin(pins, {"other", ""}), nullptr);
  activate(pins, pin("acme", "1.0", 'd'));
  EXPECT_EQ(pins.size(), 3u);
  EXPECT_EQ(find_pin(pins, {"acme", ""})->sha256, std::string(64, 'd'));
  EXPECT_FALSE(find_pin(pins, {"acme", "2.0"})->active);
  EXPECT_TRUE(find_pin(pins, {"tag", ""})->active);
}

TEST(Pins, ReferencesAreNamesNeverPaths) {
  EXPECT_EQ(read_reference("acme")->version, "");
  EXPECT_EQ(read_reference("acme@1.0")->version, "1.0");
  for (const std::string_view bad :
       {"", "@1.0", "acme@", "./acme", "/opt/acme", "acme@../1", "a@1@2"}) {
    EXPECT_EQ(code_of(read_reference(bad)), "bundle_name") << bad;
  }
}

TEST(Lock, HoldsABundleToItsHash) {
  const std::vector<Pin> lock{pin("acme", "1.0", 'a')};
  EXPECT_TRUE(check_lock(lock, pin("acme", "1.0", 'a')).ok());
  const auto other = check_lock(lock, pin("acme", "1.0", 'b'));
  EXPECT_EQ(code_of(other), "bundle_locked");
  EXPECT_THAT(other.error().message, HasSubstr(std::string(64, 'a')));
  EXPECT_THAT(other.error().message, HasSubstr("headgate bundle lock"));
  EXPECT_EQ(code_of(check_lock(lock, pin("acme", "2.0", 'a'))), "bundle_locked");
  const auto missing = check_lock(lock, pin("tag", "1.0", 'a'));
  EXPECT_EQ(code_of(missing), "bundle_locked");
  EXPECT_THAT(missing.error().message, HasSubstr("not in the lock file"));
  Pin elsewhere = pin("acme", "1.0", 'a');
  elsewhere.platform = "linux-aarch64-gnu";
  EXPECT_EQ(code_of(check_lock(lock, elsewhere)), "bundle_locked");
}

}  // namespace
}  // namespace headgate::bundle
