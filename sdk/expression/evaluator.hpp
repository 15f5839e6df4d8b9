#pragma once
// Walks a compiled expression. Nothing here throws: what goes wrong is a value, and steps and
// memory are counted.

#include <array>
#include <cstdint>

#include "code.hpp"
#include "numbers.hpp"

namespace hg::expression {

class Evaluator {
 public:
  Evaluator(const Program::Code& code, const Source& source, Scratch& scratch)
      : code_(code), source_(source), scratch_(scratch) {}

  Value run() noexcept { return evaluate(code_.nodes[code_.root]); }

 private:
  // evaluator.cpp
  Value evaluate(const Node& node) noexcept;
  Value variable(const Node& node) noexcept;
  Value select(const Node& node) noexcept;
  Value has_select(const Node& node) noexcept;
  Value index(const Node& node) noexcept;
  Value logical(const Node& node, bool decides) noexcept;
  Value conditional(const Node& node) noexcept;
  Value compare(const Node& node) noexcept;
  Value member_of(const Node& node) noexcept;
  Value arithmetic(const Node& node) noexcept;
  Value add(const Node& node, const Value& left, const Value& right) noexcept;
  Value list(const Node& node) noexcept;
  Value map(const Node& node) noexcept;
  Value unary(const Node& node) noexcept;
  // What a map has under a key, or an error that names it.
  Value member(const Node& node, const Value& map, const Value& key) noexcept;
  bool equal(const Value& left, const Value& right) noexcept;
  bool equal_maps(const Map& left, const Map& right) noexcept;

  // evaluator_calls.cpp
  Value call(const Node& node) noexcept;
  Value fallback(const Node& node) noexcept;
  Value size_of(const Node& node, const Value& value) noexcept;
  Value matches(const Node& node, const Value& text) noexcept;
  Value in_case(const Value& text, bool upper) noexcept;
  Value text_of(const Node& node, const Value& value) noexcept;
  Value quantifier(const Node& node) noexcept;
  Value exists_one(const Node& node) noexcept;
  Value transform(const Node& node) noexcept;
  // The items of a list or the keys of a map, one by one.
  bool begin_range(const Node& node, Value& range) noexcept;
  static std::size_t count_of(const Value& range);
  static Value item_of(const Value& range, std::size_t index);

  // Counts work; false when there has been too much of it.
  bool charge(std::size_t steps) noexcept;
  static std::size_t steps_of(std::size_t bytes) { return bytes / 64; }
  bool exhausted() const { return steps_ > kStepsMax; }
  Value* make_values(std::size_t count) noexcept;
  Value fail(const Node& node, std::string_view why) const noexcept;
  // The same in two parts, where there is memory for it.
  Value fail(const Node& node, std::string_view why, std::string_view what) noexcept;
  Value fail_exhausted(const Node& node) const noexcept;
  Value fail_memory(const Node& node) const noexcept;
  Value fail_types(const Node& node) const noexcept;
  Value placed(const Node& node, Value value) const noexcept;  // an error gets its position

  const Program::Code& code_;
  const Source& source_;
  Scratch& scratch_;
  std::size_t steps_ = 0;
  std::array<Value, kLocalsMax> locals_;
};

}  // namespace hg::expression
