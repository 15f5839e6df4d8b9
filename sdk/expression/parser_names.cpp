// Names: variables and their members, functions, macros.

#include <algorithm>

#include "parser.hpp"

namespace hg::expression {
namespace {

struct FunctionForm {
  std::string_view name;
  Function function;
  std::size_t arguments;  // the receiver included
  bool method;            // written x.f()
  bool plain;             // written f(x)
  Type first;             // what it takes
  Type result;
};

// any: several kinds, which are looked at when it is evaluated.
constexpr FunctionForm kFunctions[] = {
    {"size", Function::size, 1, true, true, Type::any, Type::integer},
    {"startsWith", Function::starts_with, 2, true, false, Type::text, Type::boolean},
    {"endsWith", Function::ends_with, 2, true, false, Type::text, Type::boolean},
    {"contains", Function::contains, 2, true, false, Type::text, Type::boolean},
    {"matches", Function::matches, 2, true, true, Type::text, Type::boolean},
    {"lowerAscii", Function::lower_ascii, 1, true, false, Type::text, Type::text},
    {"upperAscii", Function::upper_ascii, 1, true, false, Type::text, Type::text},
    {"bool", Function::to_boolean, 1, false, true, Type::any, Type::boolean},
    {"int", Function::to_integer, 1, false, true, Type::any, Type::integer},
    {"uint", Function::to_natural, 1, false, true, Type::any, Type::natural},
    {"double", Function::to_number, 1, false, true, Type::any, Type::number},
    {"string", Function::to_text, 1, false, true, Type::any, Type::text},
    {"dyn", Function::as_any, 1, false, true, Type::any, Type::any},
};

struct MacroForm {
  std::string_view name;
  Op op;
  Type result;
};
constexpr MacroForm kMacros[] = {
    {"all", Op::all, Type::boolean},
    {"exists", Op::exists, Type::boolean},
    {"exists_one", Op::exists_one, Type::boolean},
    {"existsOne", Op::exists_one, Type::boolean},
    {"filter", Op::filter, Type::list},
    {"map", Op::transform, Type::list},
};

constexpr std::string_view kReserved[] = {
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",    "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while", "in"};

std::size_t edits(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

class Nearest {
 public:
  explicit Nearest(std::string_view word) : word_(word), best_(word.size() / 3 + 2) {}
  void offer(std::string_view candidate) {
    constexpr std::size_t kNameBytesMax = 64;
    if (word_.size() > kNameBytesMax) return;
    const std::size_t distance = edits(word_, candidate);
    if (distance >= best_) return;
    best_ = distance;
    found_ = candidate;
  }
  std::string hint() const {
    return found_.empty() ? std::string() : "; did you mean '" + found_ + "'?";
  }
  bool found() const { return !found_.empty(); }

 private:
  std::string_view word_;
  std::size_t best_;
  std::string found_;
};

std::string quoted(std::string_view word) {
  return "'" + std::string(word) + "'";
}

}  // namespace

const Variable* Parser::find_variable(std::string_view path) const {
  for (const Variable& each : variables_) {
    if (each.name == path) return &each;
  }
  return nullptr;
}

// Whether there is a variable of that name, or one below it.
bool Parser::knows_path(std::string_view path) const {
  return std::any_of(variables_.begin(), variables_.end(), [path](const Variable& each) {
    const bool below = each.name.size() > path.size() && each.name[path.size()] == '.';
    return each.name.substr(0, path.size()) == path && (below || each.name == path);
  });
}

bool Parser::fail_unknown(const Token& token, const std::string& path) {
  Nearest nearest(path);
  std::string offered;
  for (const Variable& each : variables_) {
    nearest.offer(each.name);
    if (each.type == Type::group) continue;
    if (!offered.empty()) offered += ", ";
    offered += each.name;
  }
  const std::string others =
      offered.empty() ? "; there are no variables here" : "; there are: " + offered;
  fail(token.position,
       "unknown variable " + quoted(path) + (nearest.found() ? nearest.hint() : others));
  return false;
}

Parser::Index Parser::variable(const Token& name) {
  const std::string path(name.text);
  for (std::size_t i = locals_.size(); i-- > 0;) {
    if (locals_[i].name != path) continue;
    Node made;
    made.op = Op::local;
    made.id = static_cast<std::uint32_t>(i);
    made.position = name.position;
    return add(made, {});
  }
  if (!knows_path(path)) {
    fail_unknown(name, path);
    return 0;
  }
  Node made;
  made.op = Op::variable;
  made.type = Type::group;
  made.position = name.position;
  path_ = path;
  path_index_ = add(made, {});
  return path_index_;
}

// `operand.name`, where the operand is a path of names so far: the longest that is a variable.
Parser::Index Parser::extend_path(Index operand, const Token& name) {
  const std::string longer = path_ + "." + std::string(name.text);
  if (knows_path(longer)) {
    path_ = longer;
    return operand;
  }
  const Variable* const found = find_variable(path_);
  if (!found || found->type == Type::group) {
    Token whole = name;
    whole.position = node(operand).position;
    fail_unknown(whole, longer);
    return 0;
  }
  return select(settled(operand), name);
}

// The path that was read is all there is: what it stands for.
Parser::Index Parser::settled(Index operand) {
  if (failed() || operand != path_index_) return operand;
  path_index_ = ~0u;
  const Variable* const found = find_variable(path_);
  if (!found || found->type == Type::group) {
    std::string members;
    for (const Variable& each : variables_) {
      if (each.name.substr(0, path_.size() + 1) != path_ + ".") continue;
      members += members.empty() ? "" : ", ";
      members += each.name;
    }
    return fail(node(operand).position,
                quoted(path_) + " is no value by itself; its members are: " + members);
  }
  node(operand).type = found->type;
  node(operand).id = found->id;
  return operand;
}

Parser::Index Parser::select(Index operand, const Token& name) {
  if (failed()) return 0;
  if (operand == path_index_) return extend_path(operand, name);
  const Type type = node(operand).type;
  if (type != Type::map && type != Type::any) {
    return fail(name.position, std::string(name_of(type)) + " has no members, so no " +
                                   quoted(name.text) + "; a function is called with ()");
  }
  Node made;
  made.op = Op::select;
  made.position = name.position;
  made.value = Value::text(keep(std::string(name.text)));
  return add(made, {operand});
}

Parser::Index Parser::named(const Token& name) {
  if (name.text == "true") return constant(name, Type::boolean, Value::boolean(true));
  if (name.text == "false") return constant(name, Type::boolean, Value::boolean(false));
  if (name.text == "null") return constant(name, Type::null, Value::null());
  if (std::find(std::begin(kReserved), std::end(kReserved), name.text) != std::end(kReserved)) {
    return fail(name.position, quoted(name.text) + " is a reserved word");
  }
  if (!take("(")) return variable(name);
  if (name.text == "has") return has(name);
  return call(name, arguments(")"), false);
}

// has(a.b): whether it is there. A variable, or a group of them, may be asked about as well.
Parser::Index Parser::has(const Token& name) {
  const Token begin = token_;
  Index operand = 0;
  if (begin.kind == TokenKind::name) {
    advance();
    operand = failed() ? 0 : named(begin);
  } else {
    operand = primary();
  }
  while (!failed() && !token_.is_mark(")")) {
    const Token mark = token_;
    if (take("[")) {
      operand = index_of(operand, mark);
      continue;
    }
    if (!take(".") || token_.kind != TokenKind::name) break;
    const Token member = token_;
    advance();
    if (token_.is_mark("(")) break;
    operand = select(operand, member);
  }
  if (failed()) return 0;
  const bool closed = take(")");
  if (operand == path_index_ && closed) {
    path_index_ = ~0u;
    const Variable* const found = find_variable(path_);
    if (!found) return fail(begin.position, "has() cannot tell whether there is " + quoted(path_));
    node(operand).op = Op::has_variable;
    node(operand).type = Type::boolean;
    node(operand).id = found->id;
    return operand;
  }
  if (!closed || node(operand).op != Op::select) {
    return fail(name.position,
                "has() takes a variable or a member of one, such as has(a.b); whether a map has a "
                "key of another form says \"key\" in map");
  }
  node(operand).op = Op::has_select;
  node(operand).type = Type::boolean;
  return operand;
}

Parser::Index Parser::call(const Token& name, std::vector<Index> arguments, bool method) {
  if (failed()) return 0;
  if (name.text == "default" && !method) {
    if (arguments.size() != 2) return fail(name.position, "default() takes 2 arguments");
    Node made;
    made.op = Op::fallback;
    made.position = name.position;
    const Type type = node(arguments[0]).type;
    if (type == node(arguments[1]).type) made.type = type;
    return add(made, arguments);
  }
  const auto* const found =
      std::find_if(std::begin(kFunctions), std::end(kFunctions),
                   [&](const FunctionForm& each) { return each.name == name.text; });
  if (found == std::end(kFunctions)) {
    Nearest nearest(name.text);
    for (const FunctionForm& each : kFunctions) nearest.offer(each.name);
    for (const MacroForm& each : kMacros) nearest.offer(each.name);
    nearest.offer("has");
    nearest.offer("default");
    return fail(name.position, "unknown function " + quoted(name.text) + nearest.hint());
  }
  if (method ? !found->method : !found->plain) {
    const std::string right =
        found->method ? "x." + std::string(name.text) + "()" : std::string(name.text) + "(x)";
    return fail(name.position, "this function is written " + right);
  }
  if (arguments.size() != found->arguments) {
    const std::size_t count = found->arguments - (method ? 1 : 0);
    return fail(name.position, quoted(name.text) + " takes " + std::to_string(count) +
                                   (count == 1 ? " argument" : " arguments"));
  }
  for (const Index argument : arguments) {
    const Type type = node(argument).type;
    if (found->first == Type::any || type == Type::any || type == found->first) continue;
    return fail(node(argument).position, quoted(name.text) + " takes " +
                                             std::string(name_of(found->first)) + ", not " +
                                             std::string(name_of(type)));
  }
  const Type first = node(arguments[0]).type;
  const bool scalar = first != Type::list && first != Type::map && first != Type::null;
  const bool sized = first == Type::text || first == Type::any || !scalar;
  const bool takes = found->function == Function::size     ? sized && first != Type::null
                     : found->function == Function::as_any ? true
                                                           : scalar;
  if (!takes) {
    return fail(node(arguments[0]).position,
                quoted(name.text) + " does not take " + std::string(name_of(first)));
  }
  if (found->function == Function::matches) return regular_expression(name, arguments);
  Node made;
  made.op = Op::call;
  made.function = found->function;
  made.position = name.position;
  made.type = found->result;
  return add(made, arguments);
}

// The pattern is compiled once, so it must be written out.
Parser::Index Parser::regular_expression(const Token& name, const std::vector<Index>& arguments) {
  const Node& pattern = node(arguments[1]);
  if (pattern.op != Op::constant) {
    return fail(pattern.position, "the pattern of 'matches' must be written out as a string");
  }
  RE2::Options options;
  options.set_log_errors(false);
  constexpr std::int64_t kMemoryMax = 1 << 20;
  options.set_max_mem(kMemoryMax);
  const std::string_view text = pattern.value.text();
  auto compiled = std::make_unique<const RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!compiled->ok()) {
    return fail(pattern.position, "not a regular expression of RE2: " + compiled->error());
  }
  Node made;
  made.op = Op::call;
  made.function = Function::matches;
  made.position = name.position;
  made.type = Type::boolean;
  made.id = static_cast<std::uint32_t>(code_->patterns.size());
  code_->patterns.push_back(std::move(compiled));
  return add(made, {arguments[0]});
}

// `range.all(x, body)` and its kind, behind the opening parenthesis; `range` when it is no macro.
Parser::Index Parser::macro(const Token& name, Index range) {
  const auto* const form =
      std::find_if(std::begin(kMacros), std::end(kMacros),
                   [&](const MacroForm& each) { return each.name == name.text; });
  if (failed() || form == std::end(kMacros)) return range;
  const Type type = node(range).type;
  if (type != Type::list && type != Type::map && type != Type::any) {
    return fail(name.position, quoted(name.text) +
                                   " visits the items of a list or the keys of a "
                                   "map, not those of " +
                                   std::string(name_of(type)));
  }
  if (locals_.size() == kLocalsMax) {
    return fail(name.position,
                "there are at most " + std::to_string(kLocalsMax) + " macros in one another");
  }
  const Token variable = token_;
  if (variable.kind != TokenKind::name) {
    return fail(variable.position, quoted(name.text) + " takes a name for its items first");
  }
  advance();
  if (!expect(",", "after the name of the items")) return 0;
  Node made;
  made.op = form->op;
  made.type = form->result;
  made.position = name.position;
  made.id = static_cast<std::uint32_t>(locals_.size());
  locals_.push_back({std::string(variable.text)});
  std::vector<Index> parts{range, expression()};
  if (form->op == Op::transform && take(",")) {
    parts.push_back(expression());
    std::swap(parts[1], parts[2]);  // written: filter, body
  }
  locals_.pop_back();
  expect(")", "at the end of " + std::string(name.text) + "()");
  if (failed()) return 0;
  if (form->op != Op::transform) check_boolean(parts[1], name.text);
  if (parts.size() == 3) check_boolean(parts[2], name.text);
  return add(made, parts);
}

}  // namespace hg::expression
