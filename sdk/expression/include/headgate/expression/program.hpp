#pragma once
// Expressions in a configuration: a subset of CEL, the Common Expression Language (cel.dev).
//
//   static constexpr Variable kVariables[] = {{"response", Type::group, kResponse},
//                                             {"response.code", Type::integer, kCode}};
//   Compiled compiled = compile("response.code >= 500", kVariables, Type::boolean);
//   if (!compiled.program) fault(compiled.problem.message);
//   ...
//   bool unhealthy = compiled.program->is_true(source);   // source: what the variables are now
//
// docs/expressions.md has the grammar, the functions and the bounds. Compiling finds every name,
// checks the types as far as they are known, and compiles regular expressions. Evaluating throws
// nothing, changes nothing and ends: the steps that it may take and the memory that it may use are
// bounded. What goes wrong then (no such key, an overflow) is a value, and `&&` and `||` absorb it
// as CEL has it.

#include <headgate/expression/scratch.hpp>
#include <headgate/expression/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hg::expression {

// The longest expression, in bytes; longer ones are refused.
constexpr std::size_t kExpressionBytesMax = 4096;
// How deep operators, parentheses and calls may stand in one another.
constexpr std::uint32_t kNestingMax = 100;
// What one evaluation may do: a step is an operator, an element that is visited, or 64 bytes of a
// text that is read.
constexpr std::uint32_t kStepsMax = 20'000;

// What is known of a value before it is there.
enum class Type : std::uint8_t {
  any,
  null,
  boolean,
  integer,
  natural,
  number,
  text,
  list,
  map,
  group,  // of a variable: only its members have values
};

// A name that an expression may use: `request.path` is one variable, whatever the dots mean.
struct Variable {
  std::string_view name;
  Type type;
  std::uint32_t id;  // by which a Source is asked for it
};

// The variables of one place. Only needed while compiling.
class Variables {
 public:
  constexpr Variables() = default;
  constexpr Variables(const Variable* begin, std::size_t size) : begin_(begin), size_(size) {}
  template <std::size_t count>
  constexpr Variables(const Variable (&all)[count]) : Variables(all, count) {}

  constexpr const Variable* begin() const { return begin_; }
  constexpr const Variable* end() const { return begin_ + size_; }

 private:
  const Variable* begin_ = nullptr;
  std::size_t size_ = 0;
};

// Says what the variables are when an expression is evaluated.
class Source {
 public:
  // Missing: has() of it is false, and using it an error. Of a group: anything else than missing
  // when it is there.
  virtual Value value(std::uint32_t id) const noexcept = 0;

 protected:
  ~Source() = default;
};

struct Problem {
  // In the expression, from 1; the column in bytes.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;

  // "line:column: message"
  std::string to_string() const;
};

// A compiled expression. Immutable; may be used by several threads at once.
class Program {
 public:
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // What it comes to. Views in the result live as long as the program, the source's and `scratch`.
  // Never missing. [any]
  Value evaluate(const Source& source, Scratch& scratch) const noexcept;
  // Whether it comes to true; false also when it comes to an error. [any]
  bool is_true(const Source& source) const noexcept;

  const std::string& text() const;
  Type type() const;  // of the result, as far as known

  // Whether it mentions the variable of that id.
  bool uses(std::uint32_t id) const;
  // The keys by which it reads a variable that is a map, where all of them are written out; with
  // `others` true it looks at the map in other ways as well.
  struct Keys {
    std::vector<std::string> names;
    bool others = false;
  };
  Keys keys_of(std::uint32_t id) const;

  struct Code;  // of the library itself
  explicit Program(std::unique_ptr<const Code> code);

 private:
  const std::unique_ptr<const Code> code_;
};

struct Compiled {
  std::shared_ptr<const Program> program;  // null: see `problem`
  Problem problem;
};

// `result`: what the expression must come to; Type::any takes everything. Never throws but for lack
// of memory. [main]
Compiled compile(std::string_view text, Variables variables, Type result = Type::any);

}  // namespace hg::expression
