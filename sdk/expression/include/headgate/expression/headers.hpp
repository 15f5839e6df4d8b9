#pragma once
// The headers of a message as a map, for plugins that offer `request.headers` in expressions. Names
// are found without regard to case; of several headers of one name, the first. [worker]

#include <headgate/call.hpp>
#include <headgate/expression/value.hpp>

#include <cstddef>
#include <string_view>

namespace hg::expression {

class Headers final : public Map {
 public:
  explicit Headers(Message message) : message_(message) {}

  Value find(const Value& key) const noexcept override {
    if (!key.is(Kind::text)) return {};
    const auto value = message_.header(key.text());
    return value ? Value::text(*value) : Value();
  }
  std::size_t size() const noexcept override {
    std::size_t count = 0;
    message_.each_header([&](std::string_view, std::string_view) { ++count; });
    return count;
  }
  Value key(std::size_t index) const noexcept override {
    Value found;
    message_.each_header([&](std::string_view name, std::string_view) {
      if (index-- == 0) found = Value::text(name);
    });
    return found;
  }

 private:
  Message message_;
};

}  // namespace hg::expression
