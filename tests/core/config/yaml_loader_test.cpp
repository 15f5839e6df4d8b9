#include "core/config/yaml_loader.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace headgate::config {
namespace {

std::optional<std::string> variable(std::string_view name) {
  if (name == "KEY") return "secret";
  if (name == "N") return "8";
  if (name == "EMPTY") return "";
  if (name == "TRICK") return "x\n- y: [";
  return std::nullopt;
}

ParsedYaml parse(std::string_view text, const YamlLimits& limits = {}) {
  return parse_yaml(text, "c.yaml", variable, limits);
}

std::string faults_of(std::string_view text, const YamlLimits& limits = {}) {
  return to_string(parse(text, limits).faults);
}

// The scalar `a` of a map, expanded.
std::string expanded(std::string_view scalar) {
  const ParsedYaml parsed = parse("a: " + std::string(scalar));
  EXPECT_EQ(to_string(parsed.faults), "");
  return parsed.document->root.find("a")->text;
}

TEST(YamlLoader, KeepsPlacesPathsAndTheOrderOfKeys) {
  const ParsedYaml parsed = parse("b:\n- z: 1\n  a: \"x\"\n- 7\n");
  const Node& root = parsed.document->root;
  const Node& list = *root.find("b");
  ASSERT_EQ(list.items.size(), 2u);
  const Node& map = list.items[0];
  EXPECT_EQ(map.members[0].key, "z");
  EXPECT_EQ(map.members[1].key, "a");
  EXPECT_EQ(map.members[1].position, (Position{3, 3}));
  EXPECT_EQ(map.find("a")->position, (Position{3, 6}));
  EXPECT_EQ(map.find("a")->path, "b[0].a");
  EXPECT_EQ(map.find("a")->label(), "a");
  EXPECT_EQ(list.items[1].path, "b[1]");
  EXPECT_EQ(list.items[1].label(), "b[1]");
}

TEST(YamlLoader, TellsQuotedScalarsFromPlainOnes) {
  const ParsedYaml parsed = parse("a: 1\nb: '1'\nc: |\n  1\nd: !!str 1\n");
  const Node& root = parsed.document->root;
  EXPECT_FALSE(root.find("a")->quoted);
  EXPECT_TRUE(root.find("b")->quoted);
  EXPECT_TRUE(root.find("c")->quoted);
  EXPECT_TRUE(root.find("d")->quoted);
}

TEST(YamlLoader, ReadsJson) {
  const ParsedYaml parsed = parse(R"({"a": {"b": [1, "two\n", null]}})");
  EXPECT_EQ(to_string(parsed.faults), "");
  const Node& list = *parsed.document->root.find("a")->find("b");
  EXPECT_EQ(list.items[1].text, "two\n");
  EXPECT_TRUE(list.items[2].is_null());
}

TEST(YamlLoader, FindsTheNodeOfAJsonPointer) {
  const ParsedYaml parsed = parse("a:\n- b/c: 1\n  d~e: 2\n");
  const Node& root = parsed.document->root;
  EXPECT_EQ(root.at_pointer("/a/0/b~1c").text, "1");
  EXPECT_EQ(root.at_pointer("/a/0/d~0e").text, "2");
  EXPECT_EQ(root.at_pointer("").path, "");
  // What is missing is shown at its nearest parent.
  EXPECT_EQ(root.at_pointer("/a/0/x/y").path, "a[0]");
  EXPECT_EQ(root.at_pointer("/a/5").path, "a");
  EXPECT_EQ(root.at_pointer("/a/-").path, "a");
}

TEST(YamlLoader, ExpandsVariablesInScalars) {
  EXPECT_EQ(expanded("$KEY"), "secret");
  EXPECT_EQ(expanded("\"Bearer ${KEY}!\""), "Bearer secret!");
  EXPECT_EQ(expanded("'$KEY$N'"), "secret8");
  EXPECT_EQ(expanded("${MISSING:-fallback}"), "fallback");
  EXPECT_EQ(expanded("${EMPTY:-fallback}"), "fallback");
  EXPECT_EQ(expanded("${KEY:-fallback}"), "secret");
  EXPECT_EQ(expanded("x${MISSING:-}y"), "xy");
  EXPECT_EQ(expanded("\"[$EMPTY]\""), "[]");
  EXPECT_EQ(expanded("$$KEY"), "$KEY");
}

TEST(YamlLoader, LeavesADollarThatBeginsNothing) {
  EXPECT_EQ(expanded("^/x$"), "^/x$");
  EXPECT_EQ(expanded("$5"), "$5");
  EXPECT_EQ(expanded("a$ b"), "a$ b");
}

TEST(YamlLoader, MarksWhatAVariableIsIn) {
  const ParsedYaml parsed = parse("a: $KEY\nb: plain\nc: $$x\n");
  EXPECT_TRUE(parsed.document->root.find("a")->expanded);
  EXPECT_FALSE(parsed.document->root.find("b")->expanded);
  EXPECT_FALSE(parsed.document->root.find("c")->expanded);
}

TEST(YamlLoader, AVariableNeverChangesTheStructureAndCommentsMayNameAny) {
  const ParsedYaml parsed = parse("a: $TRICK # and $MISSING\n$MISSING: 1\n");
  EXPECT_EQ(to_string(parsed.faults), "");
  EXPECT_EQ(parsed.document->root.find("a")->text, "x\n- y: [");
  EXPECT_NE(parsed.document->root.find("$MISSING"), nullptr);
}

TEST(YamlLoader, NamesTheVariableThatIsNotDefined) {
  EXPECT_EQ(faults_of("a:\n  b: \"x $MISSING\"\n"),
            "c.yaml:2:6: variable 'MISSING' is not defined; set it, or write "
            "${MISSING:-default}, or '$$' for a literal '$'");
  EXPECT_TRUE(parse("a: $MISSING").document->root.find("a")->faulty);
}

TEST(YamlLoader, NamesAllVariablesOfATextThatAreNotDefined) {
  EXPECT_EQ(faults_of("a: \"$MISSING and ${OTHER} and $MISSING, $THIRD\"\n"),
            "c.yaml:1:4: variables 'MISSING', 'OTHER' and 'THIRD' are not defined; set them, or "
            "write ${MISSING:-default}, or '$$' for a literal '$'");
}

TEST(YamlLoader, NeverShowsTheDefaultOfAWrongReference) {
  for (const std::string text : {"a: '${KEY:=sk-live}'", "a: '${KEY-sk-live}'", "a: '${:-sk-live}'",
                                 "a: '$MISSING ${KEY:?sk-live}'"}) {
    const std::string said = faults_of(text);
    EXPECT_NE(said, "");
    EXPECT_EQ(said.find("live"), std::string::npos) << said;
  }
}

TEST(YamlLoader, RefusesBracesThatAreNoVariable) {
  EXPECT_EQ(faults_of("a: '${KEY'"), "c.yaml:1:4: '${' without '}'; write '$$' for a literal '$'");
  EXPECT_EQ(faults_of("a: '${KEY:+x}'"),
            "c.yaml:1:4: '${KEY...}' is not a variable; write ${NAME} or ${NAME:-default}, or "
            "'$$' for a literal '$'");
}

TEST(YamlLoader, ReportsAllFaultsOfTheText) {
  EXPECT_EQ(faults_of("a: 1\nb: $MISSING\na: 2\n? [x]\n: 1\n"),
            "c.yaml:2:4: variable 'MISSING' is not defined; set it, or write "
            "${MISSING:-default}, or '$$' for a literal '$'\n"
            "c.yaml:3:1: duplicate key 'a'; the first is in line 1\n"
            "c.yaml:4:3: a key must be a text");
}

TEST(YamlLoader, RefusesMergeKeysTagsAndSecondDocuments) {
  EXPECT_EQ(faults_of("a: &x {b: 1}\nc:\n  <<: *x\n"),
            "c.yaml:3:3: merge keys ('<<') are not supported; write the keys out");
  EXPECT_EQ(faults_of("a: !secret x\n"), "c.yaml:1:4: tags such as '!secret' are not supported");
  EXPECT_EQ(faults_of("a: 1\n---\nb: 1\n"), "c.yaml: more than one YAML document in the file");
}

TEST(YamlLoader, ShowsWhereTheSyntaxIsWrong) {
  const ParsedYaml parsed = parse("a: 1\nb: [1, 2\nc: 3\n");
  EXPECT_EQ(parsed.document, nullptr);
  ASSERT_EQ(parsed.faults.size(), 1u);
  EXPECT_EQ(parsed.faults[0].position.line, 3u);
  EXPECT_TRUE(parsed.faults[0].message.starts_with("not valid YAML: "));
}

TEST(YamlLoader, CopiesWhatAnAliasNames) {
  const ParsedYaml parsed = parse("a: &x {b: [1, 2]}\nc: *x\n");
  EXPECT_EQ(to_string(parsed.faults), "");
  const Node& copy = *parsed.document->root.find("c");
  EXPECT_EQ(copy.find("b")->items[1].text, "2");
  EXPECT_EQ(copy.find("b")->items[1].path, "c.b[1]");
}

TEST(YamlLoader, RefusesAnAliasInsideItsOwnAnchor) {
  EXPECT_EQ(faults_of("a: &x [*x]\n"), "c.yaml:1:8: an alias inside its own anchor");
}

TEST(YamlLoader, StopsABombOfAliases) {
  // Nine levels of nine: 387 million values out of a few hundred bytes.
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int i = 1; i < 9; ++i) bomb += ", " + below;
    bomb += "]\n";
  }
  const ParsedYaml parsed = parse(bomb);
  EXPECT_EQ(parsed.document, nullptr);
  ASSERT_EQ(parsed.faults.size(), 1u);
  EXPECT_TRUE(parsed.faults[0].message.starts_with("too large: more than 100000 values"));
}

TEST(YamlLoader, StopsABombOfLongScalars) {
  std::string bomb = "a: &x " + std::string(100'000, 'x') + "\nb: [*x";
  for (int i = 0; i < 1000; ++i) bomb += ", *x";
  EXPECT_TRUE(faults_of(bomb + "]\n").starts_with("c.yaml:2:"));
  EXPECT_EQ(parse(bomb + "]\n").document, nullptr);
}

TEST(YamlLoader, BoundsDepthAndSize) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(faults_of(nested(64)), "");
  EXPECT_EQ(faults_of(nested(65)), "c.yaml:1:65: nested more than 64 levels deep");
  EXPECT_EQ(faults_of("a: 12345678", {.text_bytes_max = 10}), "c.yaml: larger than 10 bytes");
  EXPECT_EQ(faults_of("[1, 2, 3]", {.nodes_max = 3}).substr(0, 24), "c.yaml:1:1: too large: m");
}

TEST(YamlLoader, ReadsAnEmptyTextAsNothing) {
  EXPECT_TRUE(parse("").document->root.is_null());
  EXPECT_TRUE(parse("# only a comment\n").document->root.is_null());
}

}  // namespace
}  // namespace headgate::config
