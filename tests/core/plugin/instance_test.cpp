#include "core/plugin/instance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <headgate/async.h>

#include <thread>

#include "core/plugin/host.hpp"
#include "core/plugin/instance_store.hpp"
#include "core/plugin/registry.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class InstanceTest : public ::testing::Test {
 protected:
  InstanceTest() {
    registry.add_file(std::string(PLUGIN_FIXTURES) + "good.so");
    registry.add_file(std::string(PLUGIN_FIXTURES) + "sizes.so");
    EXPECT_THAT(registry.take_faults(), SizeIs(0));
  }

  InstanceSpec spec(std::string_view id, std::string_view config = "{}",
                    std::string_view place = "binds[0]") {
    InstanceSpec made;
    made.plugin = registry.find(id);
    made.config = config;
    made.place = place;
    return made;
  }
  Created<ProviderInstance> provider(std::string_view config = "{}") {
    return store.provider(spec("test.provider", config));
  }
  // Creates, destroys, worker creates and worker destroys of the library since the test began: the
  // library stays loaded, so what earlier tests did counts in it.
  std::vector<int> counts() {
    const Created<PolicyInstance> reader = store.policy(spec("test.policy", "{}", "reader"));
    FakeCall call;
    EXPECT_EQ(reader.instance->on_request(nullptr, call), HG_CONTINUE);
    std::vector<int> now(4);
    EXPECT_EQ(std::sscanf(call.last().c_str(), "attribute_set counts [%d,%d,%d,%d]", &now[0],
                          &now[1], &now[2], &now[3]),
              4);
    return now;
  }
  // The same, less an earlier reading. A reading itself makes and destroys one instance.
  std::vector<int> since(const std::vector<int>& before) {
    std::vector<int> now = counts();
    for (std::size_t i = 0; i < now.size(); ++i) now[i] -= before[i];
    --now[0];
    --now[1];
    return now;
  }

  FakeServices services;
  Host host{services, "1.2.3"};
  Registry registry{host};
  InstanceStore store{2};
};

TEST_F(InstanceTest, IsMadeAndDestroyedOnce) {
  const std::vector<int> before = counts();
  {
    const Created<ProviderInstance> made = provider();
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made.instance->id(), "test.provider");
    EXPECT_EQ(made.instance->place(), "binds[0]");
  }
  EXPECT_THAT(since(before), ElementsAre(1, 1, 0, 0));
}

TEST_F(InstanceTest, ShowsAllFaultsThatThePluginReports) {
  const std::vector<int> before = counts();
  const Created<ProviderInstance> made = provider(R"({"twoFaults":true})");
  EXPECT_FALSE(made.ok());
  ASSERT_THAT(made.faults, SizeIs(2));
  EXPECT_EQ(made.faults[0].json_pointer, "/keys/0/key");
  EXPECT_EQ(made.faults[0].message, "is too short");
  EXPECT_EQ(made.faults[1].json_pointer, "/mode");
  EXPECT_THAT(since(before), ElementsAre(0, 0, 0, 0));
}

TEST_F(InstanceTest, SaysSoWhenAPluginRefusesWithoutAWord) {
  const Created<ProviderInstance> made = provider(R"({"silent":true})");
  EXPECT_FALSE(made.ok());
  ASSERT_THAT(made.faults, SizeIs(1));
  EXPECT_THAT(made.faults[0].message, HasSubstr("test.provider refused"));
}

TEST_F(InstanceTest, DestroysWhatAPluginMadeDespiteAFault) {
  const std::vector<int> before = counts();
  const Created<ProviderInstance> made = provider(R"({"faultAndSuccess":true})");
  EXPECT_FALSE(made.ok());
  EXPECT_THAT(made.faults, SizeIs(1));
  EXPECT_THAT(since(before), ElementsAre(1, 1, 0, 0));
}

TEST_F(InstanceTest, RefusesATargetThatCannotBe) {
  const std::vector<int> before = counts();
  const Created<ProviderInstance> made = provider(R"({"badTarget":true})");
  EXPECT_FALSE(made.ok());
  ASSERT_THAT(made.faults, SizeIs(1));
  EXPECT_THAT(made.faults[0].message, HasSubstr("the base path 'v1/'"));
  EXPECT_THAT(since(before), ElementsAre(1, 1, 0, 0));
}

TEST_F(InstanceTest, KeepsACopyOfTheTarget) {
  const Created<ProviderInstance> made = provider();
  const ProviderInstance::Target& target = made.instance->target();
  EXPECT_EQ(target.host, "api.example.com");
  EXPECT_EQ(target.port, 443);
  EXPECT_TRUE(target.tls);
  EXPECT_FALSE(target.host_required);
  EXPECT_EQ(target.base_path, "/v1");
  EXPECT_EQ(target.model, "");
  EXPECT_EQ(made.instance->pass_through().match("/v1/files/a"), "/files/a");
}

TEST_F(InstanceTest, HasAStatePerWorker) {
  const std::vector<int> before = counts();
  {
    const Created<ProviderInstance> made = provider();
    ASSERT_TRUE(made.instance->start_worker(0));
    ASSERT_TRUE(made.instance->start_worker(1));
    FakeCall call;
    void* attempt = nullptr;
    EXPECT_EQ(made.instance->open(1, call, attempt), HG_CONTINUE);
    EXPECT_EQ(call.last(), "attribute_set worker 1");
    EXPECT_NE(attempt, nullptr);
    EXPECT_EQ(made.instance->open(0, call, attempt), HG_CONTINUE);
    EXPECT_EQ(call.last(), "attribute_set worker 0");
    made.instance->stop_worker(0);
    made.instance->stop_worker(1);
  }
  EXPECT_THAT(since(before), ElementsAre(1, 1, 2, 2));
}

TEST_F(InstanceTest, SharesAWorkersStateBetweenTwoConfigurations) {
  const std::vector<int> before = counts();
  const Created<ProviderInstance> made = provider();
  ASSERT_TRUE(made.instance->start_worker(0));
  ASSERT_TRUE(made.instance->start_worker(0));  // the new configuration
  EXPECT_EQ(since(before)[2], 1);
  made.instance->stop_worker(0);  // the old one
  EXPECT_EQ(since(before)[3], 0);
  made.instance->stop_worker(0);
  EXPECT_EQ(since(before)[3], 1);
}

TEST_F(InstanceTest, CountsNoStartThatThePluginRefused) {
  const std::vector<int> before = counts();
  {
    const Created<ProviderInstance> made = provider(R"({"badWorker":true})");
    ASSERT_TRUE(made.ok());
    ASSERT_TRUE(made.instance->start_worker(0));
    EXPECT_FALSE(made.instance->start_worker(1));
    made.instance->stop_worker(0);
  }
  EXPECT_THAT(since(before), ElementsAre(1, 1, 1, 1));
}

TEST_F(InstanceTest, IsTheSameForTheSameConfigurationAndPlace) {
  const Created<ProviderInstance> first = provider(R"({"a":1,"b":[1,2]})");
  const Created<ProviderInstance> again = provider(R"({ "b" : [1,2], "a" : 1 })");
  EXPECT_EQ(first.instance, again.instance);
  EXPECT_NE(first.instance, provider(R"({"a":1,"b":[2,1]})").instance);
  EXPECT_NE(first.instance,
            store.provider(spec("test.provider", R"({"a":1,"b":[1,2]})", "binds[1]")).instance);
  InstanceSpec named = spec("test.provider", R"({"a":1,"b":[1,2]})");
  named.name = "other";
  EXPECT_NE(first.instance, store.provider(named).instance);
}

TEST_F(InstanceTest, IsMadeAnewWhenNobodyHeldIt) {
  const std::vector<int> before = counts();
  provider();
  provider();
  EXPECT_THAT(since(before), ElementsAre(2, 2, 0, 0));
}

TEST_F(InstanceTest, IdentityHoldsNoSecret) {
  const std::string id = identity(spec("test.provider", R"({"key":"hunter2"})"));
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(id.find("hunter2"), id.npos);
  EXPECT_NE(id, identity(spec("test.policy", R"({"key":"hunter2"})")));
}

TEST_F(InstanceTest, TakesAResultThatACallbackMayNotReturnForAbort) {
  const Created<ProviderInstance> made = provider();
  FakeCall call;
  hg_build build{};
  build.base_path = str("/v1");
  EXPECT_EQ(made.instance->build(nullptr, call, build), HG_CONTINUE);
  EXPECT_EQ(call.last(), "set_line 1 POST /v1");
  build.model = str("unknown result");
  EXPECT_EQ(made.instance->build(nullptr, call, build), HG_ABORT);
  build.model = str("stop");
  EXPECT_EQ(made.instance->build(nullptr, call, build), HG_ABORT);
}

TEST_F(InstanceTest, PassesEventsToThePlugin) {
  const Created<ProviderInstance> made = provider();
  FakeCall call;
  std::uint32_t flags = 99;
  hg_event event{};
  EXPECT_EQ(made.instance->on_event(nullptr, call, event, flags), HG_REPLACED);
  EXPECT_EQ(flags, static_cast<std::uint32_t>(HG_EVENT_LIFECYCLE));
  event.data = str("x");
  EXPECT_EQ(made.instance->on_event(nullptr, call, event, flags), HG_REPLACED);
  EXPECT_EQ(flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL));
}

TEST_F(InstanceTest, RefusesAPlanThatItCannotFollow) {
  const Created<ProviderInstance> made = provider();
  FakeCall call;
  const auto plan_for = [&](std::string_view content_type) {
    hg_head head{};
    head.content_type = str(content_type);
    hg_plan plan{};
    return made.instance->on_head(nullptr, call, head, plan);
  };
  EXPECT_EQ(plan_for("good"), HG_CONTINUE);
  EXPECT_EQ(plan_for("unknown framing"), HG_ABORT);
  EXPECT_EQ(plan_for("five literals"), HG_ABORT);
  EXPECT_EQ(plan_for("no literals"), HG_ABORT);
}

TEST_F(InstanceTest, ReadsUnknownValuesOfAVerdictAsTheHeaderSays) {
  const Created<ProviderInstance> made = provider();
  FakeCall call;
  hg_failure failure{};
  failure.status = 400;
  hg_verdict verdict{};
  made.instance->classify(nullptr, call, failure, verdict);
  EXPECT_EQ(verdict.next, static_cast<std::uint32_t>(HG_NEXT_NEVER));
  EXPECT_EQ(verdict.health, static_cast<std::uint32_t>(HG_HEALTH_SUCCESS));
  EXPECT_EQ(verdict.scope, static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
  failure.status = 500;
  made.instance->classify(nullptr, call, failure, verdict);
  EXPECT_EQ(verdict.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
  EXPECT_EQ(verdict.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
  EXPECT_EQ(verdict.scope, static_cast<std::uint32_t>(HG_SCOPE_ENDPOINT));
}

TEST_F(InstanceTest, DoesWithoutTheFunctionsThatAShortTableLacks) {
  const Created<ProviderInstance> made = store.provider(spec("sizes.short"));
  ASSERT_TRUE(made.ok());
  const ProviderInstance& provider = *made.instance;
  EXPECT_EQ(provider.target().host, "short.example.com");
  EXPECT_EQ(provider.target().port, 80);
  ASSERT_TRUE(made.instance->start_worker(0));

  FakeCall call;
  void* attempt = &call;
  EXPECT_EQ(provider.open(0, call, attempt), HG_CONTINUE);
  EXPECT_EQ(attempt, nullptr);
  hg_credential key{};
  key.value = str("secret");
  EXPECT_EQ(provider.sign(nullptr, call, key), HG_CONTINUE);
  EXPECT_EQ(call.last(), "credential_place secret");
  call.result = HG_INVALID;
  EXPECT_EQ(provider.sign(nullptr, call, key), HG_ABORT);
  hg_head head{};
  hg_plan plan{};
  EXPECT_EQ(provider.on_head(nullptr, call, head, plan), HG_CONTINUE);
  EXPECT_EQ(provider.on_body(nullptr, call, "body"), HG_CONTINUE);
  std::uint32_t flags = 0;
  EXPECT_EQ(provider.on_event(nullptr, call, hg_event{}, flags), HG_CONTINUE);
  EXPECT_EQ(flags, static_cast<std::uint32_t>(HG_EVENT_MEANINGFUL));
  EXPECT_EQ(provider.on_end(nullptr, call, HG_END_CUT, flags), HG_CONTINUE);
  EXPECT_EQ(flags, 0u);
  EXPECT_EQ(provider.on_async(nullptr, call, HG_ASYNC_TIMER), HG_ABORT);
  hg_verdict verdict{};
  verdict.next = HG_NEXT_NEVER;
  provider.classify(nullptr, call, hg_failure{}, verdict);
  EXPECT_EQ(verdict.next, static_cast<std::uint32_t>(HG_NEXT_NEVER));
  provider.close(nullptr);
  made.instance->stop_worker(0);
}

TEST_F(InstanceTest, APolicyWithALongTableIsCalledAsFarAsItIsKnown) {
  const Created<PolicyInstance> made = store.policy(spec("sizes.long"));
  ASSERT_TRUE(made.ok());
  ASSERT_TRUE(made.instance->start_worker(0));
  FakeCall call;
  void* context = &call;
  EXPECT_EQ(made.instance->open(0, call, context), HG_CONTINUE);
  EXPECT_EQ(context, nullptr);
  EXPECT_EQ(made.instance->on_request(context, call), HG_CONTINUE);
  EXPECT_EQ(made.instance->on_attempt(context, call), HG_CONTINUE);
  EXPECT_EQ(made.instance->on_response(context, call), HG_CONTINUE);
  EXPECT_EQ(made.instance->on_event(context, call, "x", 0), HG_CONTINUE);
  EXPECT_EQ(made.instance->on_async(context, call, HG_ASYNC_TIMER), HG_ABORT);
  made.instance->on_outcome(context, call, hg_outcome{});
  made.instance->on_complete(context, call, hg_completion{});
  made.instance->close(context);
  made.instance->stop_worker(0);
}

TEST_F(InstanceTest, ADialectAnswersAndRendersErrors) {
  const Created<DialectInstance> made = store.dialect(*registry.dialects()[0]);
  ASSERT_TRUE(made.ok());
  FakeCall call;
  void* context = &call;
  EXPECT_EQ(made.instance->open(0, call, context), HG_CONTINUE);
  EXPECT_EQ(context, nullptr);
  hg_client_error error{};
  error.message = str("sorry");
  EXPECT_EQ(made.instance->error(nullptr, call, error), HG_CONTINUE);
  EXPECT_EQ(call.last(), "set_body 2 sorry");
  EXPECT_EQ(made.instance->answer(context, call), HG_STOP);
  EXPECT_EQ(call.last(), "respond 200 application/json {}");
  EXPECT_EQ(made.instance->to_neutral(context, call), HG_CONTINUE);
  EXPECT_EQ(made.instance->from_neutral_body(context, call, "x"), HG_CONTINUE);
  EXPECT_EQ(made.instance->from_neutral_event(context, call, "x", 0), HG_CONTINUE);
  made.instance->close(context);
}

}  // namespace
}  // namespace headgate::plugin
