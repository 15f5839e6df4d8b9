#include "core/config/schema_validator.hpp"

#include <gtest/gtest.h>

#include "core/config/yaml_loader.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace headgate::config {
namespace {

struct Checked {
  std::string faults;
  std::string json;
  std::string redacted;
  std::vector<std::string> files;
};

Checked check(const std::string& schema, const std::string& yaml, const World& world = {}) {
  const Environment environment = world.environment();
  const ParsedYaml parsed = parse_yaml("p: " + yaml, "c.yaml", environment.variable, {});
  EXPECT_EQ(to_string(parsed.faults), "");
  const ParsedSchema rules = parse_schema(schema);
  EXPECT_EQ(rules.error, "");
  const Node& node = *parsed.document->root.find("p");
  const Validation validation = validate(node, *rules.rules, environment);
  return {to_string(validation.faults), to_json(node, validation.typed, false),
          to_json(node, validation.typed, true), validation.files};
}

std::string json_of(const std::string& schema, const std::string& yaml, const World& world = {}) {
  const Checked checked = check(schema, yaml, world);
  EXPECT_EQ(checked.faults, "");
  return checked.json;
}

TEST(PluginJson, HasTheTypesOfTheFile) {
  EXPECT_EQ(json_of("true", R"({a: 1, b: "1", c: true, d: null, e: 1.5, f: text, g: [x], h: {}})"),
            R"({"a":1,"b":"1","c":true,"d":null,"e":1.5,"f":"text","g":["x"],"h":{}})");
}

TEST(PluginJson, WritesYamlsNumbersAsJsonDoes) {
  EXPECT_EQ(json_of("true", "[+5, 007, 0x1F, 0o17, .5, 1., -.5, 1.e3, -0, 123456789012345678901]"),
            "[5,7,31,15,0.5,1.0,-0.5,1.0e3,-0,123456789012345678901]");
}

TEST(PluginJson, AVariableIsATextUnlessTheSchemaAsksForMore) {
  const World world{{{"N", "8"}, {"B", "true"}}, {}};
  EXPECT_EQ(json_of("true", "{a: $N, b: $B}", world), R"({"a":"8","b":"true"})");
  EXPECT_EQ(json_of(R"({"properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}})",
                    "{a: '$N', b: $B}", world),
            R"({"a":8,"b":true})");
  EXPECT_EQ(check(R"({"properties": {"a": {"type": "integer"}}})", "{a: $B}", world).faults,
            "1:8: 'a' must be a whole number");
}

TEST(PluginJson, AnUnquotedNumberIsATextWhereTheSchemaWantsOne) {
  EXPECT_EQ(json_of(R"({"properties": {"a": {"type": "string"}}})", "{a: 1.10}"),
            R"({"a":"1.10"})");
  EXPECT_EQ(check(R"({"properties": {"a": {"type": "integer"}}})", "{a: '8'}").faults,
            "1:8: 'a' must be a whole number, without the quotes");
}

TEST(PluginJson, HidesVariablesAndSecretsWhenItIsShown) {
  const World world{{{"N", "8"}}, {}};
  const Checked checked =
      check(R"({"properties": {"key": {"type": "string", "format": "secret"}}})",
            "{a: $N, key: abc, b: seen}", world);
  EXPECT_EQ(checked.json, R"({"a":"8","key":"abc","b":"seen"})");
  EXPECT_EQ(checked.redacted, R"({"a":"***","key":"***","b":"seen"})");
}

TEST(PluginJson, ReadsASecretFromItsFile) {
  const World world{{}, {{"/run/key", "  abc\n\n"}}};
  const std::string schema =
      R"({"properties": {"key": {"type": "string", "format": "secret", "minLength": 3}}})";
  const Checked checked = check(schema, "{key: {file: /run/key}}", world);
  EXPECT_EQ(checked.faults, "");
  EXPECT_EQ(checked.json, R"({"key":"abc"})");
  EXPECT_EQ(checked.redacted, R"({"key":"***"})");
  EXPECT_EQ(checked.files, std::vector<std::string>{"/run/key"});
  EXPECT_EQ(check(schema, "{key: {file: /run/none}}", world).faults,
            "1:17: cannot read '/run/none': No such file or directory");
}

TEST(Schema, ChecksTypes) {
  const std::string faults = check(R"({"properties": {
      "a": {"type": "object"}, "b": {"type": "array"}, "c": {"type": "boolean"},
      "d": {"type": ["string", "null"]}, "e": {"type": "number"}}})",
                                   "{a: [], b: x, c: 1, d: {}, e: x}")
                                 .faults;
  EXPECT_EQ(faults,
            "1:8: 'a' must be a map\n"
            "1:15: 'b' must be a list\n"
            "1:21: 'c' must be true or false\n"
            "1:27: 'd' must be a text or empty\n"
            "1:34: 'e' must be a number");
  EXPECT_EQ(check(R"({"properties": {"a": {"type": "string"}}})", "{a: }").faults,
            "1:5: 'a' has no value; it must be a text");
}

TEST(Schema, ChecksKeys) {
  const std::string schema = R"({"type": "object", "required": ["model"],
    "additionalProperties": false, "properties": {"model": {"type": "string"}}})";
  EXPECT_EQ(check(schema, "{modle: x}").faults,
            "1:5: unknown key 'modle' in 'p'; did you mean 'model'?\n"
            "1:4: missing key 'model' in 'p'");
  EXPECT_EQ(check(R"({"additionalProperties": {"type": "integer"}})", "{a: 1, b: x}").faults,
            "1:14: 'b' must be a whole number");
  EXPECT_EQ(check(R"({"minProperties": 1})", "{}").faults, "1:4: 'p' needs at least 1 of its keys");
  EXPECT_EQ(check(R"({"maxProperties": 1})", "{a: 1, b: 1}").faults,
            "1:4: 'p' may have at most 1 keys");
}

TEST(Schema, TreatsNothingAsAnEmptyMap) {
  EXPECT_EQ(check(R"({"type": "object"})", "").faults, "");
  EXPECT_EQ(check(R"({"required": ["a"]})", "").faults, "1:1: missing key 'a' in 'p'");
}

TEST(Schema, ChecksNumbersAndLengths) {
  const std::string schema = R"({"items": {"minimum": 1, "maximum": 9, "minLength": 2,
    "maxLength": 3, "pattern": "^a"}})";
  EXPECT_EQ(json_of(schema, "[1, 9, aa, abc]"), R"([1,9,"aa","abc"])");
  EXPECT_EQ(check(schema, "[0, 10, a, aaaa, bb]").faults,
            "1:5: 'p[0]' must be at least 1\n"
            "1:8: 'p[1]' must be at most 9\n"
            "1:12: 'p[2]' must have at least 2 bytes\n"
            "1:15: 'p[3]' may have at most 3 bytes\n"
            "1:21: 'p[4]' must match the pattern '^a'");
  EXPECT_EQ(check(R"({"items": {"exclusiveMinimum": 0, "exclusiveMaximum": 1.5}})", "[0, 0.1, 1.5]")
                .faults,
            "1:5: 'p[0]' must be above 0\n1:13: 'p[2]' must be below 1.5");
  EXPECT_EQ(check(R"({"minItems": 1})", "[]").faults, "1:4: 'p' needs at least 1 entries");
  EXPECT_EQ(check(R"({"maxItems": 1})", "[1, 2]").faults, "1:4: 'p' may have at most 1 entries");
}

TEST(Schema, ChecksWordsAndSuggestsOne) {
  const std::string schema = R"({"properties": {"mode": {"enum": ["strict", "optional"]}}})";
  EXPECT_EQ(json_of(schema, "{mode: optional}"), R"({"mode":"optional"})");
  EXPECT_EQ(check(schema, "{mode: strit}").faults,
            "1:11: 'mode' must be 'strict' or 'optional'; did you mean 'strict'?");
  EXPECT_EQ(json_of(R"({"enum": ["1", "2"]})", "1"), R"("1")");
  EXPECT_EQ(json_of(R"({"enum": [1, 2]})", "0x2"), "2");
  EXPECT_EQ(check(R"({"const": true})", "false").faults, "1:4: 'p' must be 'true'");
}

TEST(Schema, NeverShowsASecretInAFault) {
  const World world{{{"KEY", "sk-1234"}}, {}};
  const std::string faults =
      check(R"({"properties": {"a": {"enum": ["sk-123"]}, "b": {"pattern": "^x"},
                "c": {"type": "integer"}}})",
            "{a: $KEY, b: $KEY, c: $KEY}", world)
          .faults;
  EXPECT_EQ(faults.find("sk-1234"), std::string::npos);
  EXPECT_EQ(faults.find("did you mean"), std::string::npos);
  EXPECT_NE(faults.find("'b' must match"), std::string::npos);
}

constexpr const char* kForms = R"({"oneOf": [
  {"type": "object", "required": ["key"], "additionalProperties": false,
   "properties": {"key": {"type": "string"}}},
  {"type": "object", "required": ["gcp"], "additionalProperties": false,
   "properties": {"gcp": {"type": "object", "properties": {"n": {"type": "integer"}}}}}]})";

TEST(Schema, TakesTheFormThatFits) {
  EXPECT_EQ(json_of(kForms, "{key: 5}"), R"({"key":"5"})");
  EXPECT_EQ(json_of(kForms, "{gcp: {n: 5}}"), R"({"gcp":{"n":5}})");
}

TEST(Schema, ReportsTheFaultsOfTheFormThatWasMeant) {
  EXPECT_EQ(check(kForms, "{gcp: {n: x}}").faults, "1:14: 'n' must be a whole number");
  EXPECT_EQ(check(kForms, "5").faults,
            "1:4: 'p' fits none of its allowed forms: 'p' must be a map");
}

TEST(Schema, CombinesRules) {
  EXPECT_EQ(check(R"({"oneOf": [{"minimum": 1}, {"minimum": 2}]})", "3").faults,
            "1:4: 'p' fits more than one of its allowed forms");
  EXPECT_EQ(check(R"({"anyOf": [{"minimum": 1}, {"minimum": 2}]})", "3").faults, "");
  EXPECT_EQ(check(R"({"allOf": [{"minimum": 1}, {"maximum": 2}]})", "3").faults,
            "1:4: 'p' must be at most 2");
  EXPECT_EQ(check(R"({"not": {"type": "integer"}})", "3").faults, "1:4: 'p' is not allowed here");
  EXPECT_EQ(check("false", "3").faults, "1:4: 'p' is not allowed here");
}

TEST(Schema, FollowsReferencesAlsoToItself) {
  const std::string schema = R"({"$defs": {"n": {"type": "integer"}}, "type": "object",
    "additionalProperties": false,
    "properties": {"n": {"$ref": "#/$defs/n"}, "next": {"$ref": "#"}}})";
  EXPECT_EQ(check(schema, "{n: 1, next: {n: x, next: {y: 1}}}").faults,
            "1:21: 'n' must be a whole number\n1:31: unknown key 'y' in 'next'");
}

TEST(Schema, StopsAtARuleThatNeverEnds) {
  EXPECT_EQ(check(R"({"anyOf": [{"$ref": "#"}]})", "1").faults,
            "1:4: the plugin's schema is too deep to check");
}

TEST(Schema, IsRefusedWhenSomethingInItWouldNotBeChecked) {
  EXPECT_EQ(parse_schema(R"({"properties": {"a": {"multipleOf": 2}}})").error,
            "'/properties/a/multipleOf' is a keyword that is not supported");
  EXPECT_EQ(parse_schema(R"({"$defs": {"x": {"if": {}}}})").error,
            "'/$defs/x/if' is a keyword that is not supported");
  EXPECT_EQ(parse_schema(R"({"type": "text"})").error, "'/type' names an unknown type");
  EXPECT_EQ(parse_schema(R"({"pattern": "("})").error,
            "'/pattern' is not a regular expression: missing ): (");
  EXPECT_EQ(parse_schema(R"({"$ref": "other.json"})").error,
            "'/$ref' must point into the schema itself, as '#/$defs/name' does");
  EXPECT_EQ(parse_schema(R"({"$ref": "#/$defs/none"})").error,
            "'/$defs/none' does not exist in the schema");
  EXPECT_EQ(parse_schema("[]").error, "the schema must be an object or a boolean");
  EXPECT_EQ(parse_schema("{").error.substr(0, 14), "not valid JSON");
}

TEST(Schema, MayCarryWords) {
  EXPECT_EQ(parse_schema(R"({"$schema": "x", "$id": "y", "title": "t", "description": "d",
    "default": {}, "examples": [{}], "deprecated": true, "$comment": "c", "format": "uri"})")
                .error,
            "");
}

}  // namespace
}  // namespace headgate::config
