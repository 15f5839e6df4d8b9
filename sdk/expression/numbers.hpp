#pragma once
// Numbers of three kinds: compared by what they mean, computed with only within one kind. Pure.

#include <headgate/expression/value.hpp>

#include <cstdint>

#include "code.hpp"

namespace hg::expression {

enum class Order : std::uint8_t { less, equal, greater, none };  // none: a NaN is among them

bool is_number(const Value& value);
// REQUIRES: both are numbers. Exact, also between kinds.
Order compare_numbers(const Value& left, const Value& right);
// + - * / %, of two numbers of one kind. An error where the result does not fit.
Value compute(Op op, const Value& left, const Value& right);
Value negated(const Value& value);

// Conversions. REQUIRES: no list or map.
Value to_boolean(const Value& value);
Value to_integer(const Value& value);
Value to_natural(const Value& value);
Value to_number(const Value& value);

}  // namespace hg::expression
