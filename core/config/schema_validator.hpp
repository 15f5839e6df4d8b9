#pragma once
// Checks a part of the file against a plugin's JSON Schema, and finds the type of each scalar in
// it: what a variable brought is a text, and becomes a number or a boolean where the schema wants
// one; an unquoted number or boolean becomes a text where the schema wants a text.
//
// The subset of JSON Schema 2020-12, which is also the manual for plugin authors:
//   any value   type (one or a list), enum, const, oneOf, anyOf, allOf, not, $ref (within the
//               document: "#", "#/$defs/x"), $defs, definitions, true, false
//   objects     properties, required, additionalProperties, minProperties, maxProperties
//   arrays      items (one schema), minItems, maxItems
//   numbers     minimum, maximum, exclusiveMinimum, exclusiveMaximum
//   texts       minLength, maxLength (in bytes), pattern (RE2, anywhere in the text),
//               format: "secret"
//   words       title, description, default, examples, deprecated, $schema, $id, $comment, and any
//               other format
// Any other keyword is an error when the schema is read: what is not checked must not look checked.
//
// `"format": "secret"` marks a text that may also be written as `{file: PATH}`. The file's content,
// without white space around it, takes its place before anything else is checked, and it is left
// out of what is shown. [main]

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/environment.hpp"
#include "core/config/fault.hpp"
#include "core/config/node.hpp"

namespace headgate::config {

class SchemaRules;

struct ParsedSchema {
  std::shared_ptr<const SchemaRules> rules;  // null when there is an error
  std::string error;                         // with the place in the schema as a JSON pointer
};
ParsedSchema parse_schema(std::string_view json);

// What a scalar (or a secret's map) is after the schema was asked, where that differs from what its
// text says by itself.
struct TypedValue {
  ScalarType type = ScalarType::text;
  std::string text;
  bool secret = false;
};
using TypedNodes = std::map<const Node*, TypedValue>;

struct Validation {
  Faults faults;  // without a file name
  TypedNodes typed;
  std::vector<std::string> files;  // that were read for secrets
};
// A null node counts as an empty map.
Validation validate(const Node& node, const SchemaRules& rules, const Environment& environment);

// Compact JSON of a node in the order of the file. With `redacted`, every secret and everything
// that came out of a variable is "***".
std::string to_json(const Node& node, const TypedNodes& typed, bool redacted);

}  // namespace headgate::config
