#include "core/bundle/toml_reader.hpp"

#include <toml++/toml.h>
#include <algorithm>

namespace headgate::bundle {

namespace {

const toml::table* as_table(const void* table) {
  return static_cast<const toml::table*>(table);
}

}  // namespace

struct TomlDocument::Parts {
  toml::table root;
  std::string fault;
};

TomlDocument::TomlDocument() : parts_(std::make_unique<Parts>()) {}
TomlDocument::~TomlDocument() = default;
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;

Result<TomlDocument> TomlDocument::parse(std::string_view text, std::string_view code) {
  TomlDocument document;
  try {
    document.parts_->root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return gateway_error(code, std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                                   std::string(error.description()));
  }
  return document;
}

TomlTable TomlDocument::root() {
  return {&parts_->root, "", parts_->fault};
}

const std::string& TomlDocument::fault() const {
  return parts_->fault;
}

void TomlTable::fault(std::string message) {
  if (!fault_->empty()) return;
  *fault_ = kind_.empty() ? std::move(message) : kind_ + ": " + message;
}

bool TomlTable::missing(std::string_view name) {
  asked_.emplace_back(name);
  return table_ == nullptr || !as_table(table_)->contains(name);
}

std::string TomlTable::text(std::string_view name) {
  if (missing(name)) {
    fault("'" + std::string(name) + "' is missing");
    return {};
  }
  return text_or(name, {});
}

std::string TomlTable::text_or(std::string_view name, std::string missing_value) {
  if (missing(name)) return missing_value;
  const toml::value<std::string>* value = as_table(table_)->get_as<std::string>(name);
  if (value != nullptr) return value->get();
  fault("'" + std::string(name) + "' must be a text");
  return {};
}

std::uint64_t TomlTable::number(std::string_view name) {
  if (missing(name)) {
    fault("'" + std::string(name) + "' is missing");
    return 0;
  }
  const toml::value<std::int64_t>* value = as_table(table_)->get_as<std::int64_t>(name);
  if (value != nullptr && value->get() >= 0) return static_cast<std::uint64_t>(value->get());
  fault("'" + std::string(name) + "' must be a number, 0 or greater");
  return 0;
}

bool TomlTable::flag_or(std::string_view name, bool missing_value) {
  if (missing(name)) return missing_value;
  const toml::value<bool>* value = as_table(table_)->get_as<bool>(name);
  if (value != nullptr) return value->get();
  fault("'" + std::string(name) + "' must be true or false");
  return false;
}

TomlTable TomlTable::table(std::string_view name) {
  const toml::table* inner = nullptr;
  if (missing(name)) {
    fault("[" + std::string(name) + "] is missing");
  } else {
    inner = as_table(table_)->get_as<toml::table>(name);
    if (inner == nullptr) fault("'" + std::string(name) + "' must be a table");
  }
  return {inner, "[" + std::string(name) + "]", *fault_};
}

std::vector<TomlTable> TomlTable::tables(std::string_view name, std::size_t at_most) {
  std::vector<TomlTable> all;
  if (missing(name)) return all;
  const std::string shown = "[[" + std::string(name) + "]]";
  const toml::array* list = as_table(table_)->get_as<toml::array>(name);
  if (list == nullptr) {
    fault(shown + " must be a list of tables");
    return all;
  }
  if (list->size() > at_most) {
    fault("there are more than " + std::to_string(at_most) + " of " + shown);
    return all;
  }
  for (const toml::node& item : *list) {
    const toml::table* inner = item.as_table();
    if (inner == nullptr) fault(shown + " must be a list of tables");
    all.push_back({inner, shown + " " + std::to_string(all.size() + 1), *fault_});
  }
  return all;
}

void TomlTable::finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : *as_table(table_)) {
    if (std::find(asked_.begin(), asked_.end(), key.str()) != asked_.end()) continue;
    fault("unknown member '" + std::string(key.str()) + "'");
  }
}

std::string toml_quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\u00";
      quoted += kDigits[byte >> 4];
      quoted += kDigits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace headgate::bundle
