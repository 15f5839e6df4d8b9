#pragma once
// An expression of the configuration, compiled when the file is read. [main] to read, [any] to use.

#include <headgate/expression/program.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate::config {

class Fields;
struct Key;

class Expression {
 public:
  using Program = std::shared_ptr<const hg::expression::Program>;

  Expression() = default;  // none was written
  explicit Expression(Program program) : program_(std::move(program)) {}

  explicit operator bool() const { return program_ != nullptr; }
  const Program& program() const { return program_; }
  // Whether it comes to true. REQUIRES: there is one.
  bool is_true(const hg::expression::Source& source) const { return program_->is_true(source); }

  // Two that were written alike, in one place of the configuration.
  friend bool operator==(const Expression& left, const Expression& right) {
    if (!left || !right) return !left && !right;
    return left.program_->text() == right.program_->text();
  }

 private:
  Program program_;
};

// What an expression in one place may use and must come to.
struct ExpressionRule {
  hg::expression::Variables variables;
  hg::expression::Type result = hg::expression::Type::boolean;
};

void expression(Fields& fields, const Key& key, Expression& value, const ExpressionRule& rule);

// A map from names to expressions.
struct NamedExpression {
  std::string name;
  Expression value;

  bool operator==(const NamedExpression&) const = default;
};
void expressions(Fields& fields, const Key& key, std::vector<NamedExpression>& values,
                 const ExpressionRule& rule);

}  // namespace headgate::config
