#include "core/observe/prometheus_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace headgate::observe {
namespace {

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

TEST(PrometheusText, WritesNumbersAsPrometheusReadsThem) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-3), "-3");
  EXPECT_EQ(number(1e14), "100000000000000");
  EXPECT_EQ(number(0.001), "0.001");
  EXPECT_EQ(number(67108864), "67108864");
  EXPECT_EQ(number(1.5), "1.5");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(PrometheusText, EscapesHelpAndLabelValues) {
  std::string out;
  PrometheusWriter writer(out, {});
  writer.family("up", "a \"b\" \\ c\nd", MetricType::gauge);
  const std::array<Label, 3> labels{Label{"x", "a \"b\" \\ c\nd"}, Label{"none", ""},
                                    Label{"y", "z"}};
  writer.sample(labels, 1);
  EXPECT_EQ(out,
            "# HELP up a \"b\" \\\\ c\\nd\n# TYPE up gauge\n"
            "up{x=\"a \\\"b\\\" \\\\ c\\nd\",y=\"z\"} 1\n");
}

TEST(PrometheusText, WritesASampleWithoutLabelsWithoutBraces) {
  std::string out;
  PrometheusWriter writer(out, {});
  writer.family("up_total", "Up.", MetricType::counter);
  writer.sample({}, 0.25);
  EXPECT_EQ(out, "# HELP up_total Up.\n# TYPE up_total counter\nup_total 0.25\n");
}

TEST(PrometheusText, CumulatesTheBucketsOfAHistogram) {
  std::string out;
  PrometheusWriter writer(out, {});
  writer.family("t", "T.", MetricType::histogram);
  const std::array<double, 2> bounds{0.5, 1};
  const std::array<std::uint64_t, 3> counts{2, 0, 5};
  const std::array<Label, 1> labels{Label{"a", "b"}};
  writer.histogram(labels, bounds, counts, 9.75);
  EXPECT_EQ(out,
            "# HELP t T.\n# TYPE t histogram\n"
            "t_bucket{a=\"b\",le=\"0.5\"} 2\nt_bucket{a=\"b\",le=\"1\"} 2\n"
            "t_bucket{a=\"b\",le=\"+Inf\"} 7\nt_sum{a=\"b\"} 9.75\nt_count{a=\"b\"} 7\n");
}

TEST(PrometheusText, LeavesOutHiddenFamiliesOnly) {
  std::string out;
  const std::vector<std::string> hidden{"b"};
  PrometheusWriter writer(out, hidden);
  for (const char* name : {"a", "b", "c"}) {
    writer.family(name, "h", MetricType::gauge);
    writer.sample({}, 1);
  }
  EXPECT_EQ(out, "# HELP a h\n# TYPE a gauge\na 1\n# HELP c h\n# TYPE c gauge\nc 1\n");
}

}  // namespace
}  // namespace headgate::observe
