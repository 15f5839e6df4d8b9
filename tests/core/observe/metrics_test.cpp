#include "core/observe/metrics.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace headgate::observe {
namespace {

FamilySpec spec(std::string name, MetricType type, std::vector<std::string> labels,
                std::vector<double> bounds = {}) {
  FamilySpec made;
  made.name = std::move(name);
  made.help = "H.";
  made.type = type;
  made.labels = std::move(labels);
  made.bounds = std::move(bounds);
  return made;
}

using Values = std::vector<std::string_view>;

TEST(Metrics, SumsOverWorkersAndTheControlThread) {
  MetricRegistry registry(2);
  const auto family = registry.family(spec("c_total", MetricType::counter, {"l"}));
  const Counter counter = registry.counter(family, Values{"x"});
  registry.worker(0).add(counter);
  registry.worker(1).add(counter, 4);
  registry.control().add(counter, 20);
  EXPECT_EQ(registry.render(), "# HELP c_total H.\n# TYPE c_total counter\nc_total{l=\"x\"} 25\n");
}

TEST(Metrics, LetsAGaugeGoUpOnOneWorkerAndDownOnAnother) {
  MetricRegistry registry(2);
  const auto family = registry.family(spec("g", MetricType::gauge, {}));
  const Gauge gauge = registry.gauge(family, Values{});
  registry.worker(0).add(gauge, 2);
  registry.worker(1).add(gauge, -3);
  EXPECT_EQ(registry.render(), "# HELP g H.\n# TYPE g gauge\ng -1\n");
}

TEST(Metrics, CountsAValueThatEqualsABoundInItsBucket) {
  MetricRegistry registry(2);
  const auto family = registry.family(spec("h", MetricType::histogram, {}, {1, 2}));
  const Histogram histogram = registry.histogram(family, Values{});
  for (const double value : {0.5, 1.0, 1.5, 2.0, 2.5}) registry.worker(0).observe(histogram, value);
  registry.worker(1).observe(histogram, 100);
  EXPECT_EQ(registry.render(),
            "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 4\n"
            "h_bucket{le=\"+Inf\"} 6\nh_sum 107.5\nh_count 6\n");
}

TEST(Metrics, GivesTheSameSeriesForTheSameLabels) {
  MetricRegistry registry(1);
  const auto family = registry.family(spec("c_total", MetricType::counter, {"a", "b"}));
  EXPECT_EQ(registry.family(spec("c_total", MetricType::counter, {"a", "b"})), family);
  const Counter counter = registry.counter(family, Values{"x", "y"});
  EXPECT_EQ(registry.counter(family, Values{"x", "y"}).slot, counter.slot);
  EXPECT_NE(registry.counter(family, Values{"y", "x"}).slot, counter.slot);
}

TEST(Metrics, CountsUnderOtherWhenAFamilyIsFull) {
  MetricRegistry registry(1);
  FamilySpec small = spec("c_total", MetricType::counter, {"l"});
  small.series_max = 2;
  const auto family = registry.family(small);
  for (const char* value : {"a", "b", "c", "d", "a"}) {
    registry.worker(0).add(registry.counter(family, Values{value}));
  }
  EXPECT_EQ(registry.render(),
            "# HELP c_total H.\n# TYPE c_total counter\nc_total{l=\"a\"} 2\nc_total{l=\"b\"} 1\n"
            "c_total{l=\"other\"} 2\n");
}

TEST(Metrics, DoesNotMixSeriesThatShareAChunkOrBeginANewOne) {
  MetricRegistry registry(1);
  const auto histograms =
      registry.family(spec("h", MetricType::histogram, {"l"}, std::vector<double>(61, 1.0)));
  const auto counters = registry.family(spec("c_total", MetricType::counter, {"l"}));
  std::vector<Histogram> made;
  std::vector<Counter> between;
  for (int i = 0; i < 40; ++i) {
    const std::string label = std::to_string(i);
    made.push_back(registry.histogram(histograms, Values{label}));
    between.push_back(registry.counter(counters, Values{label}));
  }
  // The last bucket and the sum lie at the far end of each series.
  for (int i = 0; i < 40; ++i) {
    registry.worker(0).observe(made[static_cast<std::size_t>(i)], 2 + i);
    registry.worker(0).add(between[static_cast<std::size_t>(i)], 1000);
  }
  const std::string text = registry.render();
  for (int i = 0; i < 40; ++i) {
    const std::string label = std::to_string(i);
    EXPECT_NE(text.find("h_sum{l=\"" + label + "\"} " + std::to_string(2 + i) + "\n"),
              std::string::npos);
    EXPECT_NE(text.find("h_count{l=\"" + label + "\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("c_total{l=\"" + label + "\"} 1000\n"), std::string::npos);
  }
}

TEST(Metrics, BeginsANewChunkForASeriesThatNoLongerFits) {
  MetricRegistry registry(1);
  const auto counters = registry.family(spec("c_total", MetricType::counter, {"l"}));
  const auto histograms = registry.family(spec("h", MetricType::histogram, {"l"}, {1}));
  // At every fill level of a chunk (of 512 slots) a series of three begins once.
  for (int i = 0; i < 512 * 4; ++i) {
    const std::string label = std::to_string(i);
    registry.worker(0).observe(registry.histogram(histograms, Values{label}), 2);
    registry.counter(counters, Values{label});
    if (i % 5 == 0) registry.counter(counters, Values{label + "+"});
  }
  const std::string text = registry.render();
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find("h_sum{", at)) != std::string::npos; ++at) {
    found += text.compare(text.find("} ", at), 4, "} 2\n") == 0 ? 1U : 0U;
  }
  EXPECT_EQ(found, 1000U);  // series_max; what came later is in "other"
}

TEST(Metrics, TakesHandlesThatWereNeverResolved) {
  MetricRegistry registry(1);
  const auto family = registry.family(spec("c_total", MetricType::counter, {}));
  const Counter counter = registry.counter(family, Values{});
  registry.worker(0).add(Counter());
  registry.worker(0).add(Gauge(), -1);
  registry.worker(0).observe(Histogram(), 5);
  registry.worker(0).add(counter);
  EXPECT_EQ(registry.render(), "# HELP c_total H.\n# TYPE c_total counter\nc_total 1\n");
}

class FixedCollector final : public Collector {
 public:
  void collect(PrometheusWriter& writer) override {
    writer.family("score", "S.", MetricType::gauge);
    const std::array<Label, 1> labels{Label{"endpoint", "a"}};
    writer.sample(labels, 0.5);
  }
};

TEST(Metrics, AsksCollectorsAtEachScrapeUntilTheyAreRemoved) {
  MetricRegistry registry(1);
  FixedCollector collector;
  registry.add_collector(collector);
  EXPECT_EQ(registry.render(), "# HELP score S.\n# TYPE score gauge\nscore{endpoint=\"a\"} 0.5\n");
  registry.remove_collector(collector);
  EXPECT_EQ(registry.render(), "");
}

TEST(Metrics, DoesNotShowHiddenFamilies) {
  MetricRegistry registry(1, {"c_total", "score"});
  FixedCollector collector;
  registry.add_collector(collector);
  registry.counter(registry.family(spec("c_total", MetricType::counter, {})), Values{});
  registry.counter(registry.family(spec("d_total", MetricType::counter, {})), Values{});
  EXPECT_EQ(registry.render(), "# HELP d_total H.\n# TYPE d_total counter\nd_total 0\n");
}

TEST(Metrics, LosesNothingWhileSeriesAreMadeAndScrapedOnOtherThreads) {
  constexpr int kRounds = 20'000;
  MetricRegistry registry(2);
  const auto family = registry.family(spec("c_total", MetricType::counter, {"l"}));
  const auto histograms = registry.family(spec("h", MetricType::histogram, {"l"}, {1}));
  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < 2; ++w) {
    workers.emplace_back([&, w] {
      const Counter counter = registry.counter(family, Values{"shared"});
      const Histogram histogram = registry.histogram(histograms, Values{"shared"});
      for (int i = 0; i < kRounds; ++i) {
        registry.worker(w).add(counter);
        registry.worker(w).observe(histogram, 0.5);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    registry.counter(family, Values{std::to_string(i)});
    EXPECT_FALSE(registry.render().empty());
  }
  for (std::thread& worker : workers) worker.join();
  const std::string text = registry.render();
  EXPECT_NE(text.find("c_total{l=\"shared\"} 40000\n"), std::string::npos);
  EXPECT_NE(text.find("h_count{l=\"shared\"} 40000\n"), std::string::npos);
  EXPECT_NE(text.find("h_sum{l=\"shared\"} 20000\n"), std::string::npos);
}

}  // namespace
}  // namespace headgate::observe
