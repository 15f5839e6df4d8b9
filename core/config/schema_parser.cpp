#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <map>
#include <string_view>

#include "core/config/schema_rules.hpp"
#include "core/config/schema_validator.hpp"

namespace headgate::config {

namespace {

namespace json = boost::json;

// What is wrong with a schema; caught in parse_schema.
struct SchemaError {
  std::string message;
};

class SchemaParser {
 public:
  explicit SchemaParser(const json::value& document)
      : document_(document), rules_(std::make_shared<SchemaRules>()) {}

  std::shared_ptr<const SchemaRules> parse() {
    rules_->root = rule_at("");
    return rules_;
  }

 private:
  using Handler = void (SchemaParser::*)(SchemaRule&, const json::value&, const std::string&);

  [[noreturn]] static void fail(const std::string& pointer, std::string_view message) {
    throw SchemaError{(pointer.empty() ? std::string("the schema") : "'" + pointer + "'") + " " +
                      std::string(message)};
  }

  // The rule at a JSON pointer; read once, so that a schema may refer to itself.
  const SchemaRule* rule_at(const std::string& pointer) {
    const auto known = by_pointer_.find(pointer);
    if (known != by_pointer_.end()) return known->second;
    if (by_pointer_.size() > 10'000) fail(pointer, "makes the schema too large");
    boost::system::error_code error;
    const json::value* value = document_.find_pointer(pointer, error);
    if (!value) fail(pointer, "does not exist in the schema");
    SchemaRule& rule = rules_->rules.emplace_back();
    by_pointer_[pointer] = &rule;
    read(rule, *value, pointer);
    return &rule;
  }

  void read(SchemaRule& rule, const json::value& value, const std::string& pointer) {
    if (value.is_bool()) {
      rule.never = !value.get_bool();
      return;
    }
    if (!value.is_object()) fail(pointer, "must be an object or a boolean");
    for (const json::key_value_pair& member : value.get_object()) {
      const std::string_view keyword(member.key().data(), member.key().size());
      const auto handler = handlers().find(keyword);
      const std::string place = pointer + "/" + std::string(keyword);
      if (handler == handlers().end()) {
        fail(place, "is a keyword that is not supported");
      }
      if (handler->second) (this->*handler->second)(rule, member.value(), place);
    }
  }

  static const std::map<std::string_view, Handler>& handlers();

  static std::string escape(std::string_view step) {
    std::string out;
    for (const char c : step) {
      if (c == '~')
        out += "~0";
      else if (c == '/')
        out += "~1";
      else
        out += c;
    }
    return out;
  }

  static std::string string_of(const json::value& value, const std::string& place) {
    if (!value.is_string()) fail(place, "must be a string");
    return {value.get_string().data(), value.get_string().size()};
  }

  static std::size_t size_of(const json::value& value, const std::string& place) {
    if (!value.is_int64() || value.get_int64() < 0) fail(place, "must be a whole number");
    return static_cast<std::size_t>(value.get_int64());
  }

  static const json::array& array_of(const json::value& value, const std::string& place) {
    if (!value.is_array() || value.get_array().empty()) fail(place, "must be a list with entries");
    return value.get_array();
  }

  static std::uint8_t type_bit(const json::value& value, const std::string& place) {
    static const std::map<std::string_view, std::uint8_t> kNames{
        {"null", kTypeNull},
        {"boolean", kTypeBoolean},
        {"integer", kTypeInteger},
        {"number", static_cast<std::uint8_t>(kTypeNumber | kTypeInteger)},
        {"string", kTypeString},
        {"array", kTypeArray},
        {"object", kTypeObject}};
    const auto found = kNames.find(string_of(value, place));
    if (found == kNames.end()) fail(place, "names an unknown type");
    return found->second;
  }

  void type(SchemaRule& rule, const json::value& value, const std::string& place) {
    if (!value.is_array()) {
      rule.types = type_bit(value, place);
      return;
    }
    for (const json::value& one : array_of(value, place)) {
      rule.types = static_cast<std::uint8_t>(rule.types | type_bit(one, place));
    }
  }

  void add_literal(SchemaRule& rule, const json::value& value, const std::string& place) {
    if (value.is_structured()) fail(place, "may hold scalars only");
    Literal literal;
    literal.text = json::serialize(value);
    if (value.is_string()) literal = {ScalarType::text, string_of(value, place)};
    if (value.is_null()) literal.type = ScalarType::null;
    if (value.is_bool()) literal.type = ScalarType::boolean;
    if (value.is_int64() || value.is_uint64()) literal.type = ScalarType::integer;
    if (value.is_double()) literal.type = ScalarType::number;
    rule.has_literals = true;
    rule.literals.push_back(std::move(literal));
  }
  void enumeration(SchemaRule& rule, const json::value& value, const std::string& place) {
    for (const json::value& one : array_of(value, place)) add_literal(rule, one, place);
  }

  void properties(SchemaRule& rule, const json::value& value, const std::string& place) {
    if (!value.is_object()) fail(place, "must be an object");
    for (const json::key_value_pair& member : value.get_object()) {
      const std::string name(member.key().data(), member.key().size());
      rule.property_names.push_back(name);
      rule.properties.emplace_back(name, rule_at(place + "/" + escape(name)));
    }
  }
  void required(SchemaRule& rule, const json::value& value, const std::string& place) {
    if (!value.is_array()) fail(place, "must be a list");
    for (const json::value& one : value.get_array()) {
      rule.required.push_back(string_of(one, place));
    }
  }
  void additional(SchemaRule& rule, const json::value&, const std::string& place) {
    rule.additional = rule_at(place);
  }
  void properties_min(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.properties_min = size_of(value, place);
  }
  void properties_max(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.properties_max = size_of(value, place);
  }
  void items(SchemaRule& rule, const json::value&, const std::string& place) {
    rule.items = rule_at(place);
  }
  void items_min(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.items_min = size_of(value, place);
  }
  void items_max(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.items_max = size_of(value, place);
  }

  static NumberBound bound(const json::value& value, const std::string& place) {
    if (!value.is_number()) fail(place, "must be a number");
    if (!value.is_double()) return {value.to_number<double>(), json::serialize(value)};
    char text[32];
    const auto written = std::to_chars(text, text + sizeof(text), value.get_double());
    return {value.get_double(), std::string(text, written.ptr)};
  }
  void minimum(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.minimum = bound(value, place);
  }
  void maximum(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.maximum = bound(value, place);
  }
  void above(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.above = bound(value, place);
  }
  void below(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.below = bound(value, place);
  }
  void length_min(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.length_min = size_of(value, place);
  }
  void length_max(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.length_max = size_of(value, place);
  }
  void pattern(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.pattern = std::make_unique<RE2>(string_of(value, place), RE2::Quiet);
    if (!rule.pattern->ok()) fail(place, "is not a regular expression: " + rule.pattern->error());
  }
  void format(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.secret = string_of(value, place) == "secret";
  }

  std::vector<const SchemaRule*> rules(const json::value& value, const std::string& place) {
    std::vector<const SchemaRule*> out;
    for (std::size_t i = 0; i < array_of(value, place).size(); ++i) {
      out.push_back(rule_at(place + "/" + std::to_string(i)));
    }
    return out;
  }
  void one_of(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.one_of = rules(value, place);
  }
  void any_of(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.any_of = rules(value, place);
  }
  void all_of(SchemaRule& rule, const json::value& value, const std::string& place) {
    rule.all_of = rules(value, place);
  }
  void negated(SchemaRule& rule, const json::value&, const std::string& place) {
    rule.negated = rule_at(place);
  }
  void reference(SchemaRule& rule, const json::value& value, const std::string& place) {
    const std::string target = string_of(value, place);
    if (target != "#" && !target.starts_with("#/")) {
      fail(place, "must point into the schema itself, as '#/$defs/name' does");
    }
    rule.reference = rule_at(target.substr(1));
  }
  // Each definition is read even if nothing refers to it, so that its errors are found.
  void definitions(SchemaRule&, const json::value& value, const std::string& place) {
    if (!value.is_object()) fail(place, "must be an object");
    for (const json::key_value_pair& member : value.get_object()) {
      rule_at(place + "/" + escape({member.key().data(), member.key().size()}));
    }
  }

  const json::value& document_;
  std::shared_ptr<SchemaRules> rules_;
  std::map<std::string, const SchemaRule*> by_pointer_;
};

const std::map<std::string_view, SchemaParser::Handler>& SchemaParser::handlers() {
  static const std::map<std::string_view, Handler> kHandlers{
      {"type", &SchemaParser::type},
      {"enum", &SchemaParser::enumeration},
      {"const", &SchemaParser::add_literal},
      {"properties", &SchemaParser::properties},
      {"required", &SchemaParser::required},
      {"additionalProperties", &SchemaParser::additional},
      {"minProperties", &SchemaParser::properties_min},
      {"maxProperties", &SchemaParser::properties_max},
      {"items", &SchemaParser::items},
      {"minItems", &SchemaParser::items_min},
      {"maxItems", &SchemaParser::items_max},
      {"minimum", &SchemaParser::minimum},
      {"maximum", &SchemaParser::maximum},
      {"exclusiveMinimum", &SchemaParser::above},
      {"exclusiveMaximum", &SchemaParser::below},
      {"minLength", &SchemaParser::length_min},
      {"maxLength", &SchemaParser::length_max},
      {"pattern", &SchemaParser::pattern},
      {"format", &SchemaParser::format},
      {"oneOf", &SchemaParser::one_of},
      {"anyOf", &SchemaParser::any_of},
      {"allOf", &SchemaParser::all_of},
      {"not", &SchemaParser::negated},
      {"$ref", &SchemaParser::reference},
      {"$defs", &SchemaParser::definitions},
      {"definitions", &SchemaParser::definitions},
      // Words for people: nothing to check.
      {"title", nullptr},
      {"description", nullptr},
      {"default", nullptr},
      {"examples", nullptr},
      {"deprecated", nullptr},
      {"$schema", nullptr},
      {"$id", nullptr},
      {"$comment", nullptr},
  };
  return kHandlers;
}

}  // namespace

ParsedSchema parse_schema(std::string_view text) {
  ParsedSchema parsed;
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 128;
  const json::value document =
      json::parse({text.data(), text.size()}, error, json::storage_ptr(), options);
  if (error) {
    parsed.error = "not valid JSON: " + error.message();
    return parsed;
  }
  try {
    parsed.rules = SchemaParser(document).parse();
  } catch (const SchemaError& wrong) {
    parsed.error = wrong.message;
  }
  return parsed;
}

}  // namespace headgate::config
