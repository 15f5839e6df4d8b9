// What holds for every plugin of the tree, whatever it does.

#include <gtest/gtest.h>

#include <headgate/json_view.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "testing/fake_host.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

using hg::testing::FakeHost;
using hg::testing::Instance;

std::vector<std::string> names() {
  std::vector<std::string> all;
  std::istringstream list(HEADGATE_PLUGIN_NAMES);
  for (std::string name; std::getline(list, name, ',');) all.push_back(name);
  return all;
}

class EveryPlugin : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(host.load(plugin_path(GetParam()))) << host.why(); }
  FakeHost host;
};

TEST_P(EveryPlugin, HasAManifestThatIsJsonAndSaysWhoItIs) {
  for (const std::string& id : host.ids()) {
    const hg_plugin& plugin = host.plugin(id);
    const hg::JsonView manifest(hg::view(plugin.manifest));
    ASSERT_TRUE(hg::JsonView::valid(manifest.raw())) << id;
    for (const std::string_view member : {"id", "kind", "version", "summary"})
      EXPECT_TRUE(manifest[member].is_string()) << id << " lacks " << member;
    EXPECT_EQ(manifest["schema"].is_object(), plugin.kind != HG_KIND_DIALECT) << id;
  }
}

TEST_P(EveryPlugin, IsDescribedOnAPageOfItsOwn) {
  bool found = false;
  for (const std::string kind : {"providers", "policies", "dialects"}) {
    std::ifstream page(plugin_source(kind + "/" + GetParam()) + "/README.md");
    std::string title;
    found = found || (std::getline(page, title) && title.rfind("# ", 0) == 0);
  }
  EXPECT_TRUE(found);
}

TEST_P(EveryPlugin, RefusesAHostWithoutTheMessageExtension) {
  FakeHost poor;
  poor.missing = {HG_EXT_MESSAGE};
  EXPECT_FALSE(poor.load(plugin_path(GetParam())));
  FakeHost newer;
  newer.abi_minor = HG_ABI_MINOR + 1;
  EXPECT_FALSE(newer.load(plugin_path(GetParam())));
}

TEST_P(EveryPlugin, NeverCrashesOnAConfigurationThatIsNotOne) {
  for (const std::string& id : host.ids())
    for (const std::string_view config :
         {"", "{", "[]", "null", "7", R"({"key":7})", R"({"key":{"value":[]}})", R"({"keys":{}})",
          R"({"keys":[{"key":7}]})", R"({"eviction":[]})", R"({"add":7,"set":"x","remove":{}})",
          R"({"model":{}})", R"({"modelAliases":[1]})", R"({"defaults":[]})"})
      Instance(host, id, config);
}

TEST_P(EveryPlugin, IsMadeAndDestroyedAsOftenAsOneLikes) {
  for (const std::string& id : host.ids())
    for (int i = 0; i < 100; ++i) Instance(host, id, "{}");
}

INSTANTIATE_TEST_SUITE_P(Tree, EveryPlugin, testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

TEST(EveryPluginTogether, HasAnIdOfItsOwn) {
  FakeHost host;
  for (const std::string& name : names()) ASSERT_TRUE(host.load(plugin_path(name))) << name;
  const std::vector<std::string> ids = host.ids();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

}  // namespace
