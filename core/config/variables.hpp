#pragma once
// Variables in a scalar: `$VAR`, `${VAR}`, `${VAR:-default}`, and `$$` for a `$`. A `$` that begins
// none of these is itself (`^/x$`). [main]

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::config {

using VariableSource = std::function<std::optional<std::string>(std::string_view name)>;

struct Expansion {
  std::string text;
  bool used_variable = false;
  std::string error;  // what is wrong; then `text` means nothing
};

// A variable that is not defined and has no default is an error; an empty one takes its default.
// The result is at most 1 MiB.
Expansion expand_variables(std::string_view text, const VariableSource& variable);

}  // namespace headgate::config
