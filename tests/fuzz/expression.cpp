// Any bytes compile or are refused at a place inside them; what compiles comes to the same thing
// twice, and logic around it holds, whatever it comes to.

#include <headgate/expression/program.hpp>

#include "tests/fuzz/fuzz_target.hpp"

namespace hg::expression {
namespace {

constexpr Variable kVariables[] = {{"response", Type::group, 0},
                                   {"response.code", Type::integer, 1},
                                   {"request.headers", Type::map, 2},
                                   {"request.path", Type::text, 3},
                                   {"x", Type::any, 4},
                                   {"codes", Type::list, 5}};

class Headers final : public Map {
 public:
  Value find(const Value& key) const noexcept override {
    return key.is(Kind::text) && key.text() == "a" ? Value::text("red") : Value();
  }
  std::size_t size() const noexcept override { return 1; }
  Value key(std::size_t) const noexcept override { return Value::text("a"); }
};

class World final : public Source {
 public:
  explicit World(unsigned variant, std::string_view text) : variant_(variant), text_(text) {}
  Value value(std::uint32_t id) const noexcept override {
    if ((variant_ >> id & 1) != 0) return {};
    switch (id) {
      case 1:
        return Value::integer(503);
      case 2:
        return Value::map(headers_);
      case 3:
        return Value::text(text_);
      case 4:
        return Value::number(1.5);
      case 5:
        return Value::list(codes_, 2);
      default:
        return Value::null();
    }
  }

 private:
  unsigned variant_;
  std::string_view text_;
  Headers headers_;
  Value codes_[2] = {Value::integer(500), Value::text("x")};
};

bool same(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  if (left.is(Kind::text) || left.is(Kind::error)) return left.text() == right.text();
  return left.is(Kind::boolean) ? left.boolean() == right.boolean() : true;
}

bool at_bound(const Value& value) {
  return value.is(Kind::error) && (value.text() == "the expression takes too many steps" ||
                                   value.text() == "the expression makes too much");
}

// Around it, without its comments eating what follows.
std::string around(std::string_view before, std::string_view text, std::string_view after) {
  return std::string(before) + "(" + std::string(text) + "\n)" + std::string(after);
}

void check(std::string_view text, const World& world) {
  const Compiled compiled = compile(text, kVariables);
  if (!compiled.program) {
    FUZZ_CHECK(!compiled.problem.message.empty());
    FUZZ_CHECK(compiled.problem.line >= 1 && compiled.problem.column >= 1);
    FUZZ_CHECK(compiled.problem.column <= text.size() + 1);
    return;
  }
  Scratch scratch;
  const Value value = compiled.program->evaluate(world, scratch);
  FUZZ_CHECK(!value.is(Kind::missing));
  FUZZ_CHECK(value.position() <= text.size());
  Scratch other;
  FUZZ_CHECK(same(value, compiled.program->evaluate(world, other)));
  if (at_bound(value)) return;

  const Compiled negated = compile(around("!", text, ""), kVariables);
  if (negated.program && value.is(Kind::boolean)) {
    FUZZ_CHECK(negated.program->is_true(world) == !value.boolean());
  }
  const Compiled either = compile(around("true || ", text, ""), kVariables);
  if (either.program) FUZZ_CHECK(either.program->is_true(world));
  const Compiled instead = compile(around("default(", text, ", true)"), kVariables);
  Scratch third;
  if (instead.program) {
    const Value got = instead.program->evaluate(world, third);
    FUZZ_CHECK(at_bound(got) || (value.failed() ? got.is_true() : same(got, value)));
  }
}

}  // namespace

FUZZ_TARGET(input) {
  const headgate::fuzz::Block text(input.whole.substr(input.split));
  check(text.view(), World(input.variant, input.whole.substr(0, input.split)));
}

}  // namespace hg::expression
