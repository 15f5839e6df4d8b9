#include "core/observe/gateway_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/observe/intern_table.hpp"

namespace headgate::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class GatewayMetricsTest : public ::testing::Test {
 protected:
  MetricRegistry registry_{2};
  GatewayMetrics metrics_{registry_, "1.2.3"};
  WorkerMetrics& worker_ = registry_.worker(0);
};

TEST_F(GatewayMetricsTest, SaysWhichBuildRuns) {
  EXPECT_THAT(registry_.render(), HasSubstr("headgate_build_info{version=\"1.2.3\"} 1\n"));
}

TEST_F(GatewayMetricsTest, CountsRequestsByRouteAndStatus) {
  RouteSeries& route = metrics_.route("default", "chat");
  for (const int status : {200, 200, 503, 0, 999, 599, 100}) {
    route.started(worker_);
    route.finished(worker_, status, 0.02);
  }
  route.started(registry_.worker(1));
  const std::string text = registry_.render();
  const std::string name = "headgate_requests_total{listener=\"default\",route=\"chat\",status=";
  EXPECT_THAT(text, HasSubstr(name + "\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"503\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"100\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"599\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"none\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"other\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("headgate_requests_in_flight{listener=\"default\",route=\"chat\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("headgate_request_duration_seconds_bucket{listener=\"default\","
                              "route=\"chat\",le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("headgate_request_duration_seconds_bucket{listener=\"default\","
                              "route=\"chat\",le=\"0.02\"} 7\n"));
}

TEST_F(GatewayMetricsTest, GoesOnCountingWhenASnapshotResolvesTheSameNamesAgain) {
  EXPECT_EQ(&metrics_.route("l", "r"), &metrics_.route("l", "r"));
  EXPECT_NE(&metrics_.route("l", "r"), &metrics_.route("r", "l"));
  EXPECT_EQ(&metrics_.endpoint("b", "e"), &metrics_.endpoint("b", "e"));
  EXPECT_EQ(&metrics_.gen_ai("chat", "k"), &metrics_.gen_ai("chat", "k"));
}

TEST_F(GatewayMetricsTest, CountsAttemptsByOutcomeUpToABound) {
  EndpointSeries& endpoint = metrics_.endpoint("models", "first");
  endpoint.attempt(worker_, "success");
  endpoint.attempt(registry_.worker(1), "success");
  endpoint.attempt(worker_, "connect_failed");
  const std::string name = "headgate_attempts_total{backend=\"models\",endpoint=\"first\",outcome=";
  EXPECT_THAT(registry_.render(), HasSubstr(name + "\"success\"} 2\n"));
  EXPECT_THAT(registry_.render(), HasSubstr(name + "\"connect_failed\"} 1\n"));

  for (std::size_t i = 0; i < GatewayMetrics::kOutcomesMax; ++i) {
    endpoint.attempt(worker_, "outcome " + std::to_string(i));
  }
  EXPECT_THAT(registry_.render(), HasSubstr(name + "\"other\"} 2\n"));
}

TEST_F(GatewayMetricsTest, TellsWhatItCountedOfOneEndpoint) {
  using Count = EndpointSeries::Count;
  EndpointSeries& endpoint = metrics_.endpoint("models", "first");
  EndpointSeries& longer = metrics_.endpoint("models", "first2");
  EndpointSeries& earlier = metrics_.endpoint("models", "e");
  for (EndpointSeries* other : {&longer, &earlier, &metrics_.endpoint("n", "first")})
    other->attempt(worker_, "success");
  endpoint.attempt(worker_, "success");
  endpoint.attempt(registry_.worker(1), "success");
  endpoint.attempt(worker_, "connect_failed");
  endpoint.picked(worker_, 1, "only");
  endpoint.evicted("key", "retry_after");
  endpoint.evicted("key", "retry_after");
  endpoint.second_attempt(worker_, true, SecondEvent::won);
  endpoint.probed(worker_, "success");
  endpoint.gone_on("whole");
  endpoint.event_dropped(worker_);
  endpoint.event_dropped(registry_.worker(1));
  const auto read = [&endpoint](Count count) {
    std::string text;
    endpoint.read(count, [&text](std::span<const std::string> labels, std::uint64_t total) {
      for (const std::string& label : labels) text += label + " ";
      text += std::to_string(total) + "; ";
    });
    return text;
  };
  EXPECT_EQ(read(Count::attempts), "connect_failed 1; success 2; ");
  EXPECT_EQ(read(Count::picks), "only 1; ");
  EXPECT_EQ(read(Count::evictions), "key retry_after 2; ");
  EXPECT_EQ(read(Count::second_attempts), "hedge won 1; ");
  EXPECT_EQ(read(Count::probes), "success 1; ");
  EXPECT_EQ(read(Count::continuations), "whole 1; ");
  EXPECT_EQ(read(Count::dropped_events), "2; ");
  const std::string before = registry_.render();
  metrics_.endpoint("models", "unused").read(Count::attempts, [](auto, auto) { FAIL(); });
  EXPECT_EQ(registry_.render(), before) << "reading makes no series";
}

TEST_F(GatewayMetricsTest, RecordsTokensAndTimesOfAStream) {
  GenAiSample sample;
  sample.model = "m";
  sample.input_tokens = 5;
  sample.output_tokens = 11;
  sample.seconds = 1.5;
  sample.first_token_seconds = 0.5;
  metrics_.gen_ai("chat", "kind").answered(worker_, sample);
  const std::string text = registry_.render();
  const std::string labels =
      "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"kind\",gen_ai_request_model=\"m\"";
  EXPECT_THAT(text, HasSubstr("# TYPE gen_ai_client_token_usage histogram\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_bucket" + labels +
                              ",gen_ai_token_type=\"input\",le=\"4\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_bucket" + labels +
                              ",gen_ai_token_type=\"input\",le=\"16\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_sum" + labels +
                              ",gen_ai_token_type=\"input\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_sum" + labels +
                              ",gen_ai_token_type=\"output\"} 11\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_server_request_duration_seconds_sum" + labels + "} 1.5\n"));
  EXPECT_THAT(text,
              HasSubstr("gen_ai_server_time_to_first_token_seconds_sum" + labels + "} 0.5\n"));
  // One second for the ten tokens after the first.
  EXPECT_THAT(text,
              HasSubstr("gen_ai_server_time_per_output_token_seconds_sum" + labels + "} 0.1\n"));
}

TEST_F(GatewayMetricsTest, CountsSecondAttemptsByCauseAndWhetherTheyWon) {
  EndpointSeries& endpoint = metrics_.endpoint("models", "first");
  endpoint.second_attempt(worker_, false, SecondEvent::started);
  endpoint.second_attempt(worker_, false, SecondEvent::started);
  endpoint.second_attempt(worker_, false, SecondEvent::won);
  endpoint.second_attempt(worker_, true, SecondEvent::started);
  const std::string text = registry_.render();
  const std::string name = "headgate_second_attempts_total{backend=\"models\",endpoint=\"first\"";
  EXPECT_THAT(text, HasSubstr(name + ",cause=\"slow\",event=\"started\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + ",cause=\"slow\",event=\"won\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + ",cause=\"hedge\",event=\"started\"} 1\n"));
}

TEST_F(GatewayMetricsTest, CountsSecondAttemptsThatLostAndThoseThatTheBudgetRefused) {
  EndpointSeries& endpoint = metrics_.endpoint("models", "first");
  endpoint.second_attempt(worker_, true, SecondEvent::lost);
  endpoint.second_attempt(worker_, false, SecondEvent::refused);
  const std::string text = registry_.render();
  const std::string name = "headgate_second_attempts_total{backend=\"models\",endpoint=\"first\"";
  EXPECT_THAT(text, HasSubstr(name + ",cause=\"hedge\",event=\"lost\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + ",cause=\"slow\",event=\"refused\"} 1\n"));
}

TEST_F(GatewayMetricsTest, CountsPicksByReasonOverAllWorkers) {
  EndpointSeries& endpoint = metrics_.endpoint("models", "first");
  endpoint.picked(worker_, 2, "first");
  endpoint.picked(worker_, 2, "first");
  endpoint.picked(registry_.worker(1), 2, "first");
  endpoint.picked(worker_, EndpointSeries::kReasonsMax - 1, "last");
  const std::string text = registry_.render();
  const std::string name = "headgate_pick_total{backend=\"models\",endpoint=\"first\",reason=";
  EXPECT_THAT(text, HasSubstr(name + "\"first\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"last\"} 1\n"));
}

TEST_F(GatewayMetricsTest, CountsEvictionsFromWhateverThread) {
  EndpointSeries& endpoint = metrics_.endpoint("models", "first");
  constexpr int kEach = 1000;
  std::thread other([&] {
    for (int i = 0; i < kEach; ++i) endpoint.evicted("key", "retry_after");
  });
  for (int i = 0; i < kEach; ++i) endpoint.evicted("key", "retry_after");
  other.join();
  endpoint.evicted("endpoint", "failures");
  endpoint.gone_on("whole");
  const std::string text = registry_.render();
  const std::string name = "headgate_evictions_total{backend=\"models\",endpoint=\"first\",scope=";
  EXPECT_THAT(text, HasSubstr(name + "\"key\",reason=\"retry_after\"} 2000\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"endpoint\",reason=\"failures\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("headgate_continuations_total{backend=\"models\",endpoint=\"first\","
                              "result=\"whole\"} 1\n"));
}

TEST_F(GatewayMetricsTest, RecordsTheTokensOfADroppedAnswerAndNothingElse) {
  GenAiSample sample;
  sample.model = "m";
  sample.input_tokens = 5;
  sample.seconds = 1.5;
  metrics_.gen_ai("chat", "kind").dropped(worker_, sample);
  const std::string text = registry_.render();
  const std::string labels =
      "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"kind\",gen_ai_request_model=\"m\"";
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_sum" + labels +
                              ",gen_ai_token_type=\"input\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_server_request_duration_seconds_count" + labels + "} 0\n"));
}

TEST_F(GatewayMetricsTest, RecordsNoTimePerTokenOfAWholeAnswerOrASingleToken) {
  GenAiSeries& series = metrics_.gen_ai("chat", "kind");
  GenAiSample sample;
  sample.model = "m";
  sample.output_tokens = 11;
  sample.seconds = 1.5;
  series.answered(worker_, sample);
  sample.first_token_seconds = 0.5;
  sample.output_tokens = 1;
  series.answered(worker_, sample);
  sample.output_tokens.reset();
  series.answered(worker_, sample);
  const std::string text = registry_.render();
  const std::string labels =
      "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"kind\",gen_ai_request_model=\"m\"";
  EXPECT_THAT(text,
              HasSubstr("gen_ai_server_time_per_output_token_seconds_count" + labels + "} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("gen_ai_server_time_to_first_token_seconds_count" + labels + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("gen_ai_client_token_usage_count" + labels +
                              ",gen_ai_token_type=\"input\"} 0\n"));
}

TEST_F(GatewayMetricsTest, KeepsTheErrorTypeButNotTheModelOfWhatFailed) {
  metrics_.gen_ai("chat", "kind").failed(worker_, "upstream_timeout", 2);
  EXPECT_THAT(registry_.render(),
              HasSubstr("gen_ai_server_request_duration_seconds_sum{gen_ai_operation_name=\"chat\","
                        "gen_ai_provider_name=\"kind\",error_type=\"upstream_timeout\"} 2\n"));
}

TEST_F(GatewayMetricsTest, CountsUnknownModelsAsOtherOnceThereAreMany) {
  GenAiSeries& series = metrics_.gen_ai("chat", "kind");
  GenAiSample sample;
  std::string model;
  for (std::size_t i = 0; i < GatewayMetrics::kModelsMax + 3; ++i) {
    model = "model " + std::to_string(i);
    sample.model = model;
    series.answered(worker_, sample);
  }
  model.assign(10'000, 'm');
  sample.model = model;
  series.answered(worker_, sample);
  sample.model = "model 0";
  series.answered(worker_, sample);
  const std::string text = registry_.render();
  const std::string name =
      "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"chat\","
      "gen_ai_provider_name=\"kind\",gen_ai_request_model=";
  EXPECT_THAT(text, HasSubstr(name + "\"other\"} 4\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"model 0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "\"model 255\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("model 256")));
}

TEST_F(GatewayMetricsTest, TellsHowTheLastReloadWent) {
  EXPECT_THAT(registry_.render(), Not(HasSubstr("last_reload")));
  metrics_.config_reloaded(true, 1000);
  metrics_.config_reloaded(false, 2000);
  metrics_.config_reloaded(false, 3000);
  const std::string text = registry_.render();
  EXPECT_THAT(text, HasSubstr("headgate_config_reloads_total{result=\"success\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("headgate_config_reloads_total{result=\"failure\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nheadgate_config_last_reload_successful 0\n"));
  EXPECT_THAT(text, HasSubstr("headgate_config_last_reload_success_timestamp_seconds 1000\n"));
  metrics_.config_reloaded(true, 4000);
  EXPECT_THAT(registry_.render(), HasSubstr("\nheadgate_config_last_reload_successful 1\n"));
}

TEST_F(GatewayMetricsTest, ShowsConnectionsAndDroppedLogLines) {
  const Gauge connections = metrics_.connections("[::]:3000");
  worker_.add(connections, 3);
  registry_.worker(1).add(connections, -1);
  metrics_.watch_access_log([] { return 7; });
  EXPECT_THAT(registry_.render(), HasSubstr("headgate_connections{bind=\"[::]:3000\"} 2\n"));
  EXPECT_THAT(registry_.render(), HasSubstr("\nheadgate_access_log_dropped_total 7\n"));
}

TEST_F(GatewayMetricsTest, LosesNothingWhenTwoWorkersMeetNewLabelsAtOnce) {
  constexpr int kRounds = 300;
  RouteSeries& route = metrics_.route("l", "r");
  GenAiSeries& models = metrics_.gen_ai("chat", "kind");
  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < 2; ++w) {
    workers.emplace_back([&, w] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string model = std::to_string(i);
        GenAiSample sample;
        sample.model = model;
        models.answered(registry_.worker(w), sample);
        route.started(registry_.worker(w));
        route.finished(registry_.worker(w), 200 + i, 0);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  const std::string text = registry_.render();
  for (int i = 0; i < 256; ++i) {
    EXPECT_THAT(text, HasSubstr("status=\"" + std::to_string(200 + i) + "\"} 2\n"));
  }
  const std::string count =
      "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"chat\","
      "gen_ai_provider_name=\"kind\",gen_ai_request_model=";
  // Both met the models in the same order, so those kept are the first ones.
  EXPECT_THAT(text, HasSubstr(count + "\"0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(count + "\"other\"} 88\n"));
}

TEST(InternTable, MakesAValueOncePerText) {
  InternTable<int, 2> table;
  int made = 0;
  const auto make = [&](std::string_view) { return ++made; };
  EXPECT_EQ(table.get("a", make), 1);
  EXPECT_EQ(table.get("b", make), 2);
  EXPECT_EQ(table.get("a", make), 1);
  EXPECT_EQ(table.get("c", make), 3);  // "other"
  EXPECT_EQ(table.get("d", make), 3);
  EXPECT_EQ(table.get("b", make), 2);
  EXPECT_EQ(made, 3);
}

}  // namespace
}  // namespace headgate::observe
