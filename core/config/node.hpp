#pragma once
// The file as a tree in which every value knows its place. Scalars keep their text, and whether it
// was quoted or came out of a variable: what type they are is decided by who reads them. Keys keep
// the order of the file. [main] to build; immutable afterwards, so [any] to read.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/fault.hpp"

namespace headgate::config {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { scalar, list, map };

  Kind kind = Kind::scalar;
  bool quoted = false;    // of a scalar: written in quotes or as a block, so it is a text
  bool expanded = false;  // of a scalar: a variable is in it, so it may be a secret: never print it
  bool faulty = false;    // already reported (an undefined variable): readers say nothing more
  Position position;
  std::string path;             // `binds[0].port`
  std::size_t label_begin = 0;  // where the last key of the path begins
  std::string text;             // of a scalar
  std::vector<Node> items;      // of a list
  std::vector<Member> members;  // of a map

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  // Nothing was written, or `null`, or `~`.
  bool is_null() const;

  // What faults call it: `port`, `listeners[0]`.
  std::string_view label() const { return std::string_view(path).substr(label_begin); }

  // The member of that key, or null. [any]
  const Node* find(std::string_view key) const;
  const Member* find_member(std::string_view key) const;

  // The node at a JSON pointer (`/keys/0/key`) below this one. When the pointer leads nowhere, the
  // deepest node on the way: an error about a missing member is shown at its parent.
  const Node& at_pointer(std::string_view pointer) const;
};

struct Member {
  std::string key;
  Position position;  // of the key
  Node value;
};

// What an unquoted scalar is in YAML's core schema.
enum class ScalarType : std::uint8_t { null, boolean, integer, number, text };
ScalarType plain_type(std::string_view text);

// A whole file. Parts of it are shared as NodeRef, which keeps all of it alive.
struct Document {
  std::string file;  // as the user named it; in every fault
  Node root;
};
using NodeRef = std::shared_ptr<const Node>;

}  // namespace headgate::config
