#include "evaluator.hpp"

#include <cstring>
#include <new>

namespace hg::expression {
namespace {

// `{...}` in an expression.
class LiteralMap final : public Map {
 public:
  LiteralMap(const Value* entries, std::size_t size) : entries_(entries), size_(size) {}

  Value find(const Value& key) const noexcept override {
    for (std::size_t i = 0; i < size_; ++i) {
      if (same_key(entries_[2 * i], key)) return entries_[2 * i + 1];
    }
    return {};
  }
  std::size_t size() const noexcept override { return size_; }
  Value key(std::size_t index) const noexcept override { return entries_[2 * index]; }

 private:
  static bool same_key(const Value& left, const Value& right) {
    if (is_number(left) && is_number(right)) return compare_numbers(left, right) == Order::equal;
    if (left.kind() != right.kind()) return false;
    return left.is(Kind::text) ? left.text() == right.text() : left.boolean() == right.boolean();
  }

  const Value* entries_;
  std::size_t size_;
};

bool is_key(const Value& value) {
  return value.is(Kind::text) || value.is(Kind::boolean) || value.is(Kind::integer) ||
         value.is(Kind::natural);
}

Order order_of_texts(std::string_view left, std::string_view right) {
  const int order = left.compare(right);
  if (order == 0) return Order::equal;
  return order < 0 ? Order::less : Order::greater;
}

bool fulfils(Op op, Order order) {
  switch (op) {
    case Op::less:
      return order == Order::less;
    case Op::less_equal:
      return order == Order::less || order == Order::equal;
    case Op::greater:
      return order == Order::greater;
    default:
      return order == Order::greater || order == Order::equal;
  }
}

}  // namespace

bool Evaluator::charge(std::size_t steps) noexcept {
  steps_ += steps;
  return !exhausted();
}

Value* Evaluator::make_values(std::size_t count) noexcept {
  if (count > Scratch::kBytesMax / sizeof(Value)) return nullptr;
  auto* const values = static_cast<Value*>(scratch_.allocate(count * sizeof(Value)));
  for (std::size_t i = 0; values != nullptr && i < count; ++i) new (values + i) Value();
  return values;
}

Value Evaluator::fail(const Node& node, std::string_view why) const noexcept {
  return Value::error(why, node.position);
}

Value Evaluator::fail(const Node& node, std::string_view why, std::string_view what) noexcept {
  constexpr std::size_t kShownMax = 64;
  what = what.substr(0, kShownMax);
  auto* const text = static_cast<char*>(scratch_.allocate(why.size() + what.size()));
  if (text == nullptr) return fail(node, why);
  std::memcpy(text, why.data(), why.size());
  if (!what.empty()) std::memcpy(text + why.size(), what.data(), what.size());
  return fail(node, std::string_view(text, why.size() + what.size()));
}

Value Evaluator::fail_exhausted(const Node& node) const noexcept {
  return fail(node, "the expression takes too many steps");
}

Value Evaluator::fail_memory(const Node& node) const noexcept {
  return fail(node, "the expression makes too much");
}

Value Evaluator::fail_types(const Node& node) const noexcept {
  return fail(node, "the operands are not of kinds that go together");
}

Value Evaluator::placed(const Node& node, Value value) const noexcept {
  return value.is(Kind::error) ? fail(node, value.text()) : value;
}

Value Evaluator::evaluate(const Node& node) noexcept {
  if (!charge(1)) return fail_exhausted(node);
  switch (node.op) {
    case Op::constant:
      return node.value;
    case Op::variable:
      return variable(node);
    case Op::has_variable:
      return Value::boolean(!source_.value(node.id).is(Kind::missing));
    case Op::local:
      return locals_[node.id];
    case Op::select:
      return select(node);
    case Op::has_select:
      return has_select(node);
    case Op::index:
      return index(node);
    case Op::logical_not:
    case Op::negate:
      return unary(node);
    case Op::logical_and:
      return logical(node, false);
    case Op::logical_or:
      return logical(node, true);
    case Op::conditional:
      return conditional(node);
    case Op::equal:
    case Op::not_equal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compare(node);
    case Op::in:
      return member_of(node);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::remainder:
      return arithmetic(node);
    case Op::list:
      return list(node);
    case Op::map:
      return map(node);
    case Op::call:
      return call(node);
    case Op::fallback:
      return fallback(node);
    case Op::all:
    case Op::exists:
      return quantifier(node);
    case Op::exists_one:
      return exists_one(node);
    case Op::filter:
    case Op::transform:
      return transform(node);
  }
  return fail(node, "unknown operation");
}

Value Evaluator::variable(const Node& node) noexcept {
  const Value value = source_.value(node.id);
  if (value.is(Kind::missing)) return fail(node, "this variable has no value here");
  return placed(node, value);
}

Value Evaluator::member(const Node& node, const Value& map, const Value& key) noexcept {
  if (!charge(map.map().size() / 16)) return fail_exhausted(node);
  const Value found = map.map().find(key);
  if (!found.is(Kind::missing)) return placed(node, found);
  return key.is(Kind::text) ? fail(node, "no such key: ", key.text()) : fail(node, "no such key");
}

Value Evaluator::select(const Node& node) noexcept {
  const Value operand = evaluate(code_.child(node, 0));
  if (operand.failed()) return operand;
  if (!operand.is(Kind::map)) return fail(node, "only a map has members");
  return member(node, operand, node.value);
}

Value Evaluator::has_select(const Node& node) noexcept {
  const Node& child = code_.child(node, 0);
  // Without the variable there are no members of it either.
  if (child.op == Op::variable && source_.value(child.id).is(Kind::missing)) {
    return Value::boolean(false);
  }
  const Value operand = evaluate(child);
  if (operand.failed()) return operand;
  if (!operand.is(Kind::map)) return fail(node, "only a map has members");
  if (!charge(operand.map().size() / 16)) return fail_exhausted(node);
  return Value::boolean(!operand.map().find(node.value).is(Kind::missing));
}

Value Evaluator::index(const Node& node) noexcept {
  const Value operand = evaluate(code_.child(node, 0));
  if (operand.failed()) return operand;
  const Value key = evaluate(code_.child(node, 1));
  if (key.failed()) return key;
  if (operand.is(Kind::map)) {
    if (!is_key(key) && !key.is(Kind::number)) return fail(node, "this cannot be a key");
    return member(node, operand, key);
  }
  if (!operand.is(Kind::list) || !is_number(key)) return fail_types(node);
  // 1.0 is an index, 1.5 is none.
  const Value whole = to_integer(key);
  if (whole.failed() || compare_numbers(whole, key) != Order::equal) {
    return fail(node, "the index of a list is a whole number");
  }
  const std::int64_t place = whole.integer();
  if (place < 0 || static_cast<std::uint64_t>(place) >= operand.size()) {
    return fail(node, "the index is out of the list's bounds");
  }
  return operand.items()[place];
}

// `decides`: the operand that settles it, true for `||`. Then errors of the others do not count.
Value Evaluator::logical(const Node& node, bool decides) noexcept {
  Value problem;
  for (std::uint32_t i = 0; i < node.children; ++i) {
    const Node& child = code_.child(node, i);
    Value value = evaluate(child);
    if (value.is(Kind::boolean)) {
      if (value.boolean() == decides) return value;
      continue;
    }
    if (!value.failed()) value = fail(child, "this is neither true nor false");
    if (problem.is(Kind::missing)) problem = value;
  }
  return problem.is(Kind::missing) ? Value::boolean(!decides) : problem;
}

Value Evaluator::conditional(const Node& node) noexcept {
  const Value condition = evaluate(code_.child(node, 0));
  if (condition.failed()) return condition;
  if (!condition.is(Kind::boolean)) return fail(node, "the condition is neither true nor false");
  return evaluate(code_.child(node, condition.boolean() ? 1 : 2));
}

Value Evaluator::unary(const Node& node) noexcept {
  const Value value = evaluate(code_.child(node, 0));
  if (value.failed()) return value;
  if (node.op == Op::logical_not) {
    return value.is(Kind::boolean) ? Value::boolean(!value.boolean()) : fail_types(node);
  }
  if (!value.is(Kind::integer) && !value.is(Kind::number)) return fail_types(node);
  return placed(node, negated(value));
}

bool Evaluator::equal(const Value& left, const Value& right) noexcept {
  if (!charge(1)) return false;
  if (is_number(left) && is_number(right)) return compare_numbers(left, right) == Order::equal;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return left.boolean() == right.boolean();
    case Kind::text:
      return charge(steps_of(left.size())) && left.text() == right.text();
    case Kind::list:
      if (left.size() != right.size()) return false;
      for (std::size_t i = 0; i < left.size(); ++i) {
        if (!equal(left.items()[i], right.items()[i])) return false;
      }
      return true;
    case Kind::map:
      return equal_maps(left.map(), right.map());
    default:
      return false;
  }
}

bool Evaluator::equal_maps(const Map& left, const Map& right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const Value key = left.key(i);
    if (!charge(1 + left.size() / 8)) return false;
    const Value other = right.find(key);
    if (other.failed() || !equal(left.find(key), other)) return false;
  }
  return true;
}

Value Evaluator::compare(const Node& node) noexcept {
  const Value left = evaluate(code_.child(node, 0));
  if (left.failed()) return left;
  const Value right = evaluate(code_.child(node, 1));
  if (right.failed()) return right;
  if (node.op == Op::equal || node.op == Op::not_equal) {
    const bool same = equal(left, right);
    if (exhausted()) return fail_exhausted(node);
    return Value::boolean(same == (node.op == Op::equal));
  }
  if (is_number(left) && is_number(right)) {
    return Value::boolean(fulfils(node.op, compare_numbers(left, right)));
  }
  if (left.is(Kind::text) && right.is(Kind::text)) {
    if (!charge(steps_of(left.size()))) return fail_exhausted(node);
    return Value::boolean(fulfils(node.op, order_of_texts(left.text(), right.text())));
  }
  if (left.is(Kind::boolean) && right.is(Kind::boolean)) {
    const Value first = Value::integer(left.boolean() ? 1 : 0);
    const Value second = Value::integer(right.boolean() ? 1 : 0);
    return Value::boolean(fulfils(node.op, compare_numbers(first, second)));
  }
  return fail_types(node);
}

Value Evaluator::member_of(const Node& node) noexcept {
  const Value wanted = evaluate(code_.child(node, 0));
  if (wanted.failed()) return wanted;
  const Value among = evaluate(code_.child(node, 1));
  if (among.failed()) return among;
  if (among.is(Kind::map)) {
    if (!is_key(wanted) && !wanted.is(Kind::number)) return fail(node, "this cannot be a key");
    if (!charge(among.map().size() / 16)) return fail_exhausted(node);
    return Value::boolean(!among.map().find(wanted).is(Kind::missing));
  }
  if (!among.is(Kind::list)) return fail_types(node);
  bool found = false;
  for (std::size_t i = 0; i < among.size() && !found; ++i) found = equal(wanted, among.items()[i]);
  return exhausted() ? fail_exhausted(node) : Value::boolean(found);
}

Value Evaluator::arithmetic(const Node& node) noexcept {
  const Value left = evaluate(code_.child(node, 0));
  if (left.failed()) return left;
  const Value right = evaluate(code_.child(node, 1));
  if (right.failed()) return right;
  if (left.kind() != right.kind()) return fail_types(node);
  if (is_number(left)) {
    if (node.op == Op::remainder && left.is(Kind::number)) return fail_types(node);
    return placed(node, compute(node.op, left, right));
  }
  return node.op == Op::add ? add(node, left, right) : fail_types(node);
}

// Texts and lists.
Value Evaluator::add(const Node& node, const Value& left, const Value& right) noexcept {
  const std::size_t count = left.size() + right.size();
  if (left.is(Kind::list)) {
    if (!charge(count)) return fail_exhausted(node);
    Value* const items = make_values(count);
    if (items == nullptr) return fail_memory(node);
    for (std::size_t i = 0; i < left.size(); ++i) items[i] = left.items()[i];
    for (std::size_t i = 0; i < right.size(); ++i) items[left.size() + i] = right.items()[i];
    return Value::list(items, count);
  }
  if (!left.is(Kind::text)) return fail_types(node);
  if (!charge(steps_of(count))) return fail_exhausted(node);
  auto* const text = static_cast<char*>(scratch_.allocate(count));
  if (text == nullptr) return fail_memory(node);
  if (left.size() != 0) std::memcpy(text, left.text().data(), left.size());
  if (right.size() != 0) std::memcpy(text + left.size(), right.text().data(), right.size());
  return Value::text(std::string_view(text, count));
}

Value Evaluator::list(const Node& node) noexcept {
  Value* const items = make_values(node.children);
  if (items == nullptr) return fail_memory(node);
  for (std::uint32_t i = 0; i < node.children; ++i) {
    items[i] = evaluate(code_.child(node, i));
    if (items[i].failed()) return items[i];
  }
  return Value::list(items, node.children);
}

Value Evaluator::map(const Node& node) noexcept {
  Value* const entries = make_values(node.children);
  void* const place = entries == nullptr ? nullptr : scratch_.allocate(sizeof(LiteralMap));
  if (place == nullptr) return fail_memory(node);
  for (std::uint32_t i = 0; i < node.children; ++i) {
    entries[i] = evaluate(code_.child(node, i));
    if (entries[i].failed()) return entries[i];
    if (i % 2 == 1) continue;
    if (!is_key(entries[i])) return fail(node, "this cannot be a key");
    if (!charge(i / 2)) return fail_exhausted(node);
    if (!LiteralMap(entries, i / 2).find(entries[i]).is(Kind::missing)) {
      return fail(node, "a key stands twice in a map");
    }
  }
  return Value::map(*new (place) LiteralMap(entries, node.children / 2));
}

}  // namespace hg::expression
