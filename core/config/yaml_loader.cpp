#include "core/config/yaml_loader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

namespace headgate::config {

namespace {

// Thrown by the builder through the parser, and caught below: there is no other way to stop it.
struct LimitPassed {
  Position position;
  std::string message;
};

// yaml-cpp counts from 0.
Position place(const YAML::Mark& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// A map or list that is being read.
struct Frame {
  Node node;
  YAML::anchor_t anchor = 0;
  bool has_key = false;
  bool key_is_usable = false;
  std::string key;
  Position key_position;
  std::unordered_map<std::string, std::uint32_t> key_lines;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const VariableSource& variable, const YamlLimits& limits)
      : variable_(variable), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.position = place(mark);
    finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      // An alias to what it stands in.
      throw LimitPassed{place(mark), "an alias inside its own anchor"};
    }
    charge(found->second, place(mark));
    attach(Node(found->second));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.position = place(mark);
    node.quoted = check_tag(tag, node.position);
    node.text = value;
    if (!expects_key()) expand(node);
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

  Node root;
  Faults faults;

 private:
  void fault(Position position, std::string message) {
    faults.push_back({{}, position, {}, std::move(message)});
  }

  bool expects_key() const {
    return !stack_.empty() && stack_.back().node.is_map() && !stack_.back().has_key;
  }

  // Tells whether the tag makes the scalar a text. "!" is what the parser gives a quoted one.
  bool check_tag(const std::string& tag, Position position) {
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return true;
    if (!tag.empty() && tag != "?") {
      fault(position, "tags such as '" + tag + "' are not supported");
    }
    return false;
  }

  void expand(Node& node) {
    Expansion expansion = expand_variables(node.text, variable_);
    if (!expansion.error.empty()) {
      fault(node.position, std::move(expansion.error));
      node.faulty = true;
      return;
    }
    node.expanded = expansion.used_variable;
    node.text = std::move(expansion.text);
  }

  void start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    const Position position = place(mark);
    if (!tag.empty() && tag != "?" && tag != "!") check_tag(tag, position);
    if (stack_.size() >= limits_.depth_max) {
      throw LimitPassed{position,
                        "nested more than " + std::to_string(limits_.depth_max) + " levels deep"};
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.position = position;
    frame.anchor = anchor;
    stack_.push_back(std::move(frame));
  }

  void end() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    finish(std::move(frame.node), frame.anchor);
  }

  // A node and everything in it is complete.
  void finish(Node node, YAML::anchor_t anchor) {
    charge_one(node, node.position);
    if (anchor != 0) {
      charge(node, node.position);
      anchors_[anchor] = node;
    }
    attach(std::move(node));
  }

  void attach(Node node) {
    if (stack_.empty()) {
      root = std::move(node);
    } else if (stack_.back().node.is_list()) {
      stack_.back().node.items.push_back(std::move(node));
    } else if (stack_.back().has_key) {
      finish_member(std::move(node));
    } else {
      start_member(node);
    }
  }

  void start_member(const Node& key) {
    Frame& frame = stack_.back();
    frame.has_key = true;
    frame.key_position = key.position;
    frame.key_is_usable = key.is_scalar() && !key.is_null();
    if (!frame.key_is_usable) {
      fault(key.position, "a key must be a text");
      return;
    }
    frame.key = key.text;
    if (!key.quoted && key.text == "<<") {
      frame.key_is_usable = false;
      fault(key.position, "merge keys ('<<') are not supported; write the keys out");
      return;
    }
    const auto [first, is_new] = frame.key_lines.emplace(key.text, key.position.line);
    if (!is_new) {
      frame.key_is_usable = false;
      fault(key.position, "duplicate key '" + key.text + "'; the first is in line " +
                              std::to_string(first->second));
    }
  }

  void finish_member(Node value) {
    Frame& frame = stack_.back();
    frame.has_key = false;
    if (!frame.key_is_usable) return;
    // The parser has no place for what is not there.
    if (value.is_null()) value.position = frame.key_position;
    frame.node.members.push_back({std::move(frame.key), frame.key_position, std::move(value)});
  }

  void charge_one(const Node& node, Position position) {
    ++nodes_;
    scalar_bytes_ += node.text.size();
    if (nodes_ > limits_.nodes_max || scalar_bytes_ > limits_.scalar_bytes_max) {
      throw LimitPassed{position, "too large: more than " + std::to_string(limits_.nodes_max) +
                                      " values or " + std::to_string(limits_.scalar_bytes_max) +
                                      " bytes of them, aliases counted as often as used"};
    }
  }

  // What a copy of the node costs.
  void charge(const Node& node, Position position) {
    charge_one(node, position);
    for (const Node& item : node.items) charge(item, position);
    for (const Member& member : node.members) charge(member.value, position);
  }

  const VariableSource& variable_;
  const YamlLimits& limits_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  std::size_t scalar_bytes_ = 0;
};

void set_paths(Node& node, std::string path, std::size_t label_begin) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    set_paths(node.items[i], path + '[' + std::to_string(i) + ']', label_begin);
  }
  for (Member& member : node.members) {
    const std::string prefix = path.empty() ? path : path + '.';
    set_paths(member.value, prefix + member.key, prefix.size());
  }
  node.path = std::move(path);
  node.label_begin = label_begin;
}

void parse_into(TreeBuilder& builder, TreeBuilder& second, std::string_view text) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return;
  if (parser.HandleNextDocument(second)) {
    builder.faults.push_back({{}, {}, {}, "more than one YAML document in the file"});
  }
}

}  // namespace

ParsedYaml parse_yaml(std::string_view text, std::string file, const VariableSource& variable,
                      const YamlLimits& limits) {
  ParsedYaml parsed;
  TreeBuilder builder(variable, limits);
  auto stop = [&](Position position, std::string message) {
    builder.faults.push_back({{}, position, {}, std::move(message)});
    parsed.faults = std::move(builder.faults);
  };
  bool complete = false;
  if (text.size() > limits.text_bytes_max) {
    stop({}, "larger than " + std::to_string(limits.text_bytes_max) + " bytes");
  } else {
    try {
      TreeBuilder second(variable, limits);
      parse_into(builder, second, text);
      complete = true;
    } catch (const LimitPassed& passed) {
      stop(passed.position, passed.message);
    } catch (const YAML::Exception& error) {
      stop(place(error.mark), "not valid YAML: " + error.msg);
    }
  }
  if (complete) {
    parsed.faults = std::move(builder.faults);
    Document document{file, std::move(builder.root)};
    set_paths(document.root, {}, 0);
    parsed.document = std::make_shared<const Document>(std::move(document));
  }
  for (ConfigFault& fault : parsed.faults) fault.file = file;
  return parsed;
}

}  // namespace headgate::config
