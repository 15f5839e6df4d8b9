#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "core/base/json_text.hpp"
#include "core/observe/prometheus_text.hpp"
#include "core/select/view.hpp"

namespace headgate::cli {

// Just enough to write JSON objects and lists in order.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    first_ = true;
  }
  void text(std::string_view value) {
    comma();
    append_json_string(out_, value);
  }
  void flag(bool value) {
    comma();
    out_ += value ? "true" : "false";
  }
  // Nothing, and what is not finite, is null.
  void number(double value) {
    comma();
    if (std::isfinite(value)) {
      observe::append_number(out_, value);
    } else {
      out_ += "null";
    }
  }

  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, double value) {
    key(name);
    number(value);
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

// Members that endpoints have wherever they are shown: "evictions", and "terms" of the cost.
void add_scopes(JsonWriter& json, const select::CellView& view);
void add_terms(JsonWriter& json, const select::CellView& view);

}  // namespace headgate::cli
