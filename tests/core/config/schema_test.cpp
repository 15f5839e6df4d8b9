#include "core/config/schema.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "core/config/fields.hpp"
#include "core/config/reader.hpp"
#include "core/config/yaml_loader.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

namespace json = boost::json;

json::value schema() {
  json::parse_options options;
  options.max_depth = 128;
  return json::parse(write_schema(test_plugins()), json::storage_ptr(), options);
}

// What the schema says about a text.
std::string against_schema(const std::string& text) {
  const World world{{{"OPENAI_API_KEY", "a"}, {"GEMINI_API_KEY", "b"}}, {}};
  const Environment environment = world.environment();
  const ParsedYaml parsed = parse_yaml(text, "f", environment.variable, {});
  EXPECT_EQ(to_string(parsed.faults), "");
  const ParsedSchema rules = parse_schema(write_schema(test_plugins()));
  EXPECT_EQ(rules.error, "");
  return to_string(validate(parsed.document->root, *rules.rules, environment).faults);
}

std::string read_source(const std::string& path) {
  std::ifstream file(std::string(HEADGATE_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(WrittenSchema, AcceptsTheFilesThatComeWithTheProgram) {
  for (const char* path :
       {"config/multiple-providers.yaml", "config/demo.yaml", "config/failover.yaml"}) {
    EXPECT_EQ(against_schema(read_source(path)), "") << path;
  }
}

TEST(WrittenSchema, AcceptsBothFormsOfAi) {
  const std::string head = "binds: [{port: 1, listeners: [{routes: [{backends: [{ai: ";
  EXPECT_EQ(against_schema(head + "{provider: {openAI: {model: x}}}}]}]}]}]"), "");
  EXPECT_EQ(against_schema(head + "{groups: [{providers: [{provider: {gemini: {}}}]}]}}]}]}]}]"),
            "");
  EXPECT_NE(against_schema(head + "{groups: [], name: x}}]}]}]}]"), "");
}

TEST(WrittenSchema, RefusesWhatTheLoaderRefuses) {
  EXPECT_EQ(against_schema("binds: [{port: 1, listeners: [{}]}]\nbnds: 1"),
            "2:1: unknown key 'bnds' in ''; did you mean 'binds'?");
  EXPECT_EQ(against_schema("binds: [{port: 99999, listeners: [{}]}]"),
            "1:16: 'port' must be at most 65535");
  EXPECT_EQ(against_schema("binds: [{listeners: [{}]}]"), "1:9: missing key 'port' in 'binds[0]'");
  EXPECT_EQ(against_schema("binds: []"), "1:8: 'binds' needs at least 1 entries");
  EXPECT_NE(
      against_schema("binds: [{port: 1, listeners: [{}]}]\nconfig: {plugins: {allowPaths: 1}}"),
      "");
  EXPECT_NE(against_schema("binds: [{port: 1, listeners: [{protocol: TCP}]}]"), "");
  EXPECT_NE(against_schema("binds: [{port: 1, listeners: [{policies: {retry: {backoff: 1}}}]}]"),
            "");
  EXPECT_NE(against_schema("binds: [{port: 1, listeners: [{policies: {backendAuth: {kye: x}}}]}]"),
            "");
}

TEST(WrittenSchema, AllowsAPluginToBeNamedByAnAbsolutePath) {
  const auto with_plugin = [](const std::string& plugin) {
    return against_schema("binds: [{port: 1, listeners: [{policies: {plugins: [" + plugin +
                          "]}}]}]\nconfig: {plugins: {allowPaths: true}}");
  };
  EXPECT_EQ(with_plugin("{use: /opt/rate.so}"), "");
  EXPECT_EQ(with_plugin("{use: /opt/rate.so, config: {anything: [1]}}"), "");
  EXPECT_EQ(with_plugin("{use: $$HOME/rate.so}"), "");
  EXPECT_EQ(with_plugin("{use: /opt/rate.so, onError: continue}"), "");
  EXPECT_NE(with_plugin("{use: /opt/rate.so, onError: ignore}"), "");
  for (const char* bad : {"{use: opt/rate.so}", "{use: ./rate.so}", "{use: rate.so}",
                          "{use: /opt/rate.so, confg: {}}", "{config: {}}"}) {
    EXPECT_NE(with_plugin(bad), "") << bad;
  }
}

TEST(WrittenSchema, AllowsAVariableWhereANumberStands) {
  EXPECT_EQ(against_schema("binds: [{port: $$PORT, listeners: [{protocol: $$P}]}]\n"
                           "config: {enableIpv6: $$X, logging: {level: $$L}}"),
            "");
}

TEST(WrittenSchema, CarriesWordsAndDefaults) {
  const json::value written = schema();
  const json::value& threads = written.at_pointer("/properties/config/properties/workerThreads");
  EXPECT_EQ(threads.at("default").as_string(), "auto");
  EXPECT_EQ(threads.at("description").as_string(),
            "Number of worker threads, or auto: one per core.");
  const json::value& body =
      written.at_pointer("/properties/frontendPolicies/properties/http/properties/maxBufferSize");
  EXPECT_EQ(body.at("default").as_string(), "20MiB");
}

TEST(WrittenSchema, HoldsThePluginsSchemas) {
  const json::value written = schema();
  EXPECT_EQ(written.at_pointer("/$defs/test.openai/properties/model/minLength").as_int64(), 1);
  // A secret may be written as a file too.
  boost::system::error_code error;
  EXPECT_NE(written.find_pointer("/$defs/test.backend-auth/properties/key/anyOf/1/properties/file",
                                 error),
            nullptr);
}

TEST(WrittenSchema, MovesTheReferencesOfAPluginsSchema) {
  PluginKeys plugins;
  plugins.add({PluginKey::Kind::provider, "p", "x.p",
               R"({"$defs": {"n": {"type": "integer"}}, "properties": {"n": {"$ref": "#/$defs/n"},
                   "next": {"$ref": "#"}}})"});
  const std::string written = write_schema(plugins);
  EXPECT_NE(written.find(R"("$ref": "#/$defs/x.p/$defs/n")"), std::string::npos);
  EXPECT_EQ(parse_schema(written).error, "");
}

// Writes down every key that is read, wherever it stands.
class KeyRecorder final : public Fields {
 public:
  std::set<std::string> keys;

  void value(const Key& key, const ScalarForm&, const Take&) override { add(key); }
  void values(const Key& key, const ScalarForm&, const Take&) override { add(key); }
  void named_values(const Key& key, const ScalarForm&, const NamedTake&) override { add(key); }
  void map(const Key& key, const Inside& inside) override { enter(key, inside); }
  void list(const Key& key, const Inside& inside) override { enter(key, inside); }
  void entries(const Key& key, const NamedInside& inside) override {
    enter(key, [&](Fields& fields) { inside(fields, "name"); });
  }
  void exactly_one(std::span<const std::string_view>) override {}
  void form(std::string_view, const Inside& with, const Inside& without) override {
    with(*this);
    without(*this);
  }
  void provider_plugin(const Key& key, std::string&, std::string&, PluginConfig&) override {
    add(key);
  }
  void policy_plugins(std::vector<PluginPolicy>&) override {}
  void plugins_by_id(const Key& key, std::vector<PluginPolicy>&) override { add(key); }
  void title(std::string_view, std::string_view) override {}
  Position position() const override { return {}; }
  void check_file(std::string_view, const std::string&) override {}
  void fault(std::string_view, std::string) override {}
  void fault(const PlacedText&, std::string) override {}

 private:
  void add(const Key& key) {
    EXPECT_NE(key.doc, "") << key.name;
    keys.insert(path_ + std::string(key.name));
  }
  void enter(const Key& key, const Inside& inside) {
    add(key);
    const std::string before = path_;
    path_ += std::string(key.name) + ".";
    inside(*this);
    path_ = before;
  }

  std::string path_;
};

// Every property of a schema, with the same names.
void collect(const json::value& schema, const std::string& path, std::set<std::string>& out) {
  const json::object& object = schema.as_object();
  if (const json::value* items = object.if_contains("items")) collect(*items, path, out);
  if (const json::value* each = object.if_contains("additionalProperties")) {
    if (each->is_object()) collect(*each, path, out);
  }
  if (const json::value* forms = object.if_contains("oneOf")) {
    for (const json::value& form : forms->as_array()) collect(form, path, out);
  }
  const json::value* properties = object.if_contains("properties");
  if (!properties || path.ends_with("provider.")) return;
  for (const json::key_value_pair& member : properties->as_object()) {
    const std::string name = path + std::string(member.key().data(), member.key().size());
    const bool is_plugin = member.value().as_object().contains("$ref");
    if (!is_plugin && !path.ends_with("plugins.")) out.insert(name);
    if (!is_plugin && path.ends_with(".plugins.") && path.starts_with("config.")) out.insert(name);
    collect(member.value(), name + ".", out);
  }
}

TEST(WrittenSchema, HasEveryKeyThatIsReadAndNoOther) {
  KeyRecorder recorder;
  Config config;
  describe(recorder, config);
  std::set<std::string> written;
  collect(schema(), "", written);
  std::set<std::string> read = recorder.keys;
  EXPECT_GT(read.size(), 150u);
  EXPECT_TRUE(read.contains("binds.listeners.routes.backends.ai.groups.providers.hostOverride"));
  EXPECT_TRUE(read.contains("config.tracing.otlpEndpoint"));
  std::vector<std::string> difference;
  std::set_symmetric_difference(read.begin(), read.end(), written.begin(), written.end(),
                                std::back_inserter(difference));
  EXPECT_EQ(difference, std::vector<std::string>{});
}

}  // namespace
}  // namespace headgate::config
