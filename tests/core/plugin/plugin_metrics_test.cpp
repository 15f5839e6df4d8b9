// What plugins count is shown under their names, and nothing that they pass in goes elsewhere.

#include "core/plugin/plugin_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <headgate/metrics.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>

#include "core/plugin/host.hpp"
#include "core/plugin/manifest.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string policy_with(const std::string& metrics) {
  return R"({"id": "com.example.pol-icy", "kind": "policy", "version": "1.0.0", "summary": "s",
             "stage": "guard", "phases": ["request"], "schema": {}, "metrics": )" +
         metrics + "}";
}
std::vector<observe::FamilySpec> specs_of(const std::string& metrics) {
  const ReadManifest read = read_manifest(policy_with(metrics), Kind::policy);
  EXPECT_TRUE(read.manifest) << ::testing::PrintToString(read.faults);
  return read.manifest ? read.manifest->metrics : std::vector<observe::FamilySpec>{};
}
std::vector<std::string> faults_of(const std::string& metrics) {
  return read_manifest(policy_with(metrics), Kind::policy).faults;
}

const char* const kMetrics = R"([
  {"name": "hits_total", "type": "counter", "help": "Hits.", "labels": ["kind"]},
  {"name": "open", "type": "gauge", "help": "Open."},
  {"name": "wait_seconds", "type": "histogram", "help": "Waits.", "buckets": [0.5, 2]}])";

class PluginMetricsTest : public ::testing::Test {
 protected:
  void TearDown() override { bind_metrics(elsewhere, elsewhere.worker(0)); }

  observe::MetricRegistry elsewhere{1};
  observe::MetricRegistry registry{2};
  FakeServices services;
  Host host_object{services, "1", &registry};
  const hg_host* host = host_object.make("com.example.pol-icy", specs_of(kMetrics));
  const hg_metrics_ext& table = table_of<hg_metrics_ext>(host, HG_EXT_METRICS);

  std::uint64_t series(std::uint32_t metric, const std::vector<std::string>& values = {}) {
    std::vector<hg_str> raw;
    for (const std::string& value : values) raw.push_back(str(value));
    std::uint64_t id = 0;
    EXPECT_EQ(table.series(host, metric, raw.data(), static_cast<std::uint32_t>(raw.size()), &id),
              HG_OK);
    return id;
  }
};

TEST_F(PluginMetricsTest, AreShownUnderTheNameOfThePlugin) {
  bind_metrics(registry, registry.worker(0));
  EXPECT_EQ(table.add(host, series(0, {"a"}), 2), HG_OK);
  EXPECT_EQ(table.add(host, series(0, {"b"}), 5), HG_OK);
  EXPECT_EQ(table.add(host, series(1), -3), HG_OK);
  EXPECT_EQ(table.observe(host, series(2), 0.5), HG_OK);
  EXPECT_EQ(table.observe(host, series(2), 7), HG_OK);
  bind_metrics(registry, registry.worker(1));
  EXPECT_EQ(table.add(host, series(0, {"a"}), 10), HG_OK);
  const std::string text = registry.render();
  for (const char* line : {"# TYPE plugin_com_example_pol_icy_hits_total counter\n",
                           "# HELP plugin_com_example_pol_icy_hits_total Hits.\n",
                           "plugin_com_example_pol_icy_hits_total{kind=\"a\"} 12\n",
                           "plugin_com_example_pol_icy_hits_total{kind=\"b\"} 5\n",
                           "plugin_com_example_pol_icy_open -3\n",
                           "plugin_com_example_pol_icy_wait_seconds_bucket{le=\"0.5\"} 1\n",
                           "plugin_com_example_pol_icy_wait_seconds_bucket{le=\"2\"} 1\n",
                           "plugin_com_example_pol_icy_wait_seconds_bucket{le=\"+Inf\"} 2\n",
                           "plugin_com_example_pol_icy_wait_seconds_sum 7.5\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(PluginMetricsTest, HaveABoundedNumberOfSeries) {
  bind_metrics(registry, registry.worker(0));
  for (int i = 0; i < 300; ++i) table.add(host, series(0, {"v" + std::to_string(i)}), 1);
  const std::string text = registry.render();
  EXPECT_THAT(text, HasSubstr("{kind=\"v199\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("{kind=\"v200\"}")));
  EXPECT_THAT(text, HasSubstr("{kind=\"other\"} 100\n"));
}

TEST_F(PluginMetricsTest, TakeNothingThatIsNotTheirs) {
  bind_metrics(registry, registry.worker(0));
  std::uint64_t id = 0;
  const hg_str value = str("a");
  const hg_str broken = str("\xff");
  const std::string long_text(129, 'x');
  const hg_str too_long = str(long_text);
  EXPECT_EQ(table.series(host, 3, nullptr, 0, &id), HG_NOT_FOUND);
  EXPECT_EQ(table.series(host, 0, nullptr, 0, &id), HG_INVALID);
  EXPECT_EQ(table.series(host, 0, nullptr, 1, &id), HG_INVALID);
  EXPECT_EQ(table.series(host, 1, &value, 1, &id), HG_INVALID);
  EXPECT_EQ(table.series(host, 0, &broken, 1, &id), HG_INVALID);
  EXPECT_EQ(table.series(host, 0, &too_long, 1, &id), HG_INVALID);
  EXPECT_EQ(table.series(host, 0, &value, 1, nullptr), HG_INVALID);
  EXPECT_EQ(id, 0u);

  const std::uint64_t hits = series(0, {"a"});
  const std::uint64_t waits = series(2);
  EXPECT_EQ(table.add(host, hits, -1), HG_INVALID);
  EXPECT_EQ(table.add(host, waits, 1), HG_INVALID);
  EXPECT_EQ(table.observe(host, hits, 1), HG_INVALID);
  EXPECT_EQ(table.observe(host, waits, std::nan("")), HG_INVALID);
  EXPECT_EQ(table.observe(host, waits, std::numeric_limits<double>::infinity()), HG_INVALID);
  for (const std::uint64_t wrong :
       {std::uint64_t{0}, hits + 1, hits ^ (std::uint64_t{1} << 40), hits << 1,
        hits + (std::uint64_t{1} << 56), ~std::uint64_t{0}}) {
    EXPECT_EQ(table.add(host, wrong, 1), HG_INVALID) << wrong;
  }
  const hg_host* other = host_object.make("another", specs_of(kMetrics));
  EXPECT_EQ(table.add(other, hits, 1), HG_INVALID);
}

TEST_F(PluginMetricsTest, CountOnWorkersOfTheirGatewayOnly) {
  const std::uint64_t hits = series(0, {"a"});
  std::int32_t result = HG_OK;
  std::thread([&] { result = table.add(host, hits, 1); }).join();
  EXPECT_EQ(result, HG_DENIED);
  bind_metrics(elsewhere, elsewhere.worker(0));
  EXPECT_EQ(table.add(host, hits, 1), HG_DENIED);

  Host without{services, "1"};
  std::uint64_t id = 0;
  EXPECT_EQ(table.series(without.make("x", specs_of(kMetrics)), 1, nullptr, 0, &id), HG_DENIED);
}

TEST(ManifestMetrics, SayWhatIsWrongWithThem) {
  const std::string begin = "manifest, member '/metrics/0/";
  EXPECT_THAT(faults_of(R"([{"name": "Up_total", "type": "counter", "help": "h"}])"),
              ElementsAre(HasSubstr(begin + "name': 'Up_total' must be")));
  EXPECT_THAT(faults_of(R"([{"name": "up", "type": "counter", "help": "h"}])"),
              ElementsAre(HasSubstr("ends in _total")));
  EXPECT_THAT(faults_of(R"([{"name": "up", "type": "summary", "help": "h"}])"),
              ::testing::SizeIs(::testing::Ge(1u)));
  EXPECT_THAT(faults_of(R"([{"name": "up", "type": "gauge", "help": "h", "unit": "s"}])"),
              ElementsAre(HasSubstr("is unknown")));
  EXPECT_THAT(faults_of(R"([{"name": "up", "type": "gauge", "help": "h", "buckets": [1]}])"),
              ElementsAre(HasSubstr(begin + "buckets'")));
  EXPECT_THAT(faults_of(R"([{"name": "up", "type": "histogram", "help": "h"}])"),
              ElementsAre(HasSubstr(begin + "buckets': is missing")));
  for (const char* buckets : {"[]", "[1, 1]", "[2, 1]", "[\"1\"]", "7"}) {
    EXPECT_THAT(faults_of(R"([{"name": "up", "type": "histogram", "help": "h", "buckets": )" +
                          std::string(buckets) + "}]"),
                ElementsAre(HasSubstr(begin + "buckets'")))
        << buckets;
  }
  EXPECT_THAT(
      faults_of(R"([{"name": "up", "type": "gauge", "help": "h", "labels": ["a", "a", "le"]}])"),
      ElementsAre(HasSubstr("'a' is there twice"), HasSubstr("not 'le'")));
  EXPECT_THAT(faults_of(R"([{"name": "w", "type": "histogram", "help": "h", "buckets": [1]},
                            {"name": "w_sum", "type": "gauge", "help": "h"}])"),
              ElementsAre(HasSubstr("another metric has 'plugin_com_example_pol_icy_w_sum'")));
}

}  // namespace
}  // namespace headgate::plugin
