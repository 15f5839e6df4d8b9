#include <headgate/expression/program.hpp>

#include <algorithm>

#include "evaluator.hpp"
#include "parser.hpp"

namespace hg::expression {

std::string Problem::to_string() const {
  return std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

Program::Program(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Program::~Program() = default;

Value Program::evaluate(const Source& source, Scratch& scratch) const noexcept {
  return Evaluator(*code_, source, scratch).run();
}

bool Program::is_true(const Source& source) const noexcept {
  Scratch scratch;
  return evaluate(source, scratch).is_true();
}

const std::string& Program::text() const {
  return code_->text;
}

Type Program::type() const {
  return code_->nodes[code_->root].type;
}

bool Program::uses(std::uint32_t id) const {
  return std::any_of(code_->nodes.begin(), code_->nodes.end(), [id](const Node& node) {
    return (node.op == Op::variable || node.op == Op::has_variable) && node.id == id;
  });
}

Program::Keys Program::keys_of(std::uint32_t id) const {
  const auto is_variable = [id](const Node& node) {
    return node.op == Op::variable && node.id == id;
  };
  Keys keys;
  const auto add = [&](const Value& key) {
    const auto known = std::find(keys.names.begin(), keys.names.end(), key.text());
    if (known == keys.names.end()) keys.names.emplace_back(key.text());
  };
  for (const Node& node : code_->nodes) {
    for (std::uint32_t i = 0; i < node.children; ++i) {
      if (!is_variable(code_->child(node, i))) continue;
      const bool selects = node.op == Op::select || node.op == Op::has_select;
      const Node* key = nullptr;
      if (node.op == Op::index && i == 0) key = &code_->child(node, 1);
      if (node.op == Op::in && i == 1) key = &code_->child(node, 0);
      if (selects) {
        add(node.value);
      } else if (key && key->op == Op::constant && key->value.is(Kind::text)) {
        add(key->value);
      } else {
        keys.others = true;
      }
    }
  }
  if (is_variable(code_->nodes[code_->root])) keys.others = true;
  return keys;
}

Compiled compile(std::string_view text, Variables variables, Type result) {
  Compiled compiled;
  Parser parser(text, variables);
  std::unique_ptr<const Program::Code> code = parser.parse(result);
  if (code) {
    compiled.program = std::make_shared<const Program>(std::move(code));
  } else {
    compiled.problem = parser.problem();
  }
  return compiled;
}

}  // namespace hg::expression
