#include "core/config/schema_validator.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/trim.hpp"
#include "core/config/schema_rules.hpp"

namespace headgate::config {

namespace {

// Evaluations of rules in one validation. Stops a schema that refers to itself without end.
constexpr std::size_t kStepsMax = 1'000'000;
constexpr std::size_t kDepthMax = 512;

std::uint8_t bits_of(ScalarType type) {
  switch (type) {
    case ScalarType::null:
      return kTypeNull;
    case ScalarType::boolean:
      return kTypeBoolean;
    case ScalarType::integer:
      return kTypeInteger | kTypeNumber;
    case ScalarType::number:
      return kTypeNumber;
    case ScalarType::text:
      return kTypeString;
  }
  return 0;
}

std::string type_names(std::uint8_t types) {
  std::vector<std::string_view> names;
  if (types & kTypeObject) names.push_back("a map");
  if (types & kTypeArray) names.push_back("a list");
  if (types & kTypeString) names.push_back("a text");
  if (types & kTypeNumber) {
    names.push_back("a number");
  } else if (types & kTypeInteger) {
    names.push_back("a whole number");
  }
  if (types & kTypeBoolean) names.push_back("true or false");
  if (types & kTypeNull) names.push_back("empty");
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += " or ";
    out += name;
  }
  return out;
}

double number_of(const std::string& text) {
  double number = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t whole = 0;
    std::from_chars(text.data() + 2, text.data() + text.size(), whole, text[1] == 'x' ? 16 : 8);
    return static_cast<double>(whole);
  }
  std::from_chars(begin, text.data() + text.size(), number);
  return number;
}

std::string label(const Node& node) {
  return "'" + std::string(node.label()) + "'";
}

class Validator {
 public:
  explicit Validator(const Environment& environment) : environment_(environment) {}

  void check(const Node& node, const SchemaRule& rule) {
    if (node.faulty) return;
    if (++steps_ > kStepsMax || depth_ > kDepthMax) {
      if (!gave_up_) fault(node, "the plugin's schema is too deep to check");
      gave_up_ = true;
      return;
    }
    ++depth_;
    check_rule(node, rule);
    --depth_;
  }

  Validation result;

 private:
  void fault(const Node& node, std::string message) { fault(node, node.position, message); }
  void fault(const Node& node, Position position, const std::string& message) {
    result.faults.push_back({{}, position, node.path, message});
  }

  void check_rule(const Node& node, const SchemaRule& rule) {
    if (rule.never) {
      fault(node, label(node) + " is not allowed here");
      return;
    }
    if (rule.secret && !read_secret(node)) return;
    if (rule.types != 0 && !check_type(node, rule)) return;
    if (rule.has_literals) check_literals(node, rule);
    if (rule.reference) check(node, *rule.reference);
    for (const SchemaRule* each : rule.all_of) check(node, *each);
    const auto typed = result.typed.find(&node);
    if (node.is_map() && typed == result.typed.end()) {
      check_members(node, rule);
    } else if (node.is_list()) {
      check_items(node, rule);
    } else {
      check_scalar(node, rule);
    }
    if (!rule.any_of.empty()) check_alternatives(node, rule.any_of, false);
    if (!rule.one_of.empty()) check_alternatives(node, rule.one_of, true);
    if (rule.negated) check_negated(node, *rule.negated);
  }

  // What a scalar is as far as is known now.
  TypedValue value_of(const Node& node) const {
    const auto typed = result.typed.find(&node);
    if (typed != result.typed.end()) return typed->second;
    const bool is_text = node.quoted || node.expanded;
    return {is_text ? ScalarType::text : plain_type(node.text), node.text, node.expanded};
  }

  std::uint8_t type_of(const Node& node) const {
    if (result.typed.contains(&node)) return bits_of(result.typed.at(&node).type);
    if (node.is_map()) return kTypeObject;
    if (node.is_list()) return kTypeArray;
    return bits_of(value_of(node).type);
  }

  bool check_type(const Node& node, const SchemaRule& rule) {
    if (type_of(node) & rule.types) return true;
    if (node.is_scalar() && convert(node, rule.types)) return true;
    const std::string what = node.is_null() ? " has no value; it must be " : " must be ";
    const bool quoted_number = node.is_scalar() && node.quoted && !node.expanded &&
                               (bits_of(plain_type(node.text)) & rule.types) != 0;
    fault(node, label(node) + what + type_names(rule.types) +
                    (quoted_number ? ", without the quotes" : ""));
    return false;
  }

  // Gives the scalar a type out of `types`, if its text allows it.
  bool convert(const Node& node, std::uint8_t types) {
    TypedValue value = value_of(node);
    const ScalarType by_text = plain_type(value.text);
    if (value.type == ScalarType::text) {
      const bool wanted = (bits_of(by_text) & types) != 0 && by_text != ScalarType::null;
      if (!node.expanded || !wanted) return false;
      value.type = by_text;
    } else {
      if (value.type == ScalarType::null || !(types & kTypeString)) return false;
      value.type = ScalarType::text;
    }
    result.typed[&node] = std::move(value);
    return true;
  }

  static bool equal(const TypedValue& value, const Literal& literal) {
    if (bits_of(value.type) & kTypeNumber) {
      return (bits_of(literal.type) & kTypeNumber) &&
             number_of(value.text) == number_of(literal.text);
    }
    if (value.type != literal.type) return false;
    if (value.type == ScalarType::null) return true;
    if (value.type != ScalarType::boolean) return value.text == literal.text;
    return (value.text[0] == 't' || value.text[0] == 'T') == (literal.text == "true");
  }

  void check_literals(const Node& node, const SchemaRule& rule) {
    const TypedValue before = value_of(node);
    if (node.is_scalar()) {
      for (const Literal& literal : rule.literals) {
        if (equal(before, literal)) return;
      }
      // Without a `type` beside it, the literals say which types there are.
      for (const Literal& literal : rule.literals) {
        if (rule.types != 0 || !convert(node, bits_of(literal.type))) continue;
        if (equal(value_of(node), literal)) return;
        result.typed.erase(&node);
      }
    }
    std::string list;
    std::vector<std::string> words;
    for (const Literal& literal : rule.literals) {
      if (!list.empty()) list += &literal == &rule.literals.back() ? " or " : ", ";
      list += "'" + literal.text + "'";
      words.push_back(literal.text);
    }
    const bool may_show = node.is_scalar() && !before.secret;
    fault(node, label(node) + " must be " + list +
                    (may_show ? suggestion(before.text, words) : std::string()));
  }

  void check_members(const Node& node, const SchemaRule& rule) {
    for (const Member& member : node.members) check_member(node, member, rule);
    for (const std::string& name : rule.required) {
      if (!node.find(name)) fault(node, "missing key '" + name + "' in " + label(node));
    }
    const std::size_t count = node.members.size();
    if (rule.properties_min && count < *rule.properties_min) {
      fault(node, label(node) + " needs at least " + std::to_string(*rule.properties_min) +
                      " of its keys");
    }
    if (rule.properties_max && count > *rule.properties_max) {
      fault(node,
            label(node) + " may have at most " + std::to_string(*rule.properties_max) + " keys");
    }
  }

  void check_member(const Node& node, const Member& member, const SchemaRule& rule) {
    for (const auto& [name, member_rule] : rule.properties) {
      if (name == member.key) return check(member.value, *member_rule);
    }
    if (!rule.additional) return;
    if (!rule.additional->never) return check(member.value, *rule.additional);
    fault(node, member.position,
          "unknown key '" + member.key + "' in " + label(node) +
              suggestion(member.key, rule.property_names));
  }

  void check_items(const Node& node, const SchemaRule& rule) {
    if (rule.items) {
      for (const Node& item : node.items) check(item, *rule.items);
    }
    if (rule.items_min && node.items.size() < *rule.items_min) {
      fault(node, label(node) + " needs at least " + std::to_string(*rule.items_min) + " entries");
    }
    if (rule.items_max && node.items.size() > *rule.items_max) {
      fault(node,
            label(node) + " may have at most " + std::to_string(*rule.items_max) + " entries");
    }
  }

  void check_scalar(const Node& node, const SchemaRule& rule) {
    const TypedValue value = value_of(node);
    if (bits_of(value.type) & kTypeNumber) check_number(node, rule, number_of(value.text));
    if (value.type == ScalarType::text) check_text(node, rule, value.text);
  }

  void check_number(const Node& node, const SchemaRule& rule, double number) {
    if (rule.minimum && number < rule.minimum->value) {
      fault(node, label(node) + " must be at least " + rule.minimum->text);
    }
    if (rule.maximum && number > rule.maximum->value) {
      fault(node, label(node) + " must be at most " + rule.maximum->text);
    }
    if (rule.above && number <= rule.above->value) {
      fault(node, label(node) + " must be above " + rule.above->text);
    }
    if (rule.below && number >= rule.below->value) {
      fault(node, label(node) + " must be below " + rule.below->text);
    }
  }

  void check_text(const Node& node, const SchemaRule& rule, const std::string& text) {
    if (rule.length_min && text.size() < *rule.length_min) {
      fault(node, label(node) + (text.empty() ? " must not be empty"
                                              : " must have at least " +
                                                    std::to_string(*rule.length_min) + " bytes"));
    }
    if (rule.length_max && text.size() > *rule.length_max) {
      fault(node, label(node) + " may have at most " + std::to_string(*rule.length_max) + " bytes");
    }
    if (rule.pattern && !RE2::PartialMatch(text, *rule.pattern)) {
      fault(node, label(node) + " must match the pattern '" + rule.pattern->pattern() + "'");
    }
  }

  // `{file: PATH}` becomes the content of that file. False when that failed.
  bool read_secret(const Node& node) {
    if (result.typed.contains(&node)) return true;
    if (node.is_scalar()) {
      TypedValue value = value_of(node);
      value.secret = true;
      if (value.type != ScalarType::null) result.typed[&node] = std::move(value);
      return true;
    }
    const Node* path = node.is_map() && node.members.size() == 1 ? node.find("file") : nullptr;
    if (!path || !path->is_scalar() || path->faulty) return true;
    const FileContent content = environment_.read_file(path->text);
    result.files.push_back(path->text);
    if (!content.text) {
      fault(*path, "cannot read '" + path->text + "': " + content.error);
      return false;
    }
    result.typed[&node] = {ScalarType::text, std::string(trimmed(*content.text)), true};
    return true;
  }

  // What one alternative has to say.
  struct Verdict {
    Faults faults;
    TypedNodes typed;
    std::size_t shape_faults = 0;  // about this node itself: it was meant to be another form

    bool fits() const { return faults.empty(); }
  };

  Verdict try_rule(const Node& node, const SchemaRule& rule) {
    const Faults faults_before = std::exchange(result.faults, {});
    const TypedNodes typed_before = result.typed;
    check(node, rule);
    Verdict verdict;
    verdict.faults = std::exchange(result.faults, faults_before);
    verdict.typed = std::exchange(result.typed, typed_before);
    for (const ConfigFault& each : verdict.faults) {
      if (each.path == node.path) ++verdict.shape_faults;
    }
    return verdict;
  }

  void check_alternatives(const Node& node, const std::vector<const SchemaRule*>& rules,
                          bool exactly_one) {
    std::vector<Verdict> verdicts;
    for (const SchemaRule* rule : rules) verdicts.push_back(try_rule(node, *rule));
    const auto fits = [](const Verdict& verdict) { return verdict.fits(); };
    const auto fitting = std::count_if(verdicts.begin(), verdicts.end(), fits);
    if (fitting > 1 && exactly_one) {
      fault(node, label(node) + " fits more than one of its allowed forms");
    } else if (fitting > 0) {
      result.typed = std::find_if(verdicts.begin(), verdicts.end(), fits)->typed;
    } else {
      report_closest(node, verdicts);
    }
  }

  // Nothing fits: if one form is clearly meant, its faults are what helps; otherwise the first
  // fault of each.
  void report_closest(const Node& node, std::vector<Verdict>& verdicts) {
    std::size_t fewest = SIZE_MAX;
    for (const Verdict& verdict : verdicts) fewest = std::min(fewest, verdict.shape_faults);
    std::vector<Verdict*> closest;
    for (Verdict& verdict : verdicts) {
      if (verdict.shape_faults == fewest) closest.push_back(&verdict);
    }
    if (closest.size() == 1) {
      for (ConfigFault& each : closest[0]->faults) result.faults.push_back(std::move(each));
      return;
    }
    std::string reasons;
    for (const Verdict* verdict : closest) {
      const std::string& reason = verdict->faults.front().message;
      if (reasons.find(reason) != std::string::npos) continue;
      reasons += (reasons.empty() ? "" : "; or ") + reason;
    }
    fault(node, label(node) + " fits none of its allowed forms: " + reasons);
  }

  void check_negated(const Node& node, const SchemaRule& rule) {
    if (try_rule(node, rule).fits()) fault(node, label(node) + " is not allowed here");
  }

  const Environment& environment_;
  std::size_t steps_ = 0;
  std::size_t depth_ = 0;
  bool gave_up_ = false;
};

}  // namespace

Validation validate(const Node& node, const SchemaRules& rules, const Environment& environment) {
  Validator validator(environment);
  if (node.is_null()) {
    Node empty;
    empty.kind = Node::Kind::map;
    empty.position = node.position;
    empty.path = node.path;
    empty.label_begin = node.label_begin;
    validator.check(empty, *rules.root);
    validator.result.typed.clear();
  } else {
    validator.check(node, *rules.root);
  }
  return std::move(validator.result);
}

}  // namespace headgate::config
