#include "core/observe/access_format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/core/observe/sample_record.hpp"

namespace headgate::observe {
namespace {

std::string text_line(const AccessRecord& record, const FieldSelection& fields = {}) {
  TextBuffer out;
  append_text_line(out, record, fields);
  return std::string(out.view());
}

std::string json_line(const AccessRecord& record, const FieldSelection& fields = {}) {
  TextBuffer out;
  append_json_line(out, record, fields);
  return std::string(out.view());
}

TEST(AccessFormat, WritesAllFieldsAsText) {
  AccessRecord record;
  fill_sample(record);
  EXPECT_EQ(
      text_line(record),
      "2027-01-15T08:00:00.042Z info request listener=default route=chat backend=models "
      "src.addr=127.0.0.1:40000 http.method=POST http.host=example.com "
      "http.path=\"/v1/chat?key=***\" http.status=200 dialect=some.chat "
      "gen_ai.operation.name=chat gen_ai.provider.name=kind endpoint=second "
      "gen_ai.request.model=fast gen_ai.response.model=model-1 gen_ai.usage.input_tokens=10 "
      "gen_ai.usage.output_tokens=0 gen_ai.usage.total_tokens=30 "
      "gen_ai.usage.cache_read.input_tokens=4 gen_ai.usage.reasoning.output_tokens=5 stream=true "
      "attempts=first:429:rate_limited:12.000ms,second:200:80.250ms "
      "http.request.body.size=1024 http.response.body.size=99 held=700.000ms "
      "time_to_first_token=80.050ms "
      "duration=1250.004ms error=cut request.id=r-1 team=\"a b\"\n");
}

TEST(AccessFormat, WritesAllFieldsAsJson) {
  AccessRecord record;
  fill_sample(record);
  EXPECT_EQ(
      json_line(record),
      R"({"time":"2027-01-15T08:00:00.042Z","level":"info","message":"request",)"
      R"("listener":"default","route":"chat","backend":"models",)"
      R"("src.addr":"127.0.0.1:40000","http.method":"POST","http.host":"example.com",)"
      R"("http.path":"/v1/chat?key=***","http.status":200,"dialect":"some.chat",)"
      R"("gen_ai.operation.name":"chat","gen_ai.provider.name":"kind","endpoint":"second",)"
      R"("gen_ai.request.model":"fast","gen_ai.response.model":"model-1",)"
      R"("gen_ai.usage.input_tokens":10,"gen_ai.usage.output_tokens":0,)"
      R"("gen_ai.usage.total_tokens":30,"gen_ai.usage.cache_read.input_tokens":4,)"
      R"("gen_ai.usage.reasoning.output_tokens":5,"stream":true,)"
      R"("attempts":[{"endpoint":"first","status":429,"error":"rate_limited",)"
      R"("duration_ms":12.000},{"endpoint":"second","status":200,"duration_ms":80.250}],)"
      R"("http.request.body.size":1024,"http.response.body.size":99,)"
      R"("held_ms":700.000,"time_to_first_token_ms":80.050,"duration_ms":1250.004,"error":"cut",)"
      R"("request.id":"r-1","team":"a b"})"
      "\n");
}

TEST(AccessFormat, LeavesOutWhatIsNotKnown) {
  const AccessRecord record{};
  EXPECT_EQ(text_line(record),
            "1970-01-01T00:00:00.000Z info request http.status=0 http.request.body.size=0 "
            "http.response.body.size=0 duration=0.000ms\n");
  EXPECT_EQ(json_line(record),
            R"({"time":"1970-01-01T00:00:00.000Z","level":"info","message":"request",)"
            R"("http.status":0,"http.request.body.size":0,"http.response.body.size":0,)"
            R"("duration_ms":0.000})"
            "\n");
}

TEST(AccessFormat, KeepsALineWholeWhateverAClientSent) {
  AccessRecord record;
  record.target = "/a\nhttp.status=200 x=\"";
  record.method = "";
  record.host = "\xff\x01";
  const std::string line = text_line(record);
  EXPECT_NE(line.find(R"(http.host="\ufffd\u0001" http.path="/a\nhttp.status=200 x=\"" )"),
            std::string::npos)
      << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(json_line(record).find('\n'), json_line(record).size() - 1);
}

TEST(AccessFormat, LeavesOutRemovedFieldsAndAttributes) {
  AccessRecord record;
  fill_sample(record);
  record.add_attribute({"cost", "1", {}});
  FieldSelection fields;
  for (int i = 0; i < static_cast<int>(AccessField::count); ++i) {
    const auto field = static_cast<AccessField>(i);
    if (field != AccessField::duration) fields.remove(name_of(field));
  }
  fields.remove("team");
  EXPECT_EQ(text_line(record, fields), "info request duration=1250.004ms cost=1\n");
  EXPECT_EQ(json_line(record, fields),
            "{\"level\":\"info\",\"message\":\"request\",\"duration_ms\":1250.004,\"cost\":1}\n");
}

TEST(AccessFormat, LeavesOutFieldsByTheNamesThatALineInJsonShows) {
  AccessRecord record;
  fill_sample(record);
  FieldSelection fields;
  fields.remove("duration_ms");
  fields.remove("time_to_first_token_ms");
  EXPECT_NE(json_line(record).find("\"time_to_first_token_ms\":"), std::string::npos);
  const std::string line = json_line(record, fields);
  EXPECT_EQ(line.find("time_to_first_token"), std::string::npos) << line;
  EXPECT_EQ(line.find("\"duration_ms\":1250.004"), std::string::npos) << line;
  EXPECT_EQ(text_line(record, fields).find(" duration="), std::string::npos);
}

TEST(AccessFormat, DoesNotLetAnAttributePassForAField) {
  AccessRecord record;
  record.add_attribute({"http.status", "7", {}});
  record.add_attribute({"level", R"("x")", "x"});
  EXPECT_NE(text_line(record).find(" attribute.http.status=7 attribute.level=x\n"),
            std::string::npos);
}

TEST(AccessFormat, SaysHowManyAttemptsAreNotListed) {
  AccessRecord record;
  for (int i = 0; i < 10; ++i) record.add_attempt().endpoint = "e";
  EXPECT_NE(text_line(record).find(",e:0.000ms,+2 "), std::string::npos) << text_line(record);
  EXPECT_NE(json_line(record).find(R"(],"attempts_not_listed":2,)"), std::string::npos);
}

TEST(AccessFormat, DoesNotTakeEveryAttributeForAField) {
  AccessRecord record;
  record.add_attribute({"auth.method", R"("x")", "x"});
  record.add_attribute({"", R"("y")", "y"});
  EXPECT_NE(json_line(record).find(R"(,"auth.method":"x","":"y"})"), std::string::npos)
      << json_line(record);
}

TEST(AccessFormat, WritesAttributesAsTheJsonThatTheyAre) {
  AccessRecord record;
  record.add_attribute({"auth.method", R"("apiKey")", "apiKey"});
  record.add_attribute({"auth.metadata", R"({"team":"a","seats":[1,2]})", {}});
  record.add_attribute({"said", R"("a \"b\"\n")", "a \"b\"\n"});
  record.add_attribute({"free", "true", {}});
  EXPECT_NE(json_line(record).find(
                R"(,"auth.method":"apiKey","auth.metadata":{"team":"a","seats":[1,2]},)"
                R"("said":"a \"b\"\n","free":true})"),
            std::string::npos)
      << json_line(record);
  EXPECT_NE(text_line(record).find(R"( auth.method=apiKey auth.metadata="{\"team\":\"a\",)"
                                   R"(\"seats\":[1,2]}" said="a \"b\"\n" free=true)"),
            std::string::npos)
      << text_line(record);
}

TEST(AccessFormat, CutsAttributesThatAreTooLong) {
  constexpr std::size_t kMost = AccessAttribute::kShownBytesMax;
  const std::string text(kMost, 'x');
  const std::string json = '"' + text + "yz\"";
  const std::string object = R"({"a":")" + text + "\"}";
  AccessRecord record;
  record.add_attribute({"text", json, std::string_view(json).substr(1, kMost + 2)});
  record.add_attribute({"object", object, {}});
  const std::string line = json_line(record);
  EXPECT_NE(line.find(R"("text":")" + text + R"(","object":"{\"a\":\"xxx)"), std::string::npos);
  EXPECT_LT(line.size(), 2 * kMost + 400);
  EXPECT_TRUE(line.ends_with("xxx\"}\n"));
  EXPECT_LT(text_line(record).size(), 2 * kMost + 400);
}

TEST(AccessFormat, KnowsTheNamesOfAllItsFields) {
  for (int i = 0; i < static_cast<int>(AccessField::count); ++i) {
    const std::string name(name_of(static_cast<AccessField>(i)));
    AccessRecord record;
    record.add_attribute({name, R"("x")", "x"});
    EXPECT_NE(json_line(record).find("\"attribute." + name + "\":\"x\"}"), std::string::npos);
  }
}

TEST(AccessFormat, HasRoomForEverythingThatMustBeEscaped) {
  const std::string bad(700, '\x01');
  std::string escaped;
  for (std::size_t i = 0; i < bad.size(); ++i) escaped += "\\u0001";
  AccessRecord record;
  for (std::string_view* text :
       {&record.listener, &record.route, &record.backend, &record.client_address, &record.method,
        &record.host, &record.target, &record.dialect, &record.operation, &record.provider,
        &record.provider_kind, &record.request_model, &record.upstream_model, &record.error_code,
        &record.request_id}) {
    *text = bad;
  }
  for (std::size_t i = 0; i < AccessRecord::kListedAttemptsMax; ++i) {
    AccessAttempt& attempt = record.add_attempt();
    attempt.endpoint = bad;
    attempt.error_code = bad;
    attempt.status = 999;
    attempt.duration = std::chrono::nanoseconds::max();
  }
  const std::string quoted = "\"" + escaped + "\"";
  for (std::size_t i = 0; i < AccessRecord::kAttributesMax; ++i) {
    record.add_attribute({bad, quoted, bad});
  }
  constexpr std::size_t kTexts =
      15 + 2 * (AccessRecord::kListedAttemptsMax + AccessRecord::kAttributesMax);

  for (const auto& line : {json_line(record), text_line(record)}) {
    std::size_t found = 0;
    for (std::size_t at = line.find(escaped); at != std::string::npos; ++found) {
      at = line.find(escaped, at + escaped.size());
    }
    EXPECT_EQ(found, kTexts);
    EXPECT_EQ(line.back(), '\n');
  }
}

TEST(AccessFormat, WritesNumbersOfAnySize) {
  for (const std::uint64_t count :
       {0ull, 9ull, 10ull, 99ull, 100ull, 999ull, 1000ull, 18'446'744'073'709'551'615ull}) {
    AccessRecord record;
    record.bytes_in = count;
    EXPECT_NE(json_line(record).find("body.size\":" + std::to_string(count) + ","),
              std::string::npos);
  }
  AccessRecord record;
  record.duration = std::chrono::microseconds(7);
  record.first_token = std::chrono::microseconds(-5);
  EXPECT_NE(json_line(record).find("token_ms\":0.000,\"duration_ms\":0.007"), std::string::npos);
}

TEST(AccessFormat, WritesEveryDayOfTheCalendar) {
  using std::chrono::days;
  for (int day = -400; day < 40'000; ++day) {
    const std::chrono::sys_days date{days(day)};
    std::array<char, kTimeBytes> text;
    const char* const end = write_time(text.data(), WallTime(date) + std::chrono::seconds(86'399));
    ASSERT_EQ(end, text.data() + text.size());
    const std::chrono::year_month_day parts(date);
    std::array<char, 32> expected;
    std::snprintf(expected.data(), expected.size(), "%04d-%02u-%02uT23:59:59.000Z",
                  static_cast<int>(parts.year()), static_cast<unsigned>(parts.month()),
                  static_cast<unsigned>(parts.day()));
    ASSERT_EQ(std::string_view(text.data(), text.size()), expected.data());
  }
}

TEST(AccessFormat, PadsTheTime) {
  std::array<char, kTimeBytes> text;
  write_time(text.data(), WallTime(std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)) +
                              std::chrono::hours(3) + std::chrono::minutes(4) +
                              std::chrono::seconds(5) + std::chrono::microseconds(6999));
  EXPECT_EQ(std::string_view(text.data(), text.size()), "2024-02-29T03:04:05.006Z");
}

}  // namespace
}  // namespace headgate::observe
