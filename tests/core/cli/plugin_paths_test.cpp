#include "core/cli/plugin_paths.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/plugin/host.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kFixtures = PLUGIN_FIXTURES;

class PluginPaths : public ::testing::Test {
 protected:
  ~PluginPaths() override { fs::remove(file); }

  // A file with a route for each of these.
  config::LoadedConfig load(const std::vector<std::string>& uses, bool allow_paths = true) {
    std::ofstream out(file);
    out << "binds:\n- port: 1\n  listeners:\n  - routes:\n";
    for (const std::string& use : uses)
      out << "    - policies: {plugins: [{use: " << use << "}]}\n";
    out.close();
    return load_config_file(file, allow_paths, registry);
  }
  static std::vector<std::string> ids(const config::LoadedConfig& loaded) {
    std::vector<std::string> ids;
    if (!loaded) return {to_string(loaded.faults)};
    for (const auto& route : loaded.config->binds[0].listeners[0].routes) {
      for (const auto& policy : route.policies.plugins) ids.push_back(policy.id);
    }
    return ids;
  }
  static std::string test_file() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    return ::testing::TempDir() + "headgate_paths_" + info->name() + ".yaml";
  }

  const std::string file = test_file();
  plugin::FakeServices services;
  plugin::Host host{services, "1.2.3"};
  plugin::Registry registry{host};
};

TEST_F(PluginPaths, AreLoadedOnceAndStandForTheirPolicy) {
  const std::string good = kFixtures + "good.so";
  EXPECT_THAT(ids(load({good, "test.policy", good})),
              ElementsAre("test.policy", "test.policy", "test.policy"));
  EXPECT_THAT(registry.all(), SizeIs(3));
  EXPECT_THAT(ids(load({good, kFixtures + "sizes.so"})), ElementsAre("test.policy", "sizes.long"));
  EXPECT_THAT(registry.all(), SizeIs(5));
}

TEST_F(PluginPaths, AreNotEvenLookedAtWhereTheyAreNotAllowed) {
  EXPECT_THAT(to_string(load({kFixtures + "good.so"}, false).faults), HasSubstr("is a path"));
  EXPECT_THAT(registry.all(), IsEmpty());
}

TEST_F(PluginPaths, MustLeaveNoDoubtWhichPolicyIsMeant) {
  EXPECT_THAT(to_string(load({kFixtures + "two_policies.so"}).faults),
              HasSubstr(":5:34: plugin " + kFixtures +
                        "two_policies.so: there are several policies in this library, two.first, "
                        "two.second; put its folder in config.plugins.path and name what you mean "
                        "by its id"));
  // They are loaded by now; by their ids they can be had.
  EXPECT_THAT(ids(load({"two.second"})), ElementsAre("two.second"));
}

TEST_F(PluginPaths, AreFaultyEachAtItsPlaceAndForGood) {
  const auto faults = [&] {
    return load(
               {kFixtures + "other_minor.so", kFixtures + "good.so", kFixtures + "good_same_id.so"})
        .faults;
  };
  const config::Faults first = faults();
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_THAT(first[0].to_string(),
              HasSubstr(":5:34: plugin " + kFixtures + "other_minor.so: built for another ABI"));
  EXPECT_THAT(first[1].to_string(), HasSubstr(":7:34: plugin "));
  EXPECT_THAT(first[1].message, HasSubstr("good.so both claim the id 'test.policy'"));
  EXPECT_EQ(to_string(faults()), to_string(first));
}

}  // namespace
}  // namespace headgate::cli
