// What is taken for JSON is JSON, and simdjson finds the same members in it, also the reserved one.

#include "core/exchange/json_skim.hpp"

#include <simdjson.h>

#include <algorithm>

#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::exchange {
namespace {

namespace dom = simdjson::dom;

std::string minified(std::string_view text) {
  dom::parser parser;
  dom::element element;
  FUZZ_CHECK(!parser.parse(text.data(), text.size()).get(element));
  return simdjson::to_string(element);
}

void compare(const dom::element& whole, const JsonMembers& members) {
  std::size_t at = 0;
  const auto same = [&](const dom::element& element) {
    FUZZ_CHECK(at < members.size());
    FUZZ_CHECK(minified(members[at++].value) == simdjson::to_string(element));
  };
  if (whole.is_object()) {
    for (const dom::key_value_pair field : dom::object(whole)) same(field.value);
  } else {
    for (const dom::element element : dom::array(whole)) same(element);
  }
  FUZZ_CHECK(at == members.size());
}

bool holds_reserved(const dom::element& value) {
  bool found = false;
  if (value.is_object()) {
    for (const dom::key_value_pair field : dom::object(value)) {
      found = found || field.key == kReservedMember || holds_reserved(field.value);
    }
  } else if (value.is_array()) {
    for (const dom::element element : dom::array(value)) {
      found = found || holds_reserved(element);
    }
  }
  return found;
}

}  // namespace

FUZZ_TARGET(input) {
  // How deep a text may be is not the same for both.
  const auto opens = [](char c) { return c == '[' || c == '{'; };
  if (std::count_if(input.whole.begin(), input.whole.end(), opens) >= kJsonDepthMax) return;
  Arena arena;
  const std::string_view text = padded_copy(arena, input.whole);
  JsonMembers members;
  JsonScanner scanner;
  SeenNames seen;
  const JsonShape shape = scanner.scan(text, members, seen);
  FUZZ_CHECK(is_json(text) == (shape != JsonShape::invalid));
  dom::parser parser;
  dom::element whole;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get(whole);
  // What simdjson refuses beyond the grammar: numbers that no double is, halves of surrogate pairs.
  if (error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR) return;
  FUZZ_CHECK((shape != JsonShape::invalid) == (error == simdjson::SUCCESS));
  if (shape != JsonShape::object && shape != JsonShape::array) return;
  compare(whole, members);
  FUZZ_CHECK(seen.reserved == holds_reserved(whole));
}

}  // namespace headgate::exchange
