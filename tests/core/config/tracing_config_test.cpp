#include "core/config/tracing_config.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

LoadedConfig load(const World& world, const std::string& tracing) {
  return load_config(
      "config:\n  tracing: " + tracing + "\nbinds: [{port: 1, listeners: [{routes: []}]}]\n", "f",
      test_plugins(), world.environment());
}

std::string faults_in(const std::string& tracing, const World& world = {}) {
  return to_string(load(world, tracing).faults);
}

TEST(TracingConfig, IsOffWhereItIsNotThere) {
  const World world;
  const LoadedConfig loaded = load_config("binds: [{port: 1, listeners: [{routes: []}]}]\n", "f",
                                          test_plugins(), world.environment());
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded.config->fixed.tracing);
}

TEST(TracingConfig, HasTheDefaultsOfTheReferenceSystem) {
  const LoadedConfig loaded = load(World(), "{otlpEndpoint: http://localhost:4318}");
  ASSERT_TRUE(loaded) << to_string(loaded.faults);
  const TracingConfig& tracing = *loaded.config->fixed.tracing;
  EXPECT_EQ(tracing.path, "/v1/traces");
  EXPECT_EQ(tracing.random_sampling, 0);
  EXPECT_EQ(tracing.client_sampling, 1);
  EXPECT_FALSE(tracing.endpoint.tls);
  EXPECT_EQ(tracing.endpoint.address, Address::tcp("localhost", 4318));
}

TEST(TracingConfig, ReadsAllKeys) {
  World world;
  world.variables["KEY"] = "key-of-the-collector";
  const LoadedConfig loaded =
      load(world,
           "{otlpEndpoint: 'https://otel.example.com/base/', otlpProtocol: http, path: /v2/t, "
           "headers: {x-team: a, authorization: Bearer $KEY}, randomSampling: 0.25, "
           "clientSampling: false, fields: {add: {user: 'request.headers[\"x-user\"]'}, "
           "remove: [client.address]}}");
  ASSERT_TRUE(loaded) << to_string(loaded.faults);
  const TracingConfig& tracing = *loaded.config->fixed.tracing;
  EXPECT_TRUE(tracing.endpoint.tls);
  EXPECT_EQ(tracing.endpoint.address, Address::tcp("otel.example.com", 443));
  EXPECT_EQ(tracing.endpoint.authority, "otel.example.com");
  EXPECT_EQ(tracing.endpoint.base_path, "/base");
  EXPECT_EQ(tracing.path, "/v2/t");
  ASSERT_EQ(tracing.headers.size(), 2u);
  EXPECT_EQ(tracing.headers[1].name, "authorization");
  EXPECT_EQ(tracing.headers[1].value.reveal(), "Bearer key-of-the-collector");
  EXPECT_EQ(tracing.random_sampling, 0.25);
  EXPECT_EQ(tracing.client_sampling, 0);
  ASSERT_EQ(tracing.add_fields.size(), 1u);
  EXPECT_EQ(tracing.remove_fields, std::vector<std::string>{"client.address"});
}

TEST(TracingConfig, TakesSharesAsNumbersWordsAndTexts) {
  for (const auto& [written, share] : std::initializer_list<std::pair<const char*, double>>{
           {"true", 1}, {"false", 0}, {"0", 0}, {"1", 1}, {"'0.5'", 0.5}, {"'1.0'", 1}}) {
    const LoadedConfig loaded =
        load(World(), "{otlpEndpoint: 'c:1', randomSampling: " + std::string(written) + "}");
    ASSERT_TRUE(loaded) << to_string(loaded.faults);
    EXPECT_EQ(loaded.config->fixed.tracing->random_sampling, share) << written;
  }
  for (const char* wrong : {"1.1", "-0.1", "nan", "inf", "half", "''", "10%"}) {
    EXPECT_NE(faults_in("{otlpEndpoint: 'c:1', randomSampling: " + std::string(wrong) + "}")
                  .find("'randomSampling' must be true, false or a number from 0 to 1"),
              std::string::npos)
        << wrong;
  }
}

TEST(TracingConfig, SaysWhatToWriteInPlaceOfGrpc) {
  EXPECT_EQ(faults_in("{otlpEndpoint: 'http://c:4317', otlpProtocol: grpc}"),
            "f:2:58: 'otlpProtocol': 'grpc' is not supported yet; it must be 'http' (OTLP over "
            "HTTP; a collector takes it on port 4318)");
}

TEST(TracingConfig, NeedsAnEndpoint) {
  EXPECT_EQ(faults_in("{}"), "f:2:12: missing key 'otlpEndpoint' in 'tracing'");
}

TEST(TracingConfig, RefusesHeadersThatAreNone) {
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "'a b'", "'a:b'", "''"}) {
    EXPECT_NE(faults_in("{otlpEndpoint: 'c:1', headers: {" + std::string(name) + ": x}}")
                  .find("is no header that can be set here"),
              std::string::npos)
        << name;
  }
}

TEST(TracingConfig, NeverShowsTheValueOfAHeader) {
  World world;
  world.variables["KEY"] = "the-secret\r\nx: y";
  const std::string faults = faults_in("{otlpEndpoint: 'c:1', headers: {a: $KEY}}", world);
  EXPECT_NE(faults.find("the value of 'a' has a byte that no header can have"), std::string::npos);
  EXPECT_EQ(faults.find("the-secret"), std::string::npos);
}

TEST(TracingConfig, HeadersThatDifferMakeADifference) {
  TracingConfig left, right;
  left.headers.push_back({"a", Secret("1")});
  right.headers.push_back({"a", Secret("2")});
  EXPECT_FALSE(left == right);
  right.headers[0].value = Secret("1");
  EXPECT_TRUE(left == right);
}

TEST(OtlpEndpoint, IsAUrlOrAHostWithAPort) {
  const auto plain = parse_otlp_endpoint("collector:4318");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->authority, "collector:4318");
  EXPECT_EQ(parse_otlp_endpoint("http://collector")->address.port, 80);
  EXPECT_EQ(parse_otlp_endpoint("https://[::1]")->address, Address::tcp("::1", 443));
  EXPECT_EQ(parse_otlp_endpoint("https://[::1]:4318/a/b//")->base_path, "/a/b");
  EXPECT_EQ(parse_otlp_endpoint("http://c:1/")->base_path, "");
  for (const char* wrong :
       {"", "collector", "http://", "http://:4318", "http://c:0", "http://c:70000", "http://c:x",
        "http://user:pass@c:1", "http://c:1?x=y", "http://c:1/#f", "ftp://c:1", "unix:/run/c",
        "http://unix:/run/c", "off", "http://c:1/a b", "http://c:1/\n"}) {
    EXPECT_FALSE(parse_otlp_endpoint(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace headgate::config
