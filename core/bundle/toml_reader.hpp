#pragma once
// Strict reading of a TOML document without its library in a header: every member is asked for by
// name and type, and what nobody asked for is a fault. Faults are collected by the caller's first
// one: these files are written by programs, and one reason is enough. [any]

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace headgate::bundle {

// One table of the document. Cheap to copy; valid as long as its document.
class TomlTable {
 public:
  // `kind`: "[[file]] 3", for words.
  TomlTable(const void* table, std::string kind, std::string& fault)
      : table_(table), kind_(std::move(kind)), fault_(&fault) {}

  // A member that must be there. What is missing or of another type sets the document's fault.
  std::string text(std::string_view name);
  std::uint64_t number(std::string_view name);
  // Members that may be missing.
  std::string text_or(std::string_view name, std::string missing);
  bool flag_or(std::string_view name, bool missing);

  // `[NAME]`, which must be there, and `[[NAME]]`, which may be missing.
  TomlTable table(std::string_view name);
  std::vector<TomlTable> tables(std::string_view name, std::size_t at_most);

  // Names what was never asked for. Call at the end.
  void finish();

  // A fault of this table's value; the first one stays.
  void fault(std::string message);

 private:
  bool missing(std::string_view name);

  const void* table_;  // toml::table; null: it was not there, and everything is empty
  std::string kind_;
  std::string* fault_;
  std::vector<std::string> asked_;
};

class TomlDocument {
 public:
  TomlDocument();
  ~TomlDocument();
  TomlDocument(TomlDocument&&) noexcept;

  // The document, or `LINE:COLUMN: why not`.
  static Result<TomlDocument> parse(std::string_view text, std::string_view code);

  TomlTable root();
  // What was wrong so far, or empty.
  const std::string& fault() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// A basic string of TOML, with its quotes.
std::string toml_quoted(std::string_view text);

}  // namespace headgate::bundle
