// Nodes as JSON text.

#include <charconv>

#include "core/base/json_text.hpp"
#include "core/config/schema_validator.hpp"

namespace headgate::config {

namespace {

// JSON is stricter than YAML about numbers: no base, no plus, no bare point, no leading zeros.
void append_number(std::string& out, std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t number = 0;
    const int base = text[1] == 'x' ? 16 : 8;
    std::from_chars(text.data() + 2, text.data() + text.size(), number, base);
    out += std::to_string(number);
    return;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') {
    text.remove_prefix(1);
  }
  if (text.starts_with('.')) out += '0';
  const std::size_t point = text.find('.');
  const bool bare_point =
      point != std::string_view::npos &&
      (point + 1 == text.size() || text[point + 1] == 'e' || text[point + 1] == 'E');
  if (!bare_point) {
    out += text;
    return;
  }
  out += text.substr(0, point + 1);
  out += '0';
  out += text.substr(point + 1);
}

void append_scalar(std::string& out, ScalarType type, std::string_view text) {
  switch (type) {
    case ScalarType::null:
      out += "null";
      break;
    case ScalarType::boolean:
      out += text.starts_with('t') || text.starts_with('T') ? "true" : "false";
      break;
    case ScalarType::integer:
    case ScalarType::number:
      append_number(out, text);
      break;
    case ScalarType::text:
      append_json_string(out, text);
      break;
  }
}

class JsonWriter {
 public:
  JsonWriter(const TypedNodes& typed, bool redacted) : typed_(typed), redacted_(redacted) {}

  void write(const Node& node) {
    const auto typed = typed_.find(&node);
    const bool is_typed = typed != typed_.end();
    if (redacted_ && (node.expanded || (is_typed && typed->second.secret))) {
      out += "\"***\"";
    } else if (is_typed) {
      append_scalar(out, typed->second.type, typed->second.text);
    } else if (node.is_map()) {
      write_map(node);
    } else if (node.is_list()) {
      write_list(node);
    } else {
      const bool is_text = node.quoted || node.expanded;
      append_scalar(out, is_text ? ScalarType::text : plain_type(node.text), node.text);
    }
  }

  std::string out;

 private:
  void write_map(const Node& node) {
    out += '{';
    for (const Member& member : node.members) {
      if (&member != &node.members.front()) out += ',';
      append_json_string(out, member.key);
      out += ':';
      write(member.value);
    }
    out += '}';
  }

  void write_list(const Node& node) {
    out += '[';
    for (const Node& item : node.items) {
      if (&item != &node.items.front()) out += ',';
      write(item);
    }
    out += ']';
  }

  const TypedNodes& typed_;
  bool redacted_;
};

}  // namespace

std::string to_json(const Node& node, const TypedNodes& typed, bool redacted) {
  JsonWriter writer(typed, redacted);
  writer.write(node);
  return std::move(writer.out);
}

}  // namespace headgate::config
