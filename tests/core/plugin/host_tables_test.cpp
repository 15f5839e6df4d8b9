// What a plugin calls arrives at hg_call or Services as it was meant, and what makes no sense
// arrives nowhere.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <headgate/async.h>
#include <headgate/credential.h>
#include <headgate/endpoints.h>
#include <headgate/json.h>
#include <headgate/llm.h>
#include <headgate/message.h>
#include <headgate/stream.h>

#include <limits>
#include <thread>

#include "core/plugin/host.hpp"
#include "core/plugin/running.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

constexpr hg_str kNullWithLength{nullptr, 3};

class HostTables : public ::testing::Test {
 protected:
  FakeServices services;
  Host host_object{services, "1.2.3"};
  const hg_host* host = host_object.make("test.plugin");
  FakeCall call;
  const Running running{"test.plugin", "callback", &call};

  const hg_message_ext& message = table_of<hg_message_ext>(host, HG_EXT_MESSAGE);
  const hg_json_ext& json = table_of<hg_json_ext>(host, HG_EXT_JSON);
  const hg_llm_ext& llm = table_of<hg_llm_ext>(host, HG_EXT_LLM);
  const hg_stream_ext& stream = table_of<hg_stream_ext>(host, HG_EXT_STREAM);
  const hg_credential_ext& credential = table_of<hg_credential_ext>(host, HG_EXT_CREDENTIAL);
  const hg_endpoints_ext& endpoints = table_of<hg_endpoints_ext>(host, HG_EXT_ENDPOINTS);
  const hg_async_ext& async = table_of<hg_async_ext>(host, HG_EXT_ASYNC);
  hg_str found = str("untouched");
  hg_str other = str("untouched");
};

TEST_F(HostTables, AreFoundByIdOnly) {
  EXPECT_EQ(host->extension(host, str("hg.message/2")), nullptr);
  EXPECT_EQ(host->extension(host, str("")), nullptr);
  EXPECT_EQ(host->extension(host, kNullWithLength), nullptr);
  EXPECT_EQ(view(host->version), "1.2.3");
  EXPECT_EQ(host->abi_minor, HG_ABI_MINOR);
}

TEST_F(HostTables, SaySizeOfTheirLastField) {
  EXPECT_EQ(host->size, HG_END_OF(hg_host, fail));
  EXPECT_EQ(message.size, sizeof(hg_message_ext));
  EXPECT_EQ(json.size, sizeof(hg_json_ext));
  EXPECT_EQ(llm.size, sizeof(hg_llm_ext));
  EXPECT_EQ(stream.size, sizeof(hg_stream_ext));
  EXPECT_EQ(credential.size, sizeof(hg_credential_ext));
  EXPECT_EQ(endpoints.size, sizeof(hg_endpoints_ext));
  EXPECT_EQ(async.size, sizeof(hg_async_ext));
}

TEST_F(HostTables, HandMessagesOn) {
  EXPECT_EQ(view(message.method(&call, HG_REQUEST)), "text");
  EXPECT_EQ(call.last(), "method 0");
  EXPECT_EQ(view(message.target(&call, HG_UPSTREAM)), "text");
  EXPECT_EQ(call.last(), "target 1");
  EXPECT_EQ(message.set_line(&call, HG_UPSTREAM, str("POST"), str("/x?y")), HG_OK);
  EXPECT_EQ(call.last(), "set_line 1 POST /x?y");
  EXPECT_EQ(message.status(&call), 418u);
  EXPECT_EQ(view(message.body(&call, HG_RESPONSE)), "text");
  EXPECT_EQ(call.last(), "body 2");
  EXPECT_EQ(message.set_body(&call, HG_RESPONSE, str("bytes")), HG_OK);
  EXPECT_EQ(call.last(), "set_body 2 bytes");
  EXPECT_EQ(message.share_body(&call), HG_OK);
  EXPECT_EQ(call.last(), "share_body");
  EXPECT_EQ(message.respond(&call, 200, str("text/plain"), str("hello")), HG_OK);
  EXPECT_EQ(call.last(), "respond 200 text/plain hello");
  EXPECT_EQ(message.respond(&call, 204, str(""), str("")), HG_OK);
  EXPECT_EQ(message.respond_error(&call, 429, str("slow_down"), str("Later.")), HG_OK);
  EXPECT_EQ(call.last(), "respond_error 429 slow_down Later.");
  EXPECT_TRUE(HG_HAS(&message, hg_message_ext, respond_error_at));
  EXPECT_EQ(message.respond_error_at(&call, 400, str("c"), str("m"), str("stop[1]")), HG_OK);
  EXPECT_EQ(call.last(), "respond_error 400 c m stop[1]");
}

TEST_F(HostTables, HandHeadersAndAttributesOn) {
  EXPECT_EQ(message.header_at(&call, HG_REQUEST, 3, &found, &other), HG_OK);
  EXPECT_EQ(call.last(), "header_at 0 3");
  EXPECT_EQ(view(found), "text");
  EXPECT_EQ(view(other), "other");
  EXPECT_EQ(message.header_get(&call, HG_RESPONSE, str("a"), &found), HG_OK);
  EXPECT_EQ(call.last(), "header_get 2 a");
  EXPECT_EQ(message.header_set(&call, HG_REQUEST, str("a"), str("b")), HG_OK);
  EXPECT_EQ(call.last(), "header_set 0 a b");
  EXPECT_EQ(message.header_add(&call, HG_REQUEST, str("a"), str("b")), HG_OK);
  EXPECT_EQ(call.last(), "header_add 0 a b");
  EXPECT_EQ(message.header_remove(&call, HG_REQUEST, str("a")), HG_OK);
  EXPECT_EQ(call.last(), "header_remove 0 a");
  EXPECT_EQ(message.attribute_get(&call, str("auth.subject"), &found), HG_OK);
  EXPECT_EQ(call.last(), "attribute_get auth.subject");
  EXPECT_EQ(message.attribute_set(&call, str("auth.subject"), str("1")), HG_OK);
  EXPECT_EQ(call.last(), "attribute_set auth.subject 1");
}

TEST_F(HostTables, ReturnWhatTheCallReturns) {
  call.result = HG_DENIED;
  EXPECT_EQ(message.header_set(&call, HG_REQUEST, str("a"), str("b")), HG_DENIED);
  EXPECT_EQ(json.set(&call, HG_REQUEST, str("/a"), str("1")), HG_DENIED);
  EXPECT_EQ(llm.set_model(&call, HG_REQUEST, str("m")), HG_DENIED);
  EXPECT_EQ(stream.emit(&call, str(""), str("x")), HG_DENIED);
  EXPECT_EQ(credential.consume(&call, str("authorization")), HG_DENIED);
}

TEST_F(HostTables, RefuseWhatMakesNoSense) {
  EXPECT_EQ(message.set_line(&call, HG_UPSTREAM, str("POST"), str("x")), HG_INVALID);
  EXPECT_EQ(message.set_line(&call, HG_UPSTREAM, str(""), str("/x")), HG_INVALID);
  EXPECT_EQ(message.set_body(&call, 3, str("x")), HG_INVALID);
  EXPECT_EQ(message.set_body(&call, HG_REQUEST, kNullWithLength), HG_INVALID);
  EXPECT_EQ(message.header_get(&call, HG_REQUEST, str("a"), nullptr), HG_INVALID);
  EXPECT_EQ(message.header_set(&call, HG_REQUEST, kNullWithLength, str("b")), HG_INVALID);
  EXPECT_EQ(view(message.body(&call, 3)), "");
  EXPECT_EQ(message.attribute_set(&call, str(""), str("1")), HG_INVALID);
  EXPECT_EQ(message.respond_error(&call, 399, str("c"), str("m")), HG_INVALID);
  EXPECT_EQ(message.respond_error(&call, 600, str("c"), str("m")), HG_INVALID);
  EXPECT_EQ(message.respond_error_at(&call, 399, str("c"), str("m"), str("x")), HG_INVALID);
  EXPECT_EQ(message.respond_error_at(&call, 600, str("c"), str("m"), str("x")), HG_INVALID);
  EXPECT_EQ(message.respond(&call, 199, str("t"), str("b")), HG_INVALID);
  EXPECT_EQ(message.respond(&call, 200, str(""), str("b")), HG_INVALID);
  EXPECT_EQ(json.get(&call, HG_REQUEST, str("a"), &found), HG_INVALID);
  EXPECT_EQ(json.get(&call, HG_REQUEST, str("/a~2"), &found), HG_INVALID);
  EXPECT_EQ(json.get(&call, HG_REQUEST, str("/a~"), &found), HG_INVALID);
  EXPECT_EQ(json.set(&call, HG_REQUEST, str("/a"), str("")), HG_INVALID);
  EXPECT_EQ(json.remove(&call, HG_REQUEST, str("")), HG_INVALID);
  EXPECT_EQ(llm.set_model(&call, HG_REQUEST, str("")), HG_INVALID);
  EXPECT_EQ(llm.report_usage(&call, nullptr), HG_INVALID);
  EXPECT_EQ(stream.emit(&call, str(""), kNullWithLength), HG_INVALID);
  EXPECT_EQ(credential.consume(&call, str("")), HG_INVALID);
  EXPECT_EQ(credential.set(&call, nullptr), HG_INVALID);
  EXPECT_EQ(async.timer(&call, 600'001), HG_INVALID);
  EXPECT_EQ(endpoints.evict(host, 1, HG_SCOPE_NONE, 1, 50), HG_INVALID);
  EXPECT_EQ(endpoints.evict(host, 1, HG_SCOPE_KEY, 1, 0), HG_INVALID);
  EXPECT_EQ(endpoints.evict(host, 1, HG_SCOPE_KEY, 1, 101), HG_INVALID);
  EXPECT_EQ(endpoints.evict_for(host, nullptr), HG_INVALID);
  EXPECT_TRUE(call.asked.empty()) << call.last();
  EXPECT_EQ(services.asked, "");
}

TEST_F(HostTables, ReleaseAGivenBodyExactlyOnceAlsoWhenTheyRefuseIt) {
  int released = 0;
  const auto release = [](void* context) noexcept { ++*static_cast<int*>(context); };
  EXPECT_EQ(message.give_body(&call, HG_REQUEST, str("x"), release, &released), HG_OK);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(message.give_body(&call, 9, str("x"), release, &released), HG_INVALID);
  EXPECT_EQ(released, 2);
  EXPECT_EQ(message.give_body(&call, HG_REQUEST, str("x"), nullptr, nullptr), HG_OK);
}

TEST_F(HostTables, AllocateOnlyWithAnAlignmentThatTheyCanKeep) {
  EXPECT_NE(message.allocate(&call, 10, 16), nullptr);
  EXPECT_EQ(call.last(), "allocate 10 16");
  EXPECT_EQ(message.allocate(&call, 10, 32), nullptr);
  EXPECT_EQ(message.allocate(&call, 10, 3), nullptr);
  EXPECT_EQ(message.allocate(&call, 10, 0), nullptr);
}

TEST_F(HostTables, HandJsonOn) {
  EXPECT_EQ(json.get(&call, HG_REQUEST, str("/a~0b/~1"), &found), HG_OK);
  EXPECT_EQ(call.last(), "json_get 0 /a~0b/~1");
  EXPECT_EQ(view(found), "text");
  EXPECT_EQ(json.get(&call, HG_REQUEST, str(""), &found), HG_OK);
  EXPECT_EQ(json.set(&call, HG_UPSTREAM, str("/a"), str("1")), HG_OK);
  EXPECT_EQ(call.last(), "json_set 1 /a 1");
  EXPECT_EQ(json.remove(&call, HG_UPSTREAM, str("/a")), HG_OK);
  EXPECT_EQ(call.last(), "json_remove 1 /a");
  EXPECT_EQ(json.holds_reserved(&call, HG_UPSTREAM), HG_OK);
  EXPECT_EQ(call.last(), "json_holds_reserved 1");
  EXPECT_EQ(json.holds_reserved(&call, 9), HG_INVALID);
  EXPECT_EQ(json.text(&call, str("\"a\""), &found), HG_OK);
  EXPECT_EQ(call.last(), "json_text \"a\"");
  EXPECT_EQ(view(json.quote(&call, str("q"))), "text");
  EXPECT_EQ(call.last(), "json_quote q");
}

TEST_F(HostTables, FillFacetsOnlyAsFarAsThePluginsStructGoes) {
  call.known_facets = {.size = 0,
                       .stream = 1,
                       .dialect = str("d"),
                       .operation = str("o"),
                       .model = str("m"),
                       .client_model = str("c"),
                       .max_tokens = 7};
  hg_facets out{};
  out.size = HG_END_OF(hg_facets, dialect);
  out.operation = str("mine");
  out.max_tokens = 99;
  EXPECT_EQ(llm.facets(&call, &out), HG_OK);
  EXPECT_EQ(out.size, HG_END_OF(hg_facets, dialect));
  EXPECT_EQ(out.stream, 1u);
  EXPECT_EQ(view(out.dialect), "d");
  EXPECT_EQ(view(out.operation), "mine");
  EXPECT_EQ(out.max_tokens, 99u);
  out.size = HG_END_OF(hg_facets, max_tokens);
  EXPECT_EQ(llm.facets(&call, &out), HG_OK);
  EXPECT_EQ(out.max_tokens, 7u);
}

TEST_F(HostTables, LeaveAFacetsTailOfANewerPluginAlone) {
  struct Newer {
    hg_facets known;
    std::uint64_t tail;
  };
  Newer out{};
  out.known.size = sizeof(Newer);
  out.tail = 42;
  EXPECT_EQ(llm.facets(&call, &out.known), HG_OK);
  EXPECT_EQ(out.tail, 42u);
  EXPECT_EQ(out.known.size, sizeof(Newer));
}

TEST_F(HostTables, TakeUsageThatEndsEarlyAsUnknown) {
  hg_usage usage{};
  usage.size = HG_END_OF(hg_usage, output);
  usage.input = 10;
  usage.output = 20;
  usage.reasoning = 30;  // behind the end: whatever stands in memory there
  EXPECT_EQ(llm.report_usage(&call, &usage), HG_OK);
  EXPECT_EQ(call.usage.input, 10u);
  EXPECT_EQ(call.usage.output, 20u);
  EXPECT_EQ(call.usage.cache_read, HG_UNKNOWN_COUNT);
  EXPECT_EQ(call.usage.reasoning, HG_UNKNOWN_COUNT);
  EXPECT_EQ(call.usage.size, HG_END_OF(hg_usage, reasoning));
}

TEST_F(HostTables, HandModelsAndEventsOn) {
  EXPECT_EQ(llm.set_model(&call, HG_UPSTREAM, str("m")), HG_OK);
  EXPECT_EQ(call.last(), "set_model 1 m");
  EXPECT_EQ(llm.model_at(&call, 2, &found, &other), HG_OK);
  EXPECT_EQ(call.last(), "model_at 2");
  EXPECT_EQ(view(other), "other");
  EXPECT_EQ(stream.emit(&call, str("delta"), str("{}")), HG_OK);
  EXPECT_EQ(call.last(), "emit delta {}");
}

TEST_F(HostTables, TakeACredentialAsFarAsItGoes) {
  hg_credential key{};
  key.size = HG_END_OF(hg_credential, value);
  key.kind = HG_CREDENTIAL_KEY;
  key.value = str("secret");
  key.place = 99;  // behind the end
  EXPECT_EQ(credential.set(&call, &key), HG_OK);
  EXPECT_EQ(call.last(), "credential_set secret");
  EXPECT_EQ(call.credential.place, static_cast<std::uint32_t>(HG_PLACE_DEFAULT));

  key.size = HG_END_OF(hg_credential, prefix);
  EXPECT_EQ(credential.set(&call, &key), HG_INVALID);
  key.place = HG_PLACE_HEADER;
  EXPECT_EQ(credential.place(&call, &key), HG_INVALID) << "a header without a name";
  key.name = str("x-key");
  EXPECT_EQ(credential.place(&call, &key), HG_OK);
  EXPECT_EQ(call.last(), "credential_place secret");
  EXPECT_EQ(view(call.credential.name), "x-key");

  key.kind = 77;
  EXPECT_EQ(credential.set(&call, &key), HG_OK);
  EXPECT_EQ(call.credential.kind, static_cast<std::uint32_t>(HG_CREDENTIAL_NONE));
}

TEST_F(HostTables, HandServicesOn) {
  EXPECT_EQ(endpoints.evict(host, 5, HG_SCOPE_KEY, 1000, 50), HG_OK);
  EXPECT_EQ(services.asked, "evict 5 2 1000 50 0");
  EXPECT_EQ(endpoints.evict(host, 5, 99, 1000, 100), HG_OK);
  EXPECT_EQ(services.asked, "evict 5 1 1000 100 0") << "an unknown scope is the endpoint";
  hg_eviction order{};
  order.size = HG_END_OF(hg_eviction, cause);
  order.scope = HG_SCOPE_KEY_MODEL;
  order.endpoint = 6;
  order.milliseconds = 2000;
  order.max_percent = 40;
  order.cause = HG_CAUSE_RETRY_AFTER;
  EXPECT_EQ(endpoints.evict_for(host, &order), HG_OK);
  EXPECT_EQ(services.asked, "evict 6 4 2000 40 3");
  order.cause = 99;
  EXPECT_EQ(endpoints.evict_for(host, &order), HG_OK);
  EXPECT_EQ(services.asked, "evict 6 4 2000 40 0") << "an unknown cause is another one";
  order.cause = HG_CAUSE_KEY;
  order.size = HG_END_OF(hg_eviction, max_percent);
  EXPECT_EQ(endpoints.evict_for(host, &order), HG_OK);
  EXPECT_EQ(services.asked, "evict 6 4 2000 40 0")
      << "what the plugin's struct has not is not read";
  EXPECT_EQ(services.health, -1);
  order.restore_health = 0.25;
  EXPECT_EQ(endpoints.evict_for(host, &order), HG_OK);
  EXPECT_EQ(services.health, -1) << "nor is the health";
  order.size = HG_END_OF(hg_eviction, restore_health);
  EXPECT_EQ(endpoints.evict_for(host, &order), HG_OK);
  EXPECT_EQ(services.health, 0.25);
  services.asked.clear();
  for (const double bad : {1.01, std::numeric_limits<double>::quiet_NaN()}) {
    order.restore_health = bad;
    EXPECT_EQ(endpoints.evict_for(host, &order), HG_INVALID) << bad;
  }
  EXPECT_EQ(services.asked, "");
  services.result = HG_GONE;
  EXPECT_EQ(endpoints.restore(host, 5), HG_GONE);
  EXPECT_EQ(services.asked, "restore 5");
  EXPECT_EQ(async.wake(host, 9), HG_GONE);
  EXPECT_EQ(services.asked, "wake 9");
  services.asked.clear();
  EXPECT_EQ(async.wake(host, 0), HG_GONE);
  EXPECT_EQ(services.asked, "") << "no waker has the id 0";
}

TEST_F(HostTables, StartPauses) {
  EXPECT_EQ(async.timer(&call, 600'000), HG_OK);
  EXPECT_EQ(call.last(), "timer 600000");
  EXPECT_EQ(async.waker(&call), 4711u);
}

class HttpTable : public HostTables {
 protected:
  HttpTable() {
    request.size = HG_END_OF(hg_http_request, answer_bytes_max);
    request.upstream = str("guard");
    request.method = str("POST");
    request.target = str("/check?a=1");
    request.header_count = 1;
    request.headers = headers.data();
    request.body = str("text");
    request.timeout = 250;
    request.answer_bytes_max = 4096;
  }
  std::int32_t begin() { return async.http(&call, &request, &id); }

  std::array<hg_http_header, 1> headers{hg_http_header{str("x-a"), str("b")}};
  hg_http_request request{};
  std::uint64_t id = 0;
};

TEST_F(HttpTable, HandsCallsOn) {
  EXPECT_EQ(begin(), HG_OK);
  EXPECT_EQ(id, 4712u);
  EXPECT_EQ(call.last(), "http guard POST /check?a=1 text 1 250 4096");
  EXPECT_EQ(view(call.http_request.headers[0].value), "b");
  call.result = HG_NOT_FOUND;
  EXPECT_EQ(begin(), HG_NOT_FOUND);
}

// A plugin that was built before the later fields were there.
TEST_F(HttpTable, TakesAShorterRequest) {
  request.size = HG_END_OF(hg_http_request, target);
  EXPECT_EQ(begin(), HG_INVALID) << "headers are counted that it does not have";
  request.header_count = 0;
  EXPECT_EQ(begin(), HG_OK);
  EXPECT_EQ(call.last(), "http guard POST /check?a=1  0 0 0");
}

TEST_F(HttpTable, RefusesWhatMakesNoSense) {
  EXPECT_EQ(async.http(&call, nullptr, &id), HG_INVALID);
  EXPECT_EQ(async.http(&call, &request, nullptr), HG_INVALID);
  const auto refused = [&](auto change) {
    const hg_http_request before = request;
    change();
    const std::int32_t result = begin();
    request = before;
    return result;
  };
  EXPECT_EQ(refused([&] { request.size = HG_END_OF(hg_http_request, method); }), HG_INVALID);
  EXPECT_EQ(refused([&] { request.upstream = kNullWithLength; }), HG_INVALID);
  EXPECT_EQ(refused([&] { request.method = kNullWithLength; }), HG_INVALID);
  EXPECT_EQ(refused([&] { request.target = kNullWithLength; }), HG_INVALID);
  EXPECT_EQ(refused([&] { request.body = kNullWithLength; }), HG_INVALID);
  EXPECT_EQ(refused([&] { request.headers = nullptr; }), HG_INVALID);
  EXPECT_EQ(refused([&] { headers[0].name = kNullWithLength; }), HG_INVALID);
  headers[0].name = str("x-a");
  EXPECT_EQ(refused([&] { request.header_count = 65; }), HG_LIMIT);
  EXPECT_EQ(refused([&] { request.body.len = 16 * 1024 * 1024 + 1; }), HG_LIMIT);
  EXPECT_EQ(refused([&] { request.answer_bytes_max = 16 * 1024 * 1024 + 1; }), HG_LIMIT);
  EXPECT_EQ(call.last(), "nothing");
}

TEST_F(HttpTable, GivesAnAnswerAsFarAsThePluginKnowsIt) {
  call.known_answer.result = HG_HTTP_TIMEOUT;
  call.known_answer.id = 9;
  call.known_answer.status = 204;
  call.known_answer.error = str("too slow");
  hg_http_answer answer{};
  answer.size = HG_END_OF(hg_http_answer, error);
  EXPECT_EQ(async.http_answer(&call, &answer), HG_OK);
  EXPECT_EQ(answer.result, static_cast<std::uint32_t>(HG_HTTP_TIMEOUT));
  EXPECT_EQ(answer.id, 9u);
  EXPECT_EQ(view(answer.error), "too slow");
  hg_http_answer shorter{};
  shorter.size = HG_END_OF(hg_http_answer, id);
  EXPECT_EQ(async.http_answer(&call, &shorter), HG_OK);
  EXPECT_EQ(shorter.id, 9u);
  EXPECT_EQ(shorter.status, 0u);
  EXPECT_EQ(shorter.size, HG_END_OF(hg_http_answer, id));
  EXPECT_EQ(async.http_answer(&call, nullptr), HG_INVALID);
  shorter.size = 4;
  EXPECT_EQ(async.http_answer(&call, &shorter), HG_INVALID);
  call.result = HG_NOT_FOUND;
  answer.id = 1;
  EXPECT_EQ(async.http_answer(&call, &answer), HG_NOT_FOUND);
  EXPECT_EQ(answer.id, 1u) << "untouched";
}

TEST_F(HostTables, CollectTheFaultsOfCreate) {
  FaultList faults;
  host->fail(faults.handle(), str("/keys/0"), str("too short"));
  host->fail(faults.handle(), str(""), str("and more"));
  host->fail(nullptr, str(""), str("nobody listens"));
  const std::vector<PluginFault> found_faults = faults.take();
  ASSERT_EQ(found_faults.size(), 2u);
  EXPECT_EQ(found_faults[0].json_pointer, "/keys/0");
  EXPECT_EQ(found_faults[0].message, "too short");
  EXPECT_EQ(found_faults[1].message, "and more");
}

TEST_F(HostTables, BoundTheFaultsOfCreate) {
  FaultList faults;
  const std::string long_text(FaultList::kTextBytesMax + 1, 'x');
  for (std::size_t i = 0; i < FaultList::kFaultsMax + 5; ++i) {
    host->fail(faults.handle(), str("/a"), str(long_text));
  }
  const std::vector<PluginFault> found_faults = faults.take();
  EXPECT_EQ(found_faults.size(), FaultList::kFaultsMax);
  EXPECT_EQ(found_faults[0].message.size(), FaultList::kTextBytesMax);
}

TEST_F(HostTables, WriteOneLogLineWithThePluginInFront) {
  ::testing::internal::CaptureStderr();
  host->log(host, HG_LOG_WARN, str("first\nERROR forged\x1b[0m"));
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, ::testing::HasSubstr("test.plugin: first ERROR forged [0m"));
}

#ifndef NDEBUG
using HostTablesDeathTest = HostTables;

TEST_F(HostTablesDeathTest, StopAPluginThatUsesARequestOutsideItsCallback) {
  FakeCall kept;
  EXPECT_DEATH(message.status(&kept), "status");
}

TEST_F(HostTablesDeathTest, StopAPluginThatUsesARequestOnAnotherThread) {
  EXPECT_DEATH(std::thread([this] { message.status(&call); }).join(), "no plugin");
}
#endif

}  // namespace
}  // namespace headgate::plugin
