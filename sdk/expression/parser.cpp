#include "parser.hpp"

#include <algorithm>
#include <charconv>

namespace hg::expression {
namespace {

struct Operator {
  std::string_view mark;
  Op op;
};
constexpr Operator kRelations[] = {{"==", Op::equal},      {"!=", Op::not_equal},
                                   {"<=", Op::less_equal}, {">=", Op::greater_equal},
                                   {"<", Op::less},        {">", Op::greater}};

bool is_numeric(Type type) {
  return type == Type::integer || type == Type::natural || type == Type::number;
}

bool is_ordered(Op op) {
  return op == Op::less || op == Op::less_equal || op == Op::greater || op == Op::greater_equal;
}

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::any:
      return "any value";
    case Type::null:
      return "null";
    case Type::boolean:
      return "bool (true or false)";
    case Type::integer:
      return "int";
    case Type::natural:
      return "uint";
    case Type::number:
      return "double";
    case Type::text:
      return "string";
    case Type::list:
      return "list";
    case Type::map:
      return "map";
    case Type::group:
      break;
  }
  return "group of variables";
}

Problem at_position(std::string_view text, std::uint32_t position) {
  Problem problem;
  problem.line = 1;
  problem.column = 1;
  for (const char c : text.substr(0, position)) {
    ++problem.column;
    if (c != '\n') continue;
    ++problem.line;
    problem.column = 1;
  }
  return problem;
}

Parser::Parser(std::string_view text, Variables variables)
    : lexer_(std::string_view()), variables_(variables), code_(new Program::Code) {
  code_->text = std::string(text);
  lexer_ = Lexer(code_->text);
}

std::unique_ptr<Program::Code> Parser::parse(Type result) {
  if (code_->text.size() > kExpressionBytesMax) {
    fail(0, "an expression has at most " + std::to_string(kExpressionBytesMax) + " bytes");
    return nullptr;
  }
  advance();
  if (!failed() && token_.kind == TokenKind::end) fail(0, "there is no expression here");
  const Index root = expression();
  if (!failed() && token_.kind != TokenKind::end) {
    fail(token_.position, "the expression goes on after its end with " + shown(token_));
  }
  if (failed()) return nullptr;
  const Type type = node(root).type;
  if (result != Type::any && type != Type::any && type != result) {
    fail(node(root).position, "the expression must come to " + std::string(name_of(result)) +
                                  ", and comes to " + std::string(name_of(type)));
    return nullptr;
  }
  code_->root = root;
  return std::move(code_);
}

void Parser::advance() {
  token_ = lexer_.next();
  if (token_.kind == TokenKind::wrong) fail(token_.position, token_.problem);
}

bool Parser::take(std::string_view mark) {
  if (failed() || !token_.is_mark(mark)) return false;
  advance();
  return true;
}

bool Parser::expect(std::string_view mark, std::string_view after) {
  if (take(mark)) return true;
  fail(token_.position, "'" + std::string(mark) + "' is missing " + std::string(after) +
                            ", before " + shown(token_));
  return false;
}

Parser::Index Parser::fail(std::uint32_t position, std::string message) {
  if (failed()) return 0;
  problem_ = at_position(code_->text, position);
  problem_.message = std::move(message);
  return 0;
}

std::string Parser::shown(const Token& token) const {
  if (token.kind == TokenKind::end) return "the end";
  return "'" + std::string(token.text) + "'";
}

Parser::Index Parser::add(Node made, const std::vector<Index>& children) {
  if (failed()) return 0;
  for (const Index child : children) {
    made.depth = std::max(made.depth, node(child).depth + 1);
  }
  if (made.depth > kNestingMax) return fail(made.position, "the expression is nested too deeply");
  made.first_child = static_cast<std::uint32_t>(code_->children.size());
  made.children = static_cast<std::uint32_t>(children.size());
  code_->children.insert(code_->children.end(), children.begin(), children.end());
  code_->nodes.push_back(made);
  return static_cast<Index>(code_->nodes.size() - 1);
}

std::string_view Parser::keep(std::string text) {
  return code_->texts.emplace_back(std::move(text));
}

Parser::Index Parser::constant(const Token& token, Type type, Value value) {
  Node made;
  made.type = type;
  made.position = token.position;
  made.value = value;
  return add(made, {});
}

bool Parser::check_boolean(Index index, std::string_view what) {
  if (failed()) return false;
  const Type type = node(index).type;
  if (type == Type::boolean || type == Type::any) return true;
  fail(node(index).position,
       std::string(what) + " takes true or false, not " + std::string(name_of(type)));
  return false;
}

// Expr = ConditionalOr ["?" ConditionalOr ":" Expr]
Parser::Index Parser::expression() {
  if (++nesting_ > kNestingMax) fail(token_.position, "the expression is nested too deeply");
  if (failed()) return 0;
  Index result = logical(true);
  const Token mark = token_;
  if (take("?")) {
    check_boolean(result, "'?'");
    const Index yes = logical(true);
    expect(":", "in what '?' chooses from");
    const Index no = failed() ? 0 : expression();
    if (failed()) return 0;
    Node made;
    made.op = Op::conditional;
    made.position = mark.position;
    made.type = node(yes).type == node(no).type ? node(yes).type : Type::any;
    result = add(made, {result, yes, no});
  }
  --nesting_;
  return result;
}

// ConditionalOr and ConditionalAnd: one node for a whole chain.
Parser::Index Parser::logical(bool is_or) {
  const std::string_view mark = is_or ? "||" : "&&";
  Node made;
  made.op = is_or ? Op::logical_or : Op::logical_and;
  made.type = Type::boolean;
  made.position = token_.position;
  std::vector<Index> parts{is_or ? logical(false) : relation()};
  while (take(mark)) parts.push_back(is_or ? logical(false) : relation());
  if (failed() || parts.size() == 1) return parts[0];
  for (const Index part : parts) check_boolean(part, mark);
  return add(made, parts);
}

Parser::Index Parser::relation() {
  Index left = addition();
  while (!failed()) {
    const Token mark = token_;
    Op op = Op::constant;
    for (const Operator& each : kRelations) {
      if (mark.is_mark(each.mark)) op = each.op;
    }
    if (mark.is_name("in")) op = Op::in;
    if (op == Op::constant) break;
    advance();
    const Index right = addition();
    left = binary(op, mark, left, right);
  }
  return left;
}

Parser::Index Parser::addition() {
  Index left = multiplication();
  while (!failed() && (token_.is_mark("+") || token_.is_mark("-"))) {
    const Token mark = token_;
    advance();
    const Index right = multiplication();
    left = binary(mark.is_mark("+") ? Op::add : Op::subtract, mark, left, right);
  }
  return left;
}

Parser::Index Parser::multiplication() {
  Index left = unary();
  while (!failed() && (token_.is_mark("*") || token_.is_mark("/") || token_.is_mark("%"))) {
    const Token mark = token_;
    Op op = Op::multiply;
    if (mark.is_mark("/")) op = Op::divide;
    if (mark.is_mark("%")) op = Op::remainder;
    advance();
    const Index right = unary();
    left = binary(op, mark, left, right);
  }
  return left;
}

Parser::Index Parser::binary(Op op, const Token& mark, Index left, Index right) {
  if (failed()) return 0;
  Node made;
  made.op = op;
  made.position = mark.position;
  made.type = operator_type(op, mark, node(left).type, node(right).type);
  return add(made, {left, right});
}

// The type of the result; a problem where no operator of that name takes the two.
Type Parser::operator_type(Op op, const Token& mark, Type left, Type right) {
  const bool known = left != Type::any && right != Type::any;
  const bool numbers = is_numeric(left) && is_numeric(right);
  bool fits = true;
  Type result = Type::boolean;
  if (op == Op::equal || op == Op::not_equal) {
    fits = !known || left == right || numbers || left == Type::null || right == Type::null;
  } else if (is_ordered(op)) {
    const auto ordered = [](Type type) {
      return is_numeric(type) || type == Type::text || type == Type::boolean || type == Type::any;
    };
    fits = ordered(left) && ordered(right) && (!known || left == right || numbers);
  } else if (op == Op::in) {
    fits = right == Type::list || right == Type::map || right == Type::any;
  } else {
    result = left == Type::any ? right : left;
    const auto taken = [op](Type type) {
      if (type == Type::any || type == Type::integer || type == Type::natural) return true;
      if (type == Type::number) return op != Op::remainder;
      return op == Op::add && (type == Type::text || type == Type::list);
    };
    fits = taken(left) && taken(right) && (!known || left == right);
  }
  if (fits) return result;
  std::string message = shown(mark) + " does not take " + std::string(name_of(left)) + " and " +
                        std::string(name_of(right));
  if (numbers) message += "; convert one of them with int(), uint() or double()";
  if (op == Op::add && (left == Type::text) != (right == Type::text)) {
    message += "; string() makes a string of a value";
  }
  fail(mark.position, std::move(message));
  return Type::any;
}

Parser::Index Parser::unary() {
  const Token mark = token_;
  if (!mark.is_mark("!") && !mark.is_mark("-")) return member();
  std::uint32_t count = 0;
  while (!failed() && token_.is_mark(mark.text)) {
    ++count;
    advance();
  }
  const bool is_not = mark.is_mark("!");
  // The sign belongs to the number, or the least int could not be written.
  const bool signed_number =
      !is_not && (token_.kind == TokenKind::integer || token_.kind == TokenKind::number);
  if (signed_number) {
    --count;
    token_.text = keep("-" + std::string(token_.text));
  }
  Index operand = member();
  if (failed()) return 0;
  const Type type = node(operand).type;
  if (is_not) check_boolean(operand, "'!'");
  const bool negatable = type == Type::integer || type == Type::number || type == Type::any;
  if (!is_not && count > 0 && !negatable) {
    return fail(mark.position, "'-' does not take " + std::string(name_of(type)));
  }
  if (is_not) count %= 2;
  for (std::uint32_t i = 0; i < count; ++i) {
    Node made;
    made.op = is_not ? Op::logical_not : Op::negate;
    made.position = mark.position;
    made.type = is_not ? Type::boolean : type;
    operand = add(made, {operand});
  }
  return operand;
}

Parser::Index Parser::member() {
  Index operand = primary();
  while (!failed()) {
    const Token mark = token_;
    if (take("[")) {
      operand = index_of(operand, mark);
    } else if (take(".")) {
      const Token name = token_;
      if (name.kind != TokenKind::name) {
        return fail(name.position, "a name is missing after '.', before " + shown(name));
      }
      advance();
      if (!take("(")) {
        operand = select(operand, name);
        continue;
      }
      operand = settled(operand);
      const Index made = macro(name, operand);
      if (failed()) return 0;
      if (made != operand) {
        operand = made;
        continue;
      }
      std::vector<Index> all = arguments(")");
      all.insert(all.begin(), operand);
      operand = call(name, std::move(all), true);
    } else if (token_.is_mark("{")) {
      return fail(token_.position, "messages are not part of the expressions that are supported");
    } else {
      break;
    }
  }
  return settled(operand);
}

Parser::Index Parser::index_of(Index operand, const Token& mark) {
  // `response["code"]` is `response.code`.
  Lexer ahead = lexer_;
  if (operand == path_index_ && token_.kind == TokenKind::text && ahead.next().is_mark("]")) {
    Token name = token_;
    name.text = keep(name.decoded);
    advance();
    expect("]", "after a key");
    return failed() ? 0 : select(operand, name);
  }
  operand = settled(operand);
  const Index key = expression();
  expect("]", "after a key");
  if (failed()) return 0;
  const Type type = node(operand).type;
  const Type key_type = node(key).type;
  if (type != Type::list && type != Type::map && type != Type::any) {
    return fail(mark.position, std::string(name_of(type)) + " has no members");
  }
  if (type == Type::list && key_type != Type::any && !is_numeric(key_type)) {
    return fail(node(key).position, "a list is indexed by numbers");
  }
  Node made;
  made.op = Op::index;
  made.position = mark.position;
  return add(made, {operand, key});
}

Parser::Index Parser::primary() {
  if (failed()) return 0;
  const Token token = token_;
  switch (token.kind) {
    case TokenKind::integer:
    case TokenKind::natural:
    case TokenKind::number:
    case TokenKind::text:
      advance();
      return failed() ? 0 : literal(token);
    case TokenKind::name:
      advance();
      return failed() ? 0 : named(token);
    default:
      break;
  }
  if (take("(")) {
    const Index inside = expression();
    expect(")", "after what '(' begins");
    return inside;
  }
  if (take("[")) return list_literal();
  if (take("{")) return map_literal();
  return fail(token.position, "a value is missing before " + shown(token));
}

Parser::Index Parser::literal(const Token& token) {
  const char* begin = token.text.data();
  const char* const end = begin + token.text.size();
  if (token.kind == TokenKind::text) {
    return constant(token, Type::text, Value::text(keep(token.decoded)));
  }
  if (token.kind == TokenKind::number) {
    double number = 0;
    if (std::from_chars(begin, end, number).ec != std::errc()) {
      return fail(token.position, "this number is too large or too small for a double");
    }
    return constant(token, Type::number, Value::number(number));
  }
  const bool negative = *begin == '-';
  begin += negative ? 1 : 0;
  const bool hex = end - begin > 2 && (begin[1] | 0x20) == 'x';
  std::uint64_t digits = 0;
  const auto read = std::from_chars(begin + (hex ? 2 : 0), end, digits, hex ? 16 : 10);
  if (token.kind == TokenKind::natural) {
    if (read.ec != std::errc()) return fail(token.position, "this number is too large for a uint");
    return constant(token, Type::natural, Value::natural(digits));
  }
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 63;
  if (read.ec != std::errc() || digits > (negative ? kLeast : kLeast - 1)) {
    return fail(token.position, "this number is too large for an int");
  }
  const std::uint64_t bits = negative ? ~digits + 1 : digits;
  return constant(token, Type::integer, Value::integer(static_cast<std::int64_t>(bits)));
}

std::vector<Parser::Index> Parser::arguments(std::string_view closing) {
  std::vector<Index> all;
  if (take(closing)) return all;
  while (!failed()) {
    all.push_back(expression());
    if (take(closing)) break;
    if (!expect(",", "between two arguments")) break;
  }
  return all;
}

Parser::Index Parser::list_literal() {
  Node made;
  made.type = Type::list;
  made.position = token_.position;
  std::vector<Index> items;
  while (!failed() && !take("]")) {
    items.push_back(expression());
    if (!token_.is_mark("]")) expect(",", "between two items of a list");
  }
  if (failed()) return 0;
  std::vector<Value> values;
  for (const Index item : items) {
    if (node(item).op == Op::constant) values.push_back(node(item).value);
  }
  made.op = Op::list;
  if (values.size() == items.size()) {
    made.op = Op::constant;
    const std::vector<Value>& kept = code_->lists.emplace_back(std::move(values));
    made.value = Value::list(kept.data(), kept.size());
  }
  return add(made, items);
}

Parser::Index Parser::map_literal() {
  Node made;
  made.op = Op::map;
  made.type = Type::map;
  made.position = token_.position;
  std::vector<Index> entries;
  while (!failed() && !take("}")) {
    const Index key = expression();
    if (failed()) return 0;
    const Type type = node(key).type;
    if (type == Type::number || type == Type::list || type == Type::map || type == Type::null) {
      return fail(node(key).position,
                  "the key of a map is a string, a bool, an int or a uint, not " +
                      std::string(name_of(type)));
    }
    expect(":", "between key and value of a map");
    const Index value = failed() ? 0 : expression();
    entries.push_back(key);
    entries.push_back(value);
    if (!token_.is_mark("}")) expect(",", "between two entries of a map");
  }
  return add(made, entries);
}

}  // namespace hg::expression
