#include "core/config/expression.hpp"

#include "core/config/fields.hpp"

namespace headgate::config {
namespace {

// A JSON pointer to a member.
std::string pointer_to(std::string_view name) {
  std::string pointer = "/";
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

// Null where it is faulty, which is said at `pointer`.
Expression compiled(Fields& fields, const Node& scalar, std::string_view name,
                    const std::string& pointer, const ExpressionRule& rule) {
  auto made = hg::expression::compile(scalar.text, rule.variables, rule.result);
  if (made.program) return Expression(std::move(made.program));
  hg::expression::Problem& problem = made.problem;
  // What came out of a variable may be a secret, and words of it would stand in the message.
  if (scalar.expanded) problem.message = "not an expression that can stand here";
  fields.fault(pointer, "'" + std::string(name) + "' at " + problem.to_string());
  return {};
}

ScalarForm form_of(const ExpressionRule& rule) {
  ScalarForm form;
  form.types = {"string"};
  form.expects = rule.result == hg::expression::Type::boolean
                     ? "an expression that is true or false"
                     : "an expression";
  if (rule.result == hg::expression::Type::boolean) form.types.emplace_back("boolean");
  return form;
}

}  // namespace

void expression(Fields& fields, const Key& key, Expression& value, const ExpressionRule& rule) {
  fields.value(key, form_of(rule), [&](const Node& scalar) {
    value = compiled(fields, scalar, key.name, pointer_to(key.name), rule);
    return true;
  });
}

void expressions(Fields& fields, const Key& key, std::vector<NamedExpression>& values,
                 const ExpressionRule& rule) {
  const std::string above = pointer_to(key.name);
  fields.named_values(key, form_of(rule), [&](const Node& scalar, std::string_view name) {
    Expression made = compiled(fields, scalar, name, above + pointer_to(name), rule);
    if (made) values.push_back({std::string(name), std::move(made)});
    return true;
  });
}

}  // namespace headgate::config
