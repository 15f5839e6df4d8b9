#pragma once
// A JSON Schema after it was read: what schema_validator.cpp checks nodes by. Internal to this
// layer; the subset is described in schema_validator.hpp.

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/node.hpp"

namespace headgate::config {

// JSON types as bits, so that a rule can hold a set of them.
enum TypeBit : std::uint8_t {
  kTypeNull = 1,
  kTypeBoolean = 2,
  kTypeInteger = 4,
  kTypeNumber = 8,
  kTypeString = 16,
  kTypeArray = 32,
  kTypeObject = 64,
};

// A scalar that the schema names.
struct Literal {
  ScalarType type = ScalarType::text;
  std::string text;
};

// A bound on a number, and how the schema wrote it.
struct NumberBound {
  double value = 0;
  std::string text;
};

struct SchemaRule {
  using Names = std::vector<std::string>;

  bool never = false;      // `false`
  std::uint8_t types = 0;  // 0: any
  bool has_literals = false;
  std::vector<Literal> literals;  // enum, const

  std::vector<std::pair<std::string, const SchemaRule*>> properties;
  Names property_names;
  Names required;
  const SchemaRule* additional = nullptr;  // null: anything
  std::optional<std::size_t> properties_min, properties_max;

  const SchemaRule* items = nullptr;
  std::optional<std::size_t> items_min, items_max;

  std::optional<NumberBound> minimum, maximum, above, below;
  std::optional<std::size_t> length_min, length_max;
  std::unique_ptr<RE2> pattern;
  bool secret = false;

  std::vector<const SchemaRule*> one_of, any_of, all_of;
  const SchemaRule* negated = nullptr;
  const SchemaRule* reference = nullptr;
};

class SchemaRules {
 public:
  const SchemaRule* root = nullptr;
  std::deque<SchemaRule> rules;  // a deque: rules point at each other
};

}  // namespace headgate::config
