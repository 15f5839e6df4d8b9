#include "numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace hg::expression {
namespace {

// Both are exact as doubles.
constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

template <class T>
Order order_of(T left, T right) {
  if (left < right) return Order::less;
  if (right < left) return Order::greater;
  return left == right ? Order::equal : Order::none;
}

Order reversed(Order order) {
  if (order == Order::less) return Order::greater;
  return order == Order::greater ? Order::less : order;
}

// The whole part decides first, which both can hold; then what is behind the point.
Order order_of_integer(std::int64_t left, double right) {
  if (std::isnan(right)) return Order::none;
  if (right >= kTwoTo63) return Order::less;
  if (right < -kTwoTo63) return Order::greater;
  const double whole = std::trunc(right);
  const Order order = order_of(left, static_cast<std::int64_t>(whole));
  return order == Order::equal ? order_of(whole, right) : order;
}

Order order_of_natural(std::uint64_t left, double right) {
  if (std::isnan(right)) return Order::none;
  if (right >= kTwoTo64) return Order::less;
  if (right < 0) return Order::greater;
  const double whole = std::trunc(right);
  const Order order = order_of(left, static_cast<std::uint64_t>(whole));
  return order == Order::equal ? order_of(whole, right) : order;
}

Order order_of_mixed(std::int64_t left, std::uint64_t right) {
  return left < 0 ? Order::less : order_of(static_cast<std::uint64_t>(left), right);
}

constexpr std::string_view kOverflow = "the result is out of range";
constexpr std::string_view kByZero = "division by zero";

template <class T>
bool compute_whole(Op op, T left, T right, T& result) {
  switch (op) {
    case Op::add:
      return !__builtin_add_overflow(left, right, &result);
    case Op::subtract:
      return !__builtin_sub_overflow(left, right, &result);
    default:
      return !__builtin_mul_overflow(left, right, &result);
  }
}

// REQUIRES: right is not 0.
template <class T>
bool divide_whole(Op op, T left, T right, T& result) {
  if constexpr (std::numeric_limits<T>::is_signed) {
    if (left == std::numeric_limits<T>::min() && right == T(-1)) return false;
  }
  result = op == Op::divide ? left / right : left % right;
  return true;
}

template <class T>
bool compute_whole_or_divide(Op op, T left, T right, T& result) {
  const bool divides = op == Op::divide || op == Op::remainder;
  return divides ? divide_whole(op, left, right, result) : compute_whole(op, left, right, result);
}

double compute_double(Op op, double left, double right) {
  switch (op) {
    case Op::add:
      return left + right;
    case Op::subtract:
      return left - right;
    case Op::multiply:
      return left * right;
    default:
      return left / right;
  }
}

// All of the text, as a number of that type.
template <class T>
bool read(std::string_view text, T& result) {
  const char* const end = text.data() + text.size();
  const auto got = std::from_chars(text.data(), end, result);
  return got.ec == std::errc() && got.ptr == end;
}

constexpr std::string_view kTrue[] = {"1", "t", "true", "True", "TRUE"};
constexpr std::string_view kFalse[] = {"0", "f", "false", "False", "FALSE"};

Value no_conversion() {
  return Value::error("this value cannot be converted");
}

}  // namespace

bool is_number(const Value& value) {
  return value.is(Kind::integer) || value.is(Kind::natural) || value.is(Kind::number);
}

Order compare_numbers(const Value& left, const Value& right) {
  if (left.is(Kind::integer)) {
    if (right.is(Kind::integer)) return order_of(left.integer(), right.integer());
    if (right.is(Kind::natural)) return order_of_mixed(left.integer(), right.natural());
    return order_of_integer(left.integer(), right.number());
  }
  if (left.is(Kind::natural)) {
    if (right.is(Kind::natural)) return order_of(left.natural(), right.natural());
    if (right.is(Kind::integer)) return reversed(order_of_mixed(right.integer(), left.natural()));
    return order_of_natural(left.natural(), right.number());
  }
  if (right.is(Kind::integer)) return reversed(order_of_integer(right.integer(), left.number()));
  if (right.is(Kind::natural)) return reversed(order_of_natural(right.natural(), left.number()));
  return order_of(left.number(), right.number());
}

Value compute(Op op, const Value& left, const Value& right) {
  const bool divides = op == Op::divide || op == Op::remainder;
  if (left.is(Kind::number)) {
    return Value::number(compute_double(op, left.number(), right.number()));
  }
  if (left.is(Kind::integer)) {
    if (divides && right.integer() == 0) return Value::error(kByZero);
    std::int64_t result = 0;
    const bool fits = compute_whole_or_divide(op, left.integer(), right.integer(), result);
    return fits ? Value::integer(result) : Value::error(kOverflow);
  }
  if (divides && right.natural() == 0) return Value::error(kByZero);
  std::uint64_t result = 0;
  const bool fits = compute_whole_or_divide(op, left.natural(), right.natural(), result);
  return fits ? Value::natural(result) : Value::error(kOverflow);
}

Value negated(const Value& value) {
  if (value.is(Kind::number)) return Value::number(-value.number());
  return compute(Op::subtract, Value::integer(0), value);
}

Value to_boolean(const Value& value) {
  if (value.is(Kind::boolean)) return value;
  if (!value.is(Kind::text)) return no_conversion();
  const auto among = [&](const auto& words) {
    return std::find(std::begin(words), std::end(words), value.text()) != std::end(words);
  };
  if (among(kTrue)) return Value::boolean(true);
  return among(kFalse) ? Value::boolean(false) : Value::error("this string is no bool");
}

Value to_integer(const Value& value) {
  switch (value.kind()) {
    case Kind::integer:
      return value;
    case Kind::natural:
      if (value.natural() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Value::error(kOverflow);
      return Value::integer(static_cast<std::int64_t>(value.natural()));
    case Kind::number:
      // As CEL has it, the least int is out of range of a double as well; NaN is outside too.
      if (!(value.number() > -kTwoTo63 && value.number() < kTwoTo63))
        return Value::error(kOverflow);
      return Value::integer(static_cast<std::int64_t>(value.number()));
    case Kind::text: {
      std::int64_t result = 0;
      return read(value.text(), result) ? Value::integer(result)
                                        : Value::error("this string is no int");
    }
    default:
      return no_conversion();
  }
}

Value to_natural(const Value& value) {
  switch (value.kind()) {
    case Kind::natural:
      return value;
    case Kind::integer:
      if (value.integer() < 0) return Value::error(kOverflow);
      return Value::natural(static_cast<std::uint64_t>(value.integer()));
    case Kind::number:
      if (!(value.number() >= 0 && value.number() < kTwoTo64)) return Value::error(kOverflow);
      return Value::natural(static_cast<std::uint64_t>(value.number()));
    case Kind::text: {
      std::uint64_t result = 0;
      return read(value.text(), result) ? Value::natural(result)
                                        : Value::error("this string is no uint");
    }
    default:
      return no_conversion();
  }
}

Value to_number(const Value& value) {
  switch (value.kind()) {
    case Kind::number:
      return value;
    case Kind::integer:
      return Value::number(static_cast<double>(value.integer()));
    case Kind::natural:
      return Value::number(static_cast<double>(value.natural()));
    case Kind::text: {
      double result = 0;
      return read(value.text(), result) ? Value::number(result)
                                        : Value::error("this string is no double");
    }
    default:
      return no_conversion();
  }
}

}  // namespace hg::expression
