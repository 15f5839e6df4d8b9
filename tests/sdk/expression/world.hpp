#pragma once
// The variables that the tests of expressions offer, and a way to see what an expression comes to.

#include <headgate/expression/program.hpp>

#include <map>
#include <string>
#include <string_view>

namespace hg::expression::testing {

enum : std::uint32_t {
  kResponse,
  kCode,
  kHeaders,
  kPath,
  kTeam,
  kJwt,
  kAnything,
  kCodes,
  kAbsent,
  kLong,
};

inline constexpr Variable kVariables[] = {
    {"response", Type::group, kResponse},     {"response.code", Type::integer, kCode},
    {"request.headers", Type::map, kHeaders}, {"request.path", Type::text, kPath},
    {"request.path.team", Type::text, kTeam}, {"jwt", Type::map, kJwt},
    {"anything", Type::any, kAnything},       {"codes", Type::list, kCodes},
    {"absent", Type::integer, kAbsent},       {"long", Type::text, kLong},
};

class TextMap final : public Map {
 public:
  Value find(const Value& key) const noexcept override {
    if (!key.is(Kind::text)) return {};
    const auto found = entries.find(std::string(key.text()));
    return found == entries.end() ? Value() : Value::text(found->second);
  }
  std::size_t size() const noexcept override { return entries.size(); }
  Value key(std::size_t index) const noexcept override {
    return Value::text(std::next(entries.begin(), static_cast<std::ptrdiff_t>(index))->first);
  }

  std::map<std::string, std::string> entries;
};

class World final : public Source {
 public:
  World() { headers.entries = {{"x-team", "red"}, {"accept", "text/plain"}}; }
  Value value(std::uint32_t id) const noexcept override {
    switch (id) {
      case kResponse:
        return has_response ? Value::boolean(true) : Value();
      case kCode:
        return has_response ? Value::integer(code) : Value();
      case kHeaders:
        return Value::map(headers);
      case kPath:
        return Value::text("/v1/chat");
      case kTeam:
        return Value::text("blue");
      case kAnything:
        return anything;
      case kCodes:
        return Value::list(codes, 3);
      case kLong:
        return Value::text(long_text);
      default:
        return {};
    }
  }

  bool has_response = true;
  std::int64_t code = 503;
  Value anything = Value::integer(7);
  Value codes[3] = {Value::integer(500), Value::integer(502), Value::integer(503)};
  TextMap headers;
  std::string long_text = std::string(10'000, 'x');
};

// As text: `12`, `12u`, `1.5`, `"text"`, `[1, 2]`, `{"a": 1}`, `error: why`.
inline std::string shown(const Value& value) {
  switch (value.kind()) {
    case Kind::missing:
      return "missing";
    case Kind::error:
      return "error: " + std::string(value.text());
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::natural:
      return std::to_string(value.natural()) + "u";
    case Kind::number: {
      std::string digits(32, '\0');
      digits.resize(static_cast<std::size_t>(
          std::snprintf(digits.data(), digits.size(), "%.17g", value.number())));
      return digits.find_first_of(".einf") == std::string::npos ? digits + ".0" : digits;
    }
    case Kind::text:
      return "\"" + std::string(value.text()) + "\"";
    case Kind::list: {
      std::string all;
      for (std::size_t i = 0; i < value.size(); ++i) {
        all += (i == 0 ? "" : ", ") + shown(value.items()[i]);
      }
      return "[" + all + "]";
    }
    case Kind::map: {
      std::string all;
      for (std::size_t i = 0; i < value.map().size(); ++i) {
        const Value key = value.map().key(i);
        all += (i == 0 ? "" : ", ") + shown(key) + ": " + shown(value.map().find(key));
      }
      return "{" + all + "}";
    }
  }
  return "?";
}

// What the expression comes to, or `refused LINE:COLUMN: why`.
inline std::string result(std::string_view text, const World& world = World()) {
  const Compiled compiled = compile(text, kVariables);
  if (!compiled.program) return "refused " + compiled.problem.to_string();
  Scratch scratch;
  return shown(compiled.program->evaluate(world, scratch));
}

}  // namespace hg::expression::testing
