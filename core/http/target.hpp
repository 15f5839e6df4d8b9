#pragma once
// The parts of a request target: path, query, parameters. Nothing is decoded but where a function
// says so; parameter names are compared decoded, so that `k%65y` is `key`. [any]

#include <optional>
#include <string>
#include <string_view>

namespace headgate::http {

struct Target {
  std::string_view path;   // to the first '?'
  std::string_view query;  // behind it
  bool has_query = false;  // there was a '?'
};

Target split_target(std::string_view target);

// The text with %XX replaced; nothing if an escape is malformed. '+' stays as it is.
std::optional<std::string> percent_decode(std::string_view text);

// Appends `text` so that it can stand as one path segment or parameter value.
void append_percent_encoded(std::string& out, std::string_view text);

// The path can be routed and passed on without meaning something else further down: it begins with
// '/', its escapes are well-formed and hide no control byte, it has no backslash, and no segment is
// "." or "..", be it escaped once or twice; an escaped slash counts as one here.
bool is_safe_path(std::string_view path);

// The raw value of the first parameter of this (decoded) name; empty if it has no '='.
std::optional<std::string_view> find_query_parameter(std::string_view query, std::string_view name);

// The query without any parameter of this name; the others stay as they are, in order.
std::string remove_query_parameter(std::string_view query, std::string_view name);

// The same with one of this name and value, escaped here, at its end.
std::string set_query_parameter(std::string_view query, std::string_view name,
                                std::string_view value);

}  // namespace headgate::http
