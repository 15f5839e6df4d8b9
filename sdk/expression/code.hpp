#pragma once
// A compiled expression: a tree of nodes, made by the parser and walked by the evaluator.

#include <headgate/expression/program.hpp>

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace hg::expression {

enum class Op : std::uint8_t {
  constant,
  variable,      // id
  has_variable,  // id
  local,         // id: the place of a macro's variable
  select,        // child[0].text
  has_select,
  index,  // child[0][child[1]]
  logical_not,
  negate,
  logical_and,  // any number of children
  logical_or,
  conditional,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  list,
  map,       // key, value, key, value ...
  call,      // function(children)
  fallback,  // child[0], or child[1] where that is an error
  all,       // macros: child[0] is the range, child[1] the body, `id` the variable's place
  exists,
  exists_one,
  filter,
  transform,  // child[2], if there is one: the filter
};

enum class Function : std::uint8_t {
  none,
  size,
  starts_with,
  ends_with,
  contains,
  matches,  // id: of the regular expression
  lower_ascii,
  upper_ascii,
  to_boolean,
  to_integer,
  to_natural,
  to_number,
  to_text,
  as_any,
};

struct Node {
  Op op = Op::constant;
  Function function = Function::none;
  Type type = Type::any;
  std::uint32_t position = 0;  // of the expression, in bytes
  std::uint32_t id = 0;
  std::uint32_t depth = 1;
  std::uint32_t first_child = 0;  // in Code::children
  std::uint32_t children = 0;
  Value value;  // of a constant; a text: the name that select asks for
};

// Macros in macros: each needs a place for its variable.
constexpr std::uint32_t kLocalsMax = 8;

struct Program::Code {
  std::string text;
  std::vector<Node> nodes;
  std::vector<std::uint32_t> children;
  std::uint32_t root = 0;
  std::deque<std::string> texts;         // that constants are views of
  std::deque<std::vector<Value>> lists;  // likewise
  std::vector<std::unique_ptr<const RE2>> patterns;

  const Node& child(const Node& node, std::uint32_t index) const {
    return nodes[children[node.first_child + index]];
  }
};

}  // namespace hg::expression
