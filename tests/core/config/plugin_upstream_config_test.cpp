#include "core/config/plugin_upstream_config.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

std::string file_with(const std::string& upstreams) {
  return "binds: [{port: 1, listeners: [{}]}]\nconfig:\n  plugins:\n    upstreams: " + upstreams +
         "\n";
}

LoadedConfig load(const std::string& upstreams, const World& world = {}) {
  return load_config(file_with(upstreams), "f", test_plugins(), world.environment());
}

TEST(PluginUpstreamConfig, ReadsAllKeys) {
  World world;
  world.files["/roots.pem"] = "x";
  const LoadedConfig loaded = load(
      "{guard: {host: 'guard.example:9000', timeout: 1500ms, "
      "backendTLS: {root: /roots.pem, hostname: inner.example}}, "
      "other: {host: 'unix:/run/other.sock'}}",
      world);
  ASSERT_TRUE(loaded) << to_string(loaded.faults);
  const auto& upstreams = loaded.config->fixed.plugins.upstreams;
  ASSERT_EQ(upstreams.size(), 2u);
  EXPECT_EQ(upstreams[0].alias, "guard");
  EXPECT_EQ(upstreams[0].host, Address::tcp("guard.example", 9000));
  EXPECT_EQ(upstreams[0].timeout, milliseconds(1500));
  ASSERT_TRUE(upstreams[0].backend_tls);
  EXPECT_EQ(upstreams[0].backend_tls->root, "/roots.pem");
  EXPECT_EQ(upstreams[0].backend_tls->hostname, "inner.example");
  EXPECT_EQ(upstreams[1].alias, "other");
  EXPECT_EQ(upstreams[1].host.path, "/run/other.sock");
  EXPECT_FALSE(upstreams[1].backend_tls) << "in clear unless something is said of TLS";
  EXPECT_EQ(upstreams[1].timeout, milliseconds(10'000));
}

TEST(PluginUpstreamConfig, MistakesAreShownWhereTheyAre) {
  const auto faults = [](const std::string& text) { return to_string(load(text).faults); };
  EXPECT_EQ(faults("{guard: {}}"), "f:4:24: missing key 'host' in upstream 'guard'");
  EXPECT_EQ(faults("{guard: {host: 'a:1', hots: 1}}"),
            "f:4:38: unknown key 'hots' in upstream 'guard'; did you mean 'host'?");
  EXPECT_NE(faults("{guard: {host: a}}").find("f:4:31: 'host' must be"), std::string::npos)
      << faults("{guard: {host: a}}");
  EXPECT_NE(faults("{guard: {host: 'a:1', timeout: 11m}}").find("'timeout' must be"),
            std::string::npos);
  EXPECT_NE(faults("{'a b': {host: 'a:1'}}").find("f:4:24: the name of an upstream"),
            std::string::npos)
      << faults("{'a b': {host: 'a:1'}}");
  EXPECT_NE(faults("{guard: {host: 'a:1', backendTLS: {root: /none.pem}}}").find("/none.pem"),
            std::string::npos);
  EXPECT_NE(faults("{guard: 7}").find("'guard' must be a map"), std::string::npos);
}

TEST(PluginUpstreamConfig, AreBounded) {
  std::string many = "{";
  for (std::size_t i = 0; i <= PluginUpstreamConfig::kUpstreamsMax; ++i)
    many += "a" + std::to_string(i) + ": {host: 'a:1'}, ";
  EXPECT_NE(to_string(load(many + "}").faults).find("at most 256 upstreams"), std::string::npos);
}

// A file that only moved its lines has not changed what is read at the start.
TEST(PluginUpstreamConfig, AreTheSameAtAnotherPlace) {
  const LoadedConfig one = load("{guard: {host: 'a:1'}}");
  const LoadedConfig two = load("{ guard:  { host: 'a:1', timeout: 10s}}");
  ASSERT_TRUE(one && two);
  EXPECT_TRUE(one.config->fixed == two.config->fixed);
  for (const std::string other :
       {"{guard: {host: 'a:2'}}", "{guard: {host: 'a:1', timeout: 9s}}",
        "{guard: {host: 'a:1', backendTLS: {}}}", "{gard: {host: 'a:1'}}"}) {
    EXPECT_FALSE(load(other).config->fixed == one.config->fixed) << other;
  }
}

}  // namespace
}  // namespace headgate::config
