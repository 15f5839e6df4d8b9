#pragma once
// What an expression works on and comes to: a small value that owns nothing. Texts, lists and maps
// are views of the expression's constants, of what the caller offers, or of a Scratch. [any]

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hg::expression {

class Map;

enum class Kind : std::uint8_t {
  missing,  // there is no such thing: only a Source and a Map answer so
  error,    // could not be worked out; text() says why, position() where
  null,
  boolean,
  integer,  // 64 bits, signed
  natural,  // 64 bits, unsigned: CEL's uint
  number,   // CEL's double
  text,
  list,
  map,
};

class Value {
 public:
  Value() = default;  // missing
  static Value error(std::string_view why, std::uint32_t position = 0) {
    Value made = of_text(Kind::error, why);
    made.position_ = position;
    return made;
  }
  static Value null() { return Value(Kind::null); }
  static Value boolean(bool value) {
    Value made(Kind::boolean);
    made.boolean_ = value;
    return made;
  }
  static Value integer(std::int64_t value) {
    Value made(Kind::integer);
    made.integer_ = value;
    return made;
  }
  static Value natural(std::uint64_t value) {
    Value made(Kind::natural);
    made.natural_ = value;
    return made;
  }
  static Value number(double value) {
    Value made(Kind::number);
    made.number_ = value;
    return made;
  }
  // Bytes that should be UTF-8; what is not counts byte by byte.
  static Value text(std::string_view value) { return of_text(Kind::text, value); }
  static Value list(const Value* items, std::size_t size) {
    Value made(Kind::list);
    made.range_ = {items, size};
    return made;
  }
  static Value map(const Map& value) {
    Value made(Kind::map);
    made.map_ = &value;
    return made;
  }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_true() const { return kind_ == Kind::boolean && boolean_; }
  bool failed() const { return kind_ <= Kind::error; }

  // REQUIRES: the value is of that kind; text() also of an error.
  bool boolean() const { return boolean_; }
  std::int64_t integer() const { return integer_; }
  std::uint64_t natural() const { return natural_; }
  double number() const { return number_; }
  std::string_view text() const { return {static_cast<const char*>(range_.begin), range_.size}; }
  const Value* items() const { return static_cast<const Value*>(range_.begin); }
  std::size_t size() const { return range_.size; }  // of a list; of a text in bytes
  const Map& map() const { return *map_; }
  // Of an error: where in the expression, in bytes.
  std::uint32_t position() const { return position_; }

 private:
  struct Range {
    const void* begin;
    std::size_t size;
  };

  explicit Value(Kind kind) : kind_(kind), integer_(0) {}
  static Value of_text(Kind kind, std::string_view text) {
    Value made(kind);
    made.range_ = {text.data(), text.size()};
    return made;
  }

  Kind kind_ = Kind::missing;
  std::uint32_t position_ = 0;
  union {
    bool boolean_;
    std::int64_t integer_;
    std::uint64_t natural_;
    double number_;
    Range range_ = {nullptr, 0};
    const Map* map_;
  };
};

// A map that somebody offers, such as the headers of a message. Must outlive the evaluation.
class Map {
 public:
  // Missing when there is no such key.
  virtual Value find(const Value& key) const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;
  // REQUIRES: index < size().
  virtual Value key(std::size_t index) const noexcept = 0;

 protected:
  ~Map() = default;
};

}  // namespace hg::expression
