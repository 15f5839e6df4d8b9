// Every case in every provider's golden/ folder.

#include <gtest/gtest.h>

#include <filesystem>

#include "testing/golden.hpp"
#include "tests/plugins/plugin_path.hpp"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> all_cases() {
  std::vector<fs::path> all;
  for (const auto& provider : fs::directory_iterator(plugin_source("providers")))
    if (fs::exists(provider.path() / "golden"))
      for (const fs::path& folder : hg::testing::golden_cases(provider.path() / "golden"))
        all.push_back(folder);
  return all;
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, ComesOutAsWritten) {
  const std::string plugin = GetParam().parent_path().parent_path().filename();
  hg::testing::FakeHost host;
  ASSERT_TRUE(host.load(plugin_path(plugin))) << host.why();
  EXPECT_EQ(hg::testing::run_golden(host, host.ids().front(), GetParam()), "");
}

INSTANTIATE_TEST_SUITE_P(Providers, Golden, testing::ValuesIn(all_cases()), [](const auto& info) {
  std::string name = info.param.parent_path().parent_path().filename().string() + "_" +
                     info.param.filename().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
});

}  // namespace
