#include "core/observe/access_expressions.hpp"

#include <gtest/gtest.h>

#include "core/base/expression_variables.hpp"
#include "core/observe/access_format.hpp"
#include "core/observe/access_log.hpp"
#include "tests/core/observe/sample_record.hpp"

namespace headgate::observe {
namespace {

ExpressionProgram compiled(std::string_view text) {
  auto made = hg::expression::compile(text, variables::kOfLog);
  EXPECT_TRUE(made.program) << made.problem.to_string();
  return made.program;
}

bool wants(std::string_view filter, const AccessRecord& record) {
  return AccessExpressions(compiled(filter), {}).wants(record);
}

TEST(AccessExpressions, KnowWhatARecordSays) {
  AccessRecord record;
  fill_sample(record);
  record.add_header("user-agent", "curl/8");
  record.add_attribute({"seats", "7", {}});
  record.add_attribute({"share", "0.5", {}});
  record.add_attribute({"free", "true", {}});
  record.add_attribute({"list", "[1,2]", {}});
  for (const char* text :
       {"request.method == 'POST'",
        "request.path == '/v1/chat'",
        "request.uri == '/v1/chat?key=***'",
        "request.host == 'example.com'",
        "request.headers['User-Agent'] == 'curl/8'",
        "has(response) && response.code == 200",
        "source.address == '127.0.0.1' && source.port == 40000",
        "backend.name == 'models'",
        "has(llm) && llm.requestModel == 'fast' && llm.responseModel == 'model-1'",
        "llm.provider == 'kind' && llm.streaming",
        "[llm.inputTokens, llm.outputTokens, llm.totalTokens, llm.cachedInputTokens, "
        "llm.reasoningTokens] == [10, 0, 30, 4, 5]",
        "headgate.listener == 'default' && headgate.route == 'chat'",
        "headgate.endpoint == 'second' && headgate.attempts == 2",
        "headgate.error == 'cut' && headgate.requestId == 'r-1'",
        "headgate.durationMs == 1250.004 && headgate.timeToFirstTokenMs == 80.05",
        "headgate.heldMs == 700.0",
        "headgate.attributes['team'] == 'a b' && !('Team' in headgate.attributes)",
        "headgate.attributes['seats'] == 7 && headgate.attributes['share'] == 0.5",
        "headgate.attributes['free'] == true",
        "headgate.attributes['list'] == '[1,2]'"}) {
    EXPECT_TRUE(wants(text, record)) << text;
  }
}

TEST(AccessExpressions, KnowWhatARecordDoesNotSay) {
  AccessRecord record;  // of a client that left before it had said anything
  for (const hg::expression::Variable& variable : variables::kOfLog) {
    if (variable.id == variables::request_headers || variable.id == variables::log_attributes ||
        variable.id == variables::log_attempts || variable.id == variables::log_duration)
      continue;
    const std::string has = "has(" + std::string(variable.name) + ")";
    EXPECT_FALSE(wants(has, record)) << has;
  }
  EXPECT_TRUE(wants("!has(response) || response.code > 299", record));
  EXPECT_FALSE(wants("response.code > 299", record)) << "what comes to an error is not true";
  record.client_address = "[::1]:4000";
  EXPECT_TRUE(wants("source.address == '::1' && source.port == 4000", record));
}

TEST(AccessExpressions, SayWhichHeadersTheyRead) {
  const AccessExpressions expressions(compiled("request.headers['X-Team'] == 'a'"),
                                      {{"a", compiled("request.headers['x-team']")},
                                       {"b", compiled("request.headers.accept")},
                                       {"c", compiled("request.path")}});
  EXPECT_EQ(expressions.headers(), (std::vector<std::string>{"x-team", "accept"}));
  EXPECT_TRUE(AccessExpressions().headers().empty());
}

TEST(AccessExpressions, MakeFieldsOfALine) {
  AccessRecord record;
  fill_sample(record);
  const AccessExpressions expressions(nullptr,
                                      {{"who", compiled("request.method + ' \"' + request.path")},
                                       {"total", compiled("llm.inputTokens + 1")},
                                       {"share", compiled("double(llm.inputTokens) / 4.0")},
                                       {"none", compiled("0.0 / 0.0")},
                                       {"ok", compiled("response.code < 300")},
                                       {"missing", compiled("request.headers['nope']")},
                                       {"nothing", compiled("null")},
                                       {"unsigned", compiled("18446744073709551615u")},
                                       {"odd name=", compiled("'x'")},
                                       {"level", compiled("'forged'")},
                                       {"list", compiled("dyn([1])")}});
  AddedValues values;
  FieldSelection fields;
  for (int i = 0; i < static_cast<int>(AccessField::count); ++i)
    fields.remove(name_of(static_cast<AccessField>(i)));
  fields.remove("team");
  TextBuffer out;
  append_json_line(out, record, fields, values.of(expressions, record));
  EXPECT_EQ(out.view(),
            R"({"level":"info","message":"request","who":"POST \"/v1/chat","total":11,)"
            R"("share":2.5,"none":null,"ok":true,"nothing":null,"unsigned":18446744073709551615,)"
            R"("odd name=":"x","attribute.level":"forged"})"
            "\n");
  out.clear(0);
  append_text_line(out, record, fields, values.of(expressions, record));
  EXPECT_EQ(out.view(),
            "info request who=\"POST \\\"/v1/chat\" total=11 share=2.5 none=null ok=true "
            "nothing=null unsigned=18446744073709551615 \"odd name=\"=x attribute.level=forged\n");
}

class Sink final : public LogSink {
 public:
  explicit Sink(std::string& lines) : lines_(lines) {}
  bool write(std::string_view lines, const std::atomic<bool>&) override {
    lines_ += lines;
    return true;
  }

 private:
  std::string& lines_;
};

TEST(AccessExpressions, KeepOutOfTheLogWhatTheFilterDoesNotWant) {
  std::string lines;
  AccessLogOptions options;
  options.expressions = AccessExpressions(compiled("response.code >= 500"),
                                          {{"code", compiled("string(response.code)")}});
  for (int i = 0; i < static_cast<int>(AccessField::count); ++i)
    options.fields.remove(name_of(static_cast<AccessField>(i)));
  AccessLog log(options, 1, std::make_unique<Sink>(lines));
  AccessLogWriter& writer = log.worker(0);
  for (const int status : {200, 500, 404, 503}) {
    AccessRecord& record = writer.begin();
    record.status = status;
    record.add_header("a", "b");
    writer.submit(record);
  }
  EXPECT_EQ(log.drain(), 2u);
  EXPECT_EQ(lines, "info request code=500\ninfo request code=503\n");
  EXPECT_EQ(log.written(), 2u);
  EXPECT_EQ(log.dropped(), 0u);
  EXPECT_TRUE(writer.begin().headers().empty()) << "nothing of one request gets into another's";
}

TEST(AccessExpressions, CutAHeaderThatIsVeryLong) {
  AccessRecord record;
  const std::string value(100'000, 'x');
  record.add_header("long", value);
  EXPECT_EQ(record.headers()[0].second.size(), AccessRecord::kHeaderBytesMax);
}

}  // namespace
}  // namespace headgate::observe
