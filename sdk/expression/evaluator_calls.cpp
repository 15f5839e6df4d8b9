// Functions and macros.

#include <charconv>
#include <cmath>
#include <cstring>

#include "evaluator.hpp"

namespace hg::expression {
namespace {

// Code points, as CEL counts; a byte that belongs to none counts for itself.
std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) == 0x80 ? 0 : 1;
  return count;
}

// Linear, whatever is looked for; std::string_view::find is not.
bool contains(std::string_view text, std::string_view part) {
  return part.empty() ||
         (!text.empty() && ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
}

}  // namespace

Value Evaluator::call(const Node& node) noexcept {
  const Value value = evaluate(code_.child(node, 0));
  if (value.failed()) return value;
  switch (node.function) {
    case Function::as_any:
      return value;
    case Function::size:
      return size_of(node, value);
    case Function::to_boolean:
      return placed(node, to_boolean(value));
    case Function::to_integer:
      return placed(node, to_integer(value));
    case Function::to_natural:
      return placed(node, to_natural(value));
    case Function::to_number:
      return placed(node, to_number(value));
    case Function::to_text:
      return text_of(node, value);
    default:
      break;
  }
  if (!value.is(Kind::text)) return fail_types(node);
  if (!charge(steps_of(value.size()))) return fail_exhausted(node);
  if (node.function == Function::matches) return matches(node, value);
  if (node.function == Function::lower_ascii) return placed(node, in_case(value, false));
  if (node.function == Function::upper_ascii) return placed(node, in_case(value, true));
  const Value other = evaluate(code_.child(node, 1));
  if (other.failed()) return other;
  if (!other.is(Kind::text)) return fail_types(node);
  if (!charge(steps_of(other.size()))) return fail_exhausted(node);
  const std::string_view text = value.text();
  const std::string_view part = other.text();
  if (node.function == Function::contains) return Value::boolean(contains(text, part));
  if (part.size() > text.size()) return Value::boolean(false);
  const std::size_t from = node.function == Function::ends_with ? text.size() - part.size() : 0;
  return Value::boolean(text.substr(from, part.size()) == part);
}

// An error of the first is as if the second had been written; not so one of the bounds.
Value Evaluator::fallback(const Node& node) noexcept {
  const Value value = evaluate(code_.child(node, 0));
  return value.failed() && !exhausted() ? evaluate(code_.child(node, 1)) : value;
}

Value Evaluator::size_of(const Node& node, const Value& value) noexcept {
  if (value.is(Kind::list)) return Value::integer(static_cast<std::int64_t>(value.size()));
  if (value.is(Kind::map)) return Value::integer(static_cast<std::int64_t>(value.map().size()));
  if (!value.is(Kind::text)) return fail_types(node);
  if (!charge(steps_of(value.size()))) return fail_exhausted(node);
  return Value::integer(static_cast<std::int64_t>(code_points(value.text())));
}

Value Evaluator::matches(const Node& node, const Value& text) noexcept {
  // RE2 takes linear time, but more of it for a byte than a comparison does.
  if (!charge(text.size() / 8)) return fail_exhausted(node);
  const RE2& pattern = *code_.patterns[node.id];
  return Value::boolean(
      RE2::PartialMatch(re2::StringPiece(text.text().data(), text.size()), pattern));
}

Value Evaluator::in_case(const Value& text, bool upper) noexcept {
  auto* const made = static_cast<char*>(scratch_.allocate(text.size()));
  if (made == nullptr) return Value::error("the expression makes too much");
  const char first = upper ? 'a' : 'A';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text.text()[i];
    made[i] = c >= first && c <= first + 25 ? static_cast<char>(c ^ 0x20) : c;
  }
  return Value::text(std::string_view(made, text.size()));
}

Value Evaluator::text_of(const Node& node, const Value& value) noexcept {
  if (value.is(Kind::text)) return value;
  if (value.is(Kind::boolean)) return Value::text(value.boolean() ? "true" : "false");
  if (!is_number(value)) return fail_types(node);
  if (value.is(Kind::number) && !std::isfinite(value.number())) {
    if (std::isnan(value.number())) return Value::text("NaN");
    return Value::text(value.number() > 0 ? "+Inf" : "-Inf");
  }
  constexpr std::size_t kDigitsMax = 32;
  auto* const made = static_cast<char*>(scratch_.allocate(kDigitsMax));
  if (made == nullptr) return fail_memory(node);
  char* end = made;
  if (value.is(Kind::integer)) end = std::to_chars(made, made + kDigitsMax, value.integer()).ptr;
  if (value.is(Kind::natural)) end = std::to_chars(made, made + kDigitsMax, value.natural()).ptr;
  if (value.is(Kind::number)) end = std::to_chars(made, made + kDigitsMax, value.number()).ptr;
  return Value::text(std::string_view(made, static_cast<std::size_t>(end - made)));
}

bool Evaluator::begin_range(const Node& node, Value& range) noexcept {
  range = evaluate(code_.child(node, 0));
  if (range.is(Kind::list) || range.is(Kind::map)) return true;
  if (!range.failed()) range = fail(node, "only the items of a list or a map can be visited");
  return false;
}

std::size_t Evaluator::count_of(const Value& range) {
  return range.is(Kind::list) ? range.size() : range.map().size();
}

Value Evaluator::item_of(const Value& range, std::size_t index) {
  return range.is(Kind::list) ? range.items()[index] : range.map().key(index);
}

// all and exists: as a chain of && or ||.
Value Evaluator::quantifier(const Node& node) noexcept {
  Value range;
  if (!begin_range(node, range)) return range;
  const bool decides = node.op == Op::exists;
  const Node& body = code_.child(node, 1);
  Value problem;
  for (std::size_t i = 0; i < count_of(range); ++i) {
    locals_[node.id] = item_of(range, i);
    Value value = evaluate(body);
    if (exhausted()) return fail_exhausted(node);
    if (value.is(Kind::boolean)) {
      if (value.boolean() == decides) return value;
      continue;
    }
    if (!value.failed()) value = fail(body, "this is neither true nor false");
    if (problem.is(Kind::missing)) problem = value;
  }
  return problem.is(Kind::missing) ? Value::boolean(!decides) : problem;
}

Value Evaluator::exists_one(const Node& node) noexcept {
  Value range;
  if (!begin_range(node, range)) return range;
  std::size_t found = 0;
  for (std::size_t i = 0; i < count_of(range); ++i) {
    locals_[node.id] = item_of(range, i);
    const Value value = evaluate(code_.child(node, 1));
    if (value.failed()) return value;
    if (!value.is(Kind::boolean)) return fail(node, "the condition is neither true nor false");
    found += value.boolean() ? 1 : 0;
  }
  return Value::boolean(found == 1);
}

// filter and map.
Value Evaluator::transform(const Node& node) noexcept {
  Value range;
  if (!begin_range(node, range)) return range;
  const std::size_t count = count_of(range);
  Value* const made = make_values(count);
  if (made == nullptr) return fail_memory(node);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Value item = item_of(range, i);
    locals_[node.id] = item;
    const bool filters = node.op == Op::filter || node.children == 3;
    Value wanted = Value::boolean(true);
    if (filters) wanted = evaluate(code_.child(node, node.op == Op::filter ? 1 : 2));
    if (wanted.failed()) return wanted;
    if (!wanted.is(Kind::boolean)) return fail(node, "the condition is neither true nor false");
    if (!wanted.boolean()) continue;
    const Value value = node.op == Op::filter ? item : evaluate(code_.child(node, 1));
    if (value.failed()) return value;
    made[kept++] = value;
  }
  return Value::list(made, kept);
}

}  // namespace hg::expression
