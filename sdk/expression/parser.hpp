#pragma once
// From text to a tree: grammar, names and types. Recursive descent, bounded by kNestingMax.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "code.hpp"
#include "lexer.hpp"

namespace hg::expression {

class Parser {
 public:
  Parser(std::string_view text, Variables variables);

  // Null where there is a problem().
  std::unique_ptr<Program::Code> parse(Type result);
  const Problem& problem() const { return problem_; }

 private:
  // What a part of an expression is; `failed()` once there is a problem.
  using Index = std::uint32_t;

  // parser.cpp: the grammar
  Index expression();
  Index logical(bool is_or);
  Index relation();
  Index addition();
  Index multiplication();
  Index unary();
  Index member();
  Index primary();
  Index named(const Token& name);
  Index index_of(Index operand, const Token& mark);
  Index list_literal();
  Index map_literal();
  std::vector<Index> arguments(std::string_view closing);

  // parser_names.cpp: variables, functions and macros
  Index variable(const Token& name);
  Index select(Index operand, const Token& name);
  Index call(const Token& name, std::vector<Index> arguments, bool method);
  Index has(const Token& name);
  Index macro(const Token& name, Index range);
  Index regular_expression(const Token& name, const std::vector<Index>& arguments);
  // A path such as `request.headers` that has been read so far, when it is no value yet.
  Index extend_path(Index operand, const Token& name);
  Index settled(Index operand);
  bool knows_path(std::string_view path) const;
  const Variable* find_variable(std::string_view path) const;
  bool fail_unknown(const Token& token, const std::string& path);

  // Nodes.
  Index add(Node node, const std::vector<Index>& children);
  Index constant(const Token& token, Type type, Value value);
  Index literal(const Token& token);
  Index binary(Op op, const Token& mark, Index left, Index right);
  Type operator_type(Op op, const Token& mark, Type left, Type right);
  bool check_boolean(Index index, std::string_view what);
  std::string_view keep(std::string text);
  Node& node(Index index) { return code_->nodes[index]; }
  const Node& node(Index index) const { return code_->nodes[index]; }

  // Words.
  void advance();
  bool take(std::string_view mark);
  bool expect(std::string_view mark, std::string_view after);
  Index fail(std::uint32_t position, std::string message);
  bool failed() const { return !problem_.message.empty(); }
  std::string shown(const Token& token) const;

  struct Local {
    std::string name;
  };
  // A path that is no variable by itself.
  struct Path {
    Index index;
    std::string path;
  };

  Lexer lexer_;
  const Variables variables_;
  Token token_;
  std::unique_ptr<Program::Code> code_;
  std::vector<Local> locals_;
  std::uint32_t nesting_ = 0;
  std::string path_;        // that node `path_index_` has read
  Index path_index_ = ~0u;  // none
  Problem problem_;
};

// "a number (int)"
std::string_view name_of(Type type);
// The line and column of a byte.
Problem at_position(std::string_view text, std::uint32_t position);

}  // namespace hg::expression
