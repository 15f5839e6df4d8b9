// Names, messages, bounds: what CEL leaves to whoever offers it.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/sdk/expression/world.hpp"

namespace hg::expression::testing {
namespace {

std::string repeated(std::string_view part, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += part;
  return all;
}

TEST(ExpressionNames, FindsVariablesByTheirLongestName) {
  EXPECT_EQ(result("response.code"), "503");
  EXPECT_EQ(result("response[\"code\"]"), "503");
  EXPECT_EQ(result("request.path"), "\"/v1/chat\"");
  EXPECT_EQ(result("request.path.team"), "\"blue\"");
  EXPECT_EQ(result("request.headers['x-team']"), "\"red\"");
  EXPECT_EQ(result("request.headers.accept"), "\"text/plain\"");
  EXPECT_EQ(result("request.headers['x-' + 'team']"), "\"red\"");
  EXPECT_EQ(result("'x-team' in request.headers"), "true");
  EXPECT_EQ(result("request.headers.map(name, name + '=' + request.headers[name])"),
            "[\"accept=text/plain\", \"x-team=red\"]");
  EXPECT_EQ(result("response.code in codes"), "true");
  EXPECT_EQ(result("[1].exists(response, response == 1)"), "true");
}

TEST(ExpressionNames, RefusesWhatIsNotOfferedAndSaysWhere) {
  EXPECT_EQ(result("1 + respnse.code"),
            "refused 1:5: unknown variable 'respnse'; did you mean 'response'?");
  EXPECT_EQ(result("1 + nothing_like_it"),
            "refused 1:5: unknown variable 'nothing_like_it'; there are: response.code, "
            "request.headers, request.path, request.path.team, jwt, anything, codes, absent, long");
  EXPECT_EQ(result("response.cod"),
            "refused 1:1: unknown variable 'response.cod'; did you mean 'response.code'?");
  EXPECT_EQ(result("true &&\n  request.haeders['x'] == ''"),
            "refused 2:3: unknown variable 'request.haeders'; did you mean 'request.headers'?");
  EXPECT_EQ(result("response"),
            "refused 1:1: 'response' is no value by itself; its members are: response.code");
  EXPECT_EQ(result("request.path.startWith('/')"),
            "refused 1:14: unknown function 'startWith'; did you mean 'startsWith'?");
  EXPECT_EQ(result("request.path.size"),
            "refused 1:14: string has no members, so no 'size'; a function is called with ()");
  EXPECT_EQ(result("startsWith('a', 'b')"), "refused 1:1: this function is written x.startsWith()");
  EXPECT_EQ(result("'a'.string()"), "refused 1:5: this function is written string(x)");
  EXPECT_EQ(result("response.code > '500'"), "refused 1:15: '>' does not take int and string");
  EXPECT_EQ(compile("x", {}).problem.message, "unknown variable 'x'; there are no variables here");
}

TEST(ExpressionNames, SaysWhatIsWrongWithTheGrammar) {
  EXPECT_EQ(result(""), "refused 1:1: there is no expression here");
  EXPECT_EQ(result("1 2"), "refused 1:3: the expression goes on after its end with '2'");
  EXPECT_EQ(result("(1"), "refused 1:3: ')' is missing after what '(' begins, before the end");
  EXPECT_EQ(result("1 +"), "refused 1:4: a value is missing before the end");
  EXPECT_EQ(result("1 = 1"), "refused 1:3: '=' is no operator; did you mean '=='?");
  EXPECT_EQ(result("true & false"), "refused 1:6: '&' is no operator; did you mean '&&'?");
  EXPECT_EQ(result("while"), "refused 1:1: 'while' is a reserved word");
  EXPECT_EQ(result("anything{a: 1}"),
            "refused 1:9: messages are not part of the expressions that are supported");
  EXPECT_EQ(result("has(response.code code)").substr(0, 8), "refused ");
  EXPECT_EQ(result("has(1)").substr(0, 8), "refused ");
  EXPECT_EQ(result("has(codes[0])").substr(0, 8), "refused ");
  EXPECT_EQ(result("request.path.matches(request.path)"),
            "refused 1:22: the pattern of 'matches' must be written out as a string");
}

TEST(ExpressionNames, AsksForTheTypeThatThePlaceNeeds) {
  EXPECT_EQ(compile("response.code", kVariables, Type::boolean).problem.to_string(),
            "1:1: the expression must come to bool (true or false), and comes to int");
  EXPECT_TRUE(compile("response.code == 1", kVariables, Type::boolean).program);
  EXPECT_TRUE(compile("anything", kVariables, Type::boolean).program);
}

TEST(ExpressionPresence, OfAVariableAGroupAndAMember) {
  EXPECT_EQ(result("has(response)"), "true");
  EXPECT_EQ(result("has(response.code)"), "true");
  EXPECT_EQ(result("has(request.headers.accept)"), "true");
  EXPECT_EQ(result("has(request.headers['x-team'])"), "true");
  EXPECT_EQ(result("has(request.headers['x-other'])"), "false");
  EXPECT_EQ(result("has(jwt)"), "false");
  EXPECT_EQ(result("has(jwt.sub)"), "false");
  EXPECT_EQ(result("has(absent)"), "false");
  World none;
  none.has_response = false;
  EXPECT_EQ(result("has(response)", none), "false");
  EXPECT_EQ(result("!has(response) || response.code > 299", none), "true");
  EXPECT_EQ(result("response.code > 299", none), "error: this variable has no value here");
  EXPECT_EQ(result("has(request)"), "refused 1:5: has() cannot tell whether there is 'request'");
}

TEST(ExpressionFallback, StandsInForAnError) {
  EXPECT_EQ(result("default(request.headers['x-user'], 'nobody')"), "\"nobody\"");
  EXPECT_EQ(result("default(request.headers['x-team'], 'nobody')"), "\"red\"");
  EXPECT_EQ(result("default(jwt.sub, 1) == 1"), "true");
  EXPECT_EQ(result("default(1 / 0, 2 / 0)"), "error: division by zero");
  EXPECT_EQ(result("default(1)"), "refused 1:1: default() takes 2 arguments");
}

TEST(ExpressionErrors, KnowTheirPlace) {
  const Compiled compiled = compile("true && request.headers['nope'] == ''", kVariables);
  Scratch scratch;
  const Value value = compiled.program->evaluate(World(), scratch);
  ASSERT_TRUE(value.is(Kind::error));
  EXPECT_EQ(value.text(), "no such key: nope");
  EXPECT_EQ(value.position(), 24u);
  EXPECT_FALSE(compiled.program->is_true(World()));
}

TEST(ExpressionBounds, OfTheExpressionItself) {
  EXPECT_EQ(result(repeated("1+", 30) + "1"), "31");
  EXPECT_EQ(result(repeated("true&&", 200) + "true"), "true");
  EXPECT_EQ(result(repeated("(", 32) + "7" + repeated(")", 32)), "7");
  const std::string_view deep = "the expression is nested too deeply";
  for (const std::string& text :
       {repeated("(", 200) + "7" + repeated(")", 200), repeated("-", 150) + "(1)",
        repeated("[", 200), repeated("1+", 150) + "1", repeated("true?true:", 150) + "true",
        "anything" + repeated(".a", 150), "anything" + repeated("[0]", 150)}) {
    EXPECT_NE(result(text).find(deep), std::string::npos) << text;
  }
  EXPECT_EQ(result(std::string(kExpressionBytesMax - 1, ' ') + "1"), "1");
  EXPECT_EQ(result(std::string(kExpressionBytesMax, ' ') + "1"),
            "refused 1:1: an expression has at most 4096 bytes");
  std::string macros = "1";
  for (int i = 0; i < 9; ++i) macros = "[1].map(x, " + macros + ")";
  EXPECT_NE(result(macros).find("at most 8 macros"), std::string::npos);
}

TEST(ExpressionBounds, OfTheStepsOfAnEvaluation) {
  const std::string ten = "[0,1,2,3,4,5,6,7,8,9]";
  const auto nested = [&](int depth) {
    std::string text = "true";
    for (int i = 0; i < depth; ++i) text = ten + ".all(x, " + text + ")";
    return text;
  };
  EXPECT_EQ(result(nested(3)), "true");
  EXPECT_EQ(result(nested(5)), "error: the expression takes too many steps");
  // Neither what absorbs errors nor what stands in for them makes more of it.
  EXPECT_EQ(result(nested(5) + " || true"), "error: the expression takes too many steps");
  EXPECT_EQ(result("default(" + nested(5) + ", 1)"), "error: the expression takes too many steps");
  // Lists that hold one another many times are small in memory and large to compare.
  std::string lists = "[1,1,1,1,1,1,1,1]";
  for (int i = 0; i < 6; ++i) lists = "[" + lists + "].map(x, [x,x,x,x,x,x,x,x])";
  EXPECT_EQ(result(lists + " == " + lists), "error: the expression takes too many steps");
  // Long texts count.
  EXPECT_EQ(result(ten + ".all(a, " + ten + ".all(b, " + ten + ".all(c, !long.matches('y$'))))"),
            "error: the expression takes too many steps");
  EXPECT_EQ(result("!long.matches('y$') && long.contains('xx')"), "true");
}

TEST(ExpressionBounds, OfTheMemoryOfAnEvaluation) {
  EXPECT_EQ(result("size(long + long + long)"), "30000");  // 20,000 + 30,000 bytes are made
  EXPECT_EQ(result("size(long + long + long + long)"), "error: the expression makes too much");
  EXPECT_EQ(result("size(['a'].map(x, long.upperAscii() + long.lowerAscii())[0])"), "20000");
  const World world;
  const Compiled compiled = compile("size(long + long + long)", kVariables);
  Scratch scratch;
  for (int i = 0; i < 100; ++i) {
    scratch.clear();
    EXPECT_TRUE(compiled.program->evaluate(world, scratch).is(Kind::integer));
  }
}

TEST(ExpressionKeys, SayWhatIsReadOfAMap) {
  const auto keys = [](std::string_view text) {
    return compile(text, kVariables).program->keys_of(kHeaders);
  };
  EXPECT_EQ(keys("request.headers['b'] == request.headers.a && 'c' in request.headers && "
                 "has(request.headers['d']) && has(request.headers.b)")
                .names,
            (std::vector<std::string>{"b", "a", "c", "d"}));
  EXPECT_FALSE(keys("request.headers.a == ''").others);
  EXPECT_FALSE(keys("has(request.headers)").others);
  for (const char* text :
       {"request.headers", "size(request.headers)", "request.headers[request.path]",
        "request.path in request.headers", "request.headers.all(x, true)", "[request.headers]"}) {
    EXPECT_TRUE(keys(text).others) << text;
  }
  const Compiled compiled = compile("has(response) || request.path == ''", kVariables);
  EXPECT_TRUE(compiled.program->uses(kResponse));
  EXPECT_TRUE(compiled.program->uses(kPath));
  EXPECT_FALSE(compiled.program->uses(kCode));
  EXPECT_FALSE(compiled.program->uses(kTeam));
}

// Numbers of all kinds where rounding could hide a difference, compared as exact ones.
TEST(ExpressionProperties, NumbersCompareAsTheNumbersThatTheyAre) {
  static_assert(std::numeric_limits<long double>::digits >= 64, "holds every number exactly");
  std::mt19937 random(7);
  const auto bits = [&] { return (static_cast<std::uint64_t>(random()) << 32) | random(); };
  const auto near = [&](std::uint64_t base) { return base + random() % 5 - 2; };
  const auto draw = [&](long double& exact) {
    const std::uint64_t bases[] = {0, 1ull << 53, 1ull << 62, 1ull << 63, ~0ull, bits()};
    const std::uint64_t raw = near(bases[random() % 6]);
    switch (random() % 3) {
      case 0:
        exact = static_cast<long double>(static_cast<std::int64_t>(raw));
        return Value::integer(static_cast<std::int64_t>(raw));
      case 1:
        exact = static_cast<long double>(raw);
        return Value::natural(raw);
      default: {
        const double halves = random() % 2 == 0 ? 0.5 : 0;
        const double sign = random() % 2 == 0 ? 1 : -1;
        exact = sign * (static_cast<double>(raw) + halves);
        return Value::number(static_cast<double>(exact));
      }
    }
  };
  constexpr Variable kTwo[] = {{"a", Type::any, 0}, {"b", Type::any, 1}};
  class Two final : public Source {
   public:
    Value value(std::uint32_t id) const noexcept override { return values[id]; }
    Value values[2];
  } two;
  const auto less = compile("a < b", kTwo).program;
  const auto at_most = compile("a <= b", kTwo).program;
  const auto same = compile("a == b", kTwo).program;
  const auto more = compile("a > b", kTwo).program;
  for (int i = 0; i < 20'000; ++i) {
    long double left = 0;
    long double right = 0;
    two.values[0] = draw(left);
    two.values[1] = draw(right);
    SCOPED_TRACE(shown(two.values[0]) + " and " + shown(two.values[1]));
    EXPECT_EQ(less->is_true(two), left < right);
    EXPECT_EQ(at_most->is_true(two), left <= right);
    EXPECT_EQ(same->is_true(two), left == right);
    EXPECT_EQ(more->is_true(two), left > right);
  }
}

// A random sum of products, against the same computed with 128 bits.
__extension__ using Wide = __int128;

class Sum {
 public:
  explicit Sum(std::mt19937& random) : random_(random) { text_ = term(3, value_); }
  std::string text_;
  Wide value_ = 0;
  bool overflows_ = false;

 private:
  std::string term(int depth, Wide& value) {
    if (depth == 0 || random_() % 4 == 0) {
      const auto bits = (static_cast<std::uint64_t>(random_()) << 32) | random_();
      const auto number = static_cast<std::int64_t>(bits) >> (random_() % 64);
      value = number;
      return random_() % 2 == 0 ? std::to_string(number) : "(" + std::to_string(number) + ")";
    }
    Wide left = 0;
    Wide right = 0;
    const std::string first = term(depth - 1, left);
    const std::string second = term(depth - 1, right);
    static constexpr char kOperators[] = "+-*/%";
    const char op = kOperators[random_() % 5];
    if ((op == '/' || op == '%') && right == 0) {
      overflows_ = true;
      return "(" + first + op + second + ")";
    }
    if (op == '+') value = left + right;
    if (op == '-') value = left - right;
    if (op == '*') value = left * right;
    if (op == '/') value = left / right;
    if (op == '%') value = left % right;
    // The least int divided by -1 does not fit, so neither does what is left over.
    const bool least = left == std::numeric_limits<std::int64_t>::min() && right == -1;
    if (value != static_cast<std::int64_t>(value) || (op == '%' && least)) {
      overflows_ = true;
      value = 0;
    }
    return "(" + first + " " + op + " " + second + ")";
  }

  std::mt19937& random_;
};

TEST(ExpressionProperties, IntegersAreExactOrAnError) {
  std::mt19937 random(11);
  int errors = 0;
  for (int i = 0; i < 5'000; ++i) {
    const Sum sum(random);
    const std::string got = result(sum.text_);
    if (sum.overflows_) {
      EXPECT_EQ(got.substr(0, 6), "error:") << sum.text_;
      ++errors;
    } else {
      EXPECT_EQ(got, std::to_string(static_cast<std::int64_t>(sum.value_))) << sum.text_;
    }
  }
  EXPECT_GT(errors, 500);
  EXPECT_LT(errors, 4'500);
}

// && and || do not depend on the order of what they join, whatever is true, false or an error.
TEST(ExpressionProperties, LogicIsCommutative) {
  const std::string parts[] = {"true", "false", "1 / 0 == 1", "dyn(1)"};
  const auto outcome = [](const std::string& text) { return result(text).substr(0, 5); };
  for (const std::string& a : parts) {
    for (const std::string& b : parts) {
      for (const std::string& c : parts) {
        for (const std::string op : {" && ", " || "}) {
          const std::string one = outcome(a + op + b + op + c);
          EXPECT_EQ(one, outcome(c + op + a + op + b));
          EXPECT_EQ(one, outcome(b + op + "(" + a + op + c + ")"));
        }
      }
    }
  }
}

}  // namespace
}  // namespace hg::expression::testing
