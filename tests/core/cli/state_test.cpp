// The gateway as the admin listener and its metrics show it.

#include "core/cli/state.hpp"

#include <gmock/gmock.h>

#include <deque>

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class State : public ExchangeTest {
 protected:
  std::string endpoints() { return state_.endpoints_json(); }
  std::string metrics() {
    engine.metric_registry.add_collector(state_);
    const std::string text = engine.metric_registry.render();
    engine.metric_registry.remove_collector(state_);
    return text;
  }

 private:
  cli::GatewayState state_{clock, budgets, [this] { return context->snapshot; },
                           [this](const auto& work) { work(*context); }};
};

TEST_F(State, ShowsTheModelsThatWereAskedFor) {
  load(two_groups());
  EXPECT_THAT(endpoints(), HasSubstr(R"("models":[])"));
  a->says(answer(200, "application/json", kWhole));
  ask(post(kChatBody));
  EXPECT_THAT(endpoints(), HasSubstr(R"("models":[{"model":"m","state":"in_service",)"));
}

TEST_F(State, ShowsAModelThatIsOutWhereTheProviderIsNot) {
  load(two_groups());
  a->says(answer(200, "application/json", kWhole));
  ask(post(kChatBody));
  EXPECT_THAT(metrics(), Not(HasSubstr("headgate_endpoint_model_evicted{")));
  a->forget();
  a->says(answer(429, "application/json", "{}", "retry-after: 60\r\n"));
  b->says(answer(200, "application/json", kWhole));
  ask(post(kChatBody));
  EXPECT_THAT(endpoints(), HasSubstr(R"("models":[{"model":"m","state":"out",)"));
  EXPECT_THAT(endpoints(),
              HasSubstr(R"("scope":"key_model","state":"out","reason":"retry_after")"));
  const std::string text = metrics();
  EXPECT_THAT(text,
              HasSubstr(R"(headgate_endpoint_model_evicted{route="route0",backend="backend0",)"
                        R"(endpoint="one",model="m"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(headgate_endpoint_evicted{route="route0",backend="backend0",)"
                              R"(endpoint="one"} 0)"));
  advance(std::chrono::seconds(61));
  EXPECT_THAT(metrics(), HasSubstr(R"(endpoint="one",model="m"} 0)"));
}

TEST_F(State, CountsWhoWaitsAndWhoFoundNoPlace) {
  load(two_groups());
  EXPECT_THAT(metrics(), HasSubstr("\nheadgate_waiting_requests 0\n"));
  {
    std::deque<select::Waiters::Seat> seats(select::Waiters::kMax + 2);
    for (select::Waiters::Seat& seat : seats) (void)seat.take(budgets.waiters);
    EXPECT_THAT(metrics(), HasSubstr("\nheadgate_waiting_requests 64\n"));
  }
  const std::string after = metrics();
  EXPECT_THAT(after, HasSubstr("\nheadgate_waiting_requests 0\n"));
  EXPECT_THAT(after, HasSubstr("\nheadgate_waits_total 64\n"));
  EXPECT_THAT(after, HasSubstr("\nheadgate_waits_refused_total 2\n"));
}

}  // namespace
}  // namespace headgate::exchange
