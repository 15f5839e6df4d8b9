#include "core/observe/span_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>

#include "core/base/expression_variables.hpp"
#include "tests/core/observe/sample_record.hpp"

namespace headgate::observe {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

Trace trace_of_a_client() {
  Trace trace;
  trace.self = *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  trace.parent = 0x00f067aa0ba902b7;
  return trace;
}

AttemptSpan second_attempt() {
  AttemptSpan attempt;
  attempt.id = 0x0123456789abcdef;
  attempt.number = 2;
  attempt.start = milliseconds(12);
  attempt.end = milliseconds(92);
  attempt.first_token = milliseconds(68);
  attempt.endpoint = "second";
  attempt.provider_kind = "kind";
  attempt.model = "model-1";
  attempt.host = "api.example.com";
  attempt.port = 443;
  attempt.status = 200;
  attempt.reason = "only";
  attempt.input_tokens = 10;
  attempt.output_tokens = 9'007'199'254'740'993;
  return attempt;
}

// The spans as the attributes of each: name -> value.
struct Spans {
  explicit Spans(const std::string& text) : spans(json::parse("[" + text + "]").as_array()) {}

  std::string text(std::size_t index, const char* key) const {
    return std::string(spans.at(index).at(key).as_string());
  }
  // An attribute as JSON; empty when it is not there.
  std::string attribute(std::size_t index, std::string_view name) const {
    for (const json::value& each : spans.at(index).at("attributes").as_array()) {
      if (each.at("key").as_string() == json::string_view(name.data(), name.size())) {
        return json::serialize(each.at("value"));
      }
    }
    return {};
  }
  bool failed(std::size_t index) const { return spans.at(index).as_object().contains("status"); }

  json::array spans;
};

class SpanText : public testing::Test {
 protected:
  SpanText() { fill_sample(record); }
  Spans spans() const { return Spans(write_spans(trace, record, attempts, fields)); }

  AccessRecord record;
  Trace trace = trace_of_a_client();
  std::vector<AttemptSpan> attempts{second_attempt()};
  SpanFields fields;
};

// Golden: the form of OTLP's JSON, each byte of it.
TEST_F(SpanText, IsOtlpJson) {
  record.error_code = {};
  EXPECT_EQ(write_spans(trace, record, attempts, fields),
            R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",)"
            R"("parentSpanId":"00f067aa0ba902b7","name":"chat fast","kind":2,)"
            R"("startTimeUnixNano":"1800000000042000000","endTimeUnixNano":"1800000001292004000",)"
            R"("attributes":[)"
            R"({"key":"http.request.method","value":{"stringValue":"POST"}},)"
            R"({"key":"url.path","value":{"stringValue":"/v1/chat"}},)"
            R"({"key":"url.scheme","value":{"stringValue":"http"}},)"
            R"({"key":"http.route","value":{"stringValue":"chat"}},)"
            R"({"key":"http.response.status_code","value":{"intValue":"200"}},)"
            R"({"key":"server.address","value":{"stringValue":"example.com"}},)"
            R"({"key":"client.address","value":{"stringValue":"127.0.0.1"}},)"
            R"({"key":"client.port","value":{"intValue":"40000"}},)"
            R"({"key":"network.protocol.version","value":{"stringValue":"1.1"}},)"
            R"({"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},)"
            R"({"key":"gen_ai.provider.name","value":{"stringValue":"kind"}},)"
            R"({"key":"gen_ai.request.model","value":{"stringValue":"fast"}},)"
            R"({"key":"gen_ai.response.model","value":{"stringValue":"model-1"}},)"
            R"({"key":"gen_ai.request.stream","value":{"boolValue":true}},)"
            R"({"key":"gen_ai.response.time_to_first_chunk","value":{"doubleValue":0.08005}},)"
            R"({"key":"headgate.listener","value":{"stringValue":"default"}},)"
            R"({"key":"headgate.backend","value":{"stringValue":"models"}},)"
            R"({"key":"headgate.endpoint","value":{"stringValue":"second"}},)"
            R"({"key":"headgate.attempts","value":{"intValue":"2"}},)"
            R"({"key":"headgate.request.id","value":{"stringValue":"r-1"}}]},)"
            R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"0123456789abcdef",)"
            R"("parentSpanId":"b7ad6b7169203331","name":"chat model-1","kind":3,)"
            R"("startTimeUnixNano":"1800000000054000000","endTimeUnixNano":"1800000000134000000",)"
            R"("attributes":[)"
            R"({"key":"http.request.method","value":{"stringValue":"POST"}},)"
            R"({"key":"http.response.status_code","value":{"intValue":"200"}},)"
            R"({"key":"server.address","value":{"stringValue":"api.example.com"}},)"
            R"({"key":"server.port","value":{"intValue":"443"}},)"
            R"({"key":"network.protocol.version","value":{"stringValue":"1.1"}},)"
            R"({"key":"http.request.resend_count","value":{"intValue":"1"}},)"
            R"({"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},)"
            R"({"key":"gen_ai.provider.name","value":{"stringValue":"kind"}},)"
            R"({"key":"gen_ai.request.model","value":{"stringValue":"model-1"}},)"
            R"({"key":"gen_ai.request.stream","value":{"boolValue":true}},)"
            R"({"key":"gen_ai.response.time_to_first_chunk","value":{"doubleValue":0.068}},)"
            R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":"10"}},)"
            R"({"key":"gen_ai.usage.output_tokens","value":{"intValue":"9007199254740993"}},)"
            R"({"key":"headgate.endpoint","value":{"stringValue":"second"}},)"
            R"({"key":"headgate.attempt.number","value":{"intValue":"2"}},)"
            R"({"key":"headgate.attempt.outcome","value":{"stringValue":"success"}},)"
            R"({"key":"headgate.pick.reason","value":{"stringValue":"only"}}]})");
}

TEST_F(SpanText, AnExportIsAHeadSpansAndATail) {
  const std::string text = export_head("my \"service\"", "1.2") +
                           write_spans(trace, record, attempts, fields) + std::string(kExportTail);
  const json::value parsed = json::parse(text);
  const json::value& resource = parsed.at("resourceSpans").at(0);
  EXPECT_EQ(json::serialize(resource.at("resource")),
            R"({"attributes":[{"key":"service.name","value":{"stringValue":"my \"service\""}},)"
            R"({"key":"service.version","value":{"stringValue":"1.2"}}]})");
  const json::value& scope = resource.at("scopeSpans").at(0);
  EXPECT_EQ(json::serialize(scope.at("scope")), R"({"name":"headgate","version":"1.2"})");
  EXPECT_EQ(scope.at("spans").as_array().size(), 2u);
}

TEST_F(SpanText, ATraceThatBeginsHereHasNoParent) {
  trace.parent = 0;
  EXPECT_FALSE(spans().spans.at(0).as_object().contains("parentSpanId"));
  EXPECT_EQ(spans().text(1, "parentSpanId"), "b7ad6b7169203331");
}

TEST_F(SpanText, WithoutAnOperationNamesTellMethodAndPlace) {
  record.operation = {};
  attempts[0].provider_kind = {};
  EXPECT_EQ(spans().text(0, "name"), "POST chat");
  EXPECT_EQ(spans().text(1, "name"), "POST second");
  EXPECT_EQ(spans().attribute(1, "gen_ai.request.model"), "");
  record.route = {};
  EXPECT_EQ(spans().text(0, "name"), "POST");
}

TEST_F(SpanText, ARequestFailsByOurFaultOrWhereItsAnswerBrokeOff) {
  struct Case {
    int status;
    std::string_view code;
    bool failed;
    std::string_view error;
  };
  for (const Case& each : std::initializer_list<Case>{
           {200, "", false, ""},
           {404, "no_route", false, R"({"stringValue":"no_route"})"},
           {503, "no_endpoint", true, R"({"stringValue":"no_endpoint"})"},
           {502, "", true, R"({"stringValue":"502"})"},
           {200, "upstream_closed", true, R"({"stringValue":"upstream_closed"})"},
           {0, "client_gone", false, R"({"stringValue":"client_gone"})"}}) {
    record.status = each.status;
    record.error_code = each.code;
    EXPECT_EQ(spans().failed(0), each.failed) << each.status << each.code;
    EXPECT_EQ(spans().attribute(0, "error.type"), each.error) << each.status << each.code;
  }
}

TEST_F(SpanText, AnAttemptFailsUnlessNobodyNeededItAnyMore) {
  struct Case {
    int status;
    std::string_view code;
    bool failed;
    std::string_view error;
  };
  for (const Case& each : std::initializer_list<Case>{
           {200, "", false, ""},
           {404, "", true, R"({"stringValue":"404"})"},
           {429, "upstream_status", true, R"({"stringValue":"upstream_status"})"},
           {0, "connect_refused", true, R"({"stringValue":"connect_refused"})"},
           {0, "superseded", false, R"({"stringValue":"superseded"})"},
           {200, "client_gone", false, R"({"stringValue":"client_gone"})"},
           {0, "cancelled", false, R"({"stringValue":"cancelled"})"}}) {
    attempts[0].status = each.status;
    attempts[0].code = each.code;
    EXPECT_EQ(spans().failed(1), each.failed) << each.status << each.code;
    EXPECT_EQ(spans().attribute(1, "error.type"), each.error) << each.status << each.code;
  }
  attempts[0].code = "superseded";
  attempts[0].beside = "hedge";
  EXPECT_EQ(spans().attribute(1, "headgate.attempt.outcome"), R"({"stringValue":"superseded"})");
  EXPECT_EQ(spans().attribute(1, "headgate.attempt.beside"), R"({"stringValue":"hedge"})");
}

TEST_F(SpanText, AddressesLoseTheirPortsAndBrackets) {
  record.host = "[::1]:8080";
  record.client_address = "[2001:db8::1]:4711";
  EXPECT_EQ(spans().attribute(0, "server.address"), R"({"stringValue":"::1"})");
  EXPECT_EQ(spans().attribute(0, "server.port"), R"({"intValue":"8080"})");
  EXPECT_EQ(spans().attribute(0, "client.address"), R"({"stringValue":"2001:db8::1"})");
  EXPECT_EQ(spans().attribute(0, "client.port"), R"({"intValue":"4711"})");
  record.host = "[::1]";
  record.client_address = "unix";
  EXPECT_EQ(spans().attribute(0, "server.address"), R"({"stringValue":"::1"})");
  EXPECT_EQ(spans().attribute(0, "client.address"), R"({"stringValue":"unix"})");
  EXPECT_EQ(spans().attribute(0, "client.port"), "");
}

TEST_F(SpanText, LongTextsAreCutAndAnyBytesAreValidJson) {
  const std::string target = "/" + std::string(5000, 'x');
  record.target = target;
  record.request_model = "\xff\"\\\n";
  const Spans made = spans();
  EXPECT_EQ(made.attribute(0, "url.path").size(), kSpanTextMax + 18);
  EXPECT_NE(made.attribute(0, "gen_ai.request.model").find("\\\"\\\\\\n"), std::string::npos);
}

TEST_F(SpanText, AttributesCanBeAddedAndLeftOut) {
  const auto program = [](std::string_view text) {
    return hg::expression::compile(text, variables::kOfLog).program;
  };
  std::vector<AddedField> added;
  added.push_back({"user", program("request.headers[\"x-user\"]")});
  added.push_back({"tokens", program("llm.inputTokens + 1")});
  added.push_back({"fast", program("headgate.durationMs < 10.0")});
  added.push_back({"a \"b\"", program("1.5")});
  added.push_back({"none", program("request.headers[\"x-none\"]")});
  fields.added = AccessExpressions(nullptr, std::move(added));
  fields.removed = {"client.address", "headgate.endpoint"};
  record.add_header("x-user", "me");
  const Spans made = spans();
  EXPECT_EQ(made.attribute(0, "user"), R"({"stringValue":"me"})");
  EXPECT_EQ(made.attribute(0, "tokens"), R"({"intValue":"11"})");
  EXPECT_EQ(made.attribute(0, "fast"), R"({"boolValue":false})");
  EXPECT_EQ(made.attribute(0, "a \"b\""), R"({"doubleValue":1.5E0})");
  EXPECT_EQ(made.attribute(0, "none"), "");
  EXPECT_EQ(made.attribute(0, "client.address"), "");
  EXPECT_EQ(made.attribute(0, "headgate.endpoint"), "");
  EXPECT_EQ(made.attribute(1, "headgate.endpoint"), "");
  EXPECT_NE(made.attribute(0, "client.port"), "");
}

}  // namespace
}  // namespace headgate::observe
