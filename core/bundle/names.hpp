#pragma once
// Which names and paths a bundle may hold. Everything that becomes part of a path of the file
// system is checked here, and nothing else decides it. Each function says what is wrong, in words
// that follow the name, or nothing. [any]

#include <string>
#include <string_view>

namespace headgate::bundle {

// In the folder of the installed bundles, beside them.
inline constexpr std::string_view kIndexName = "index.toml";
inline constexpr std::string_view kTrustedKeysName = "trusted-keys";

// A name of a bundle's in the text of an error.
inline std::string quote(std::string_view name) {
  return "'" + std::string(name) + "'";
}

// Path of a file inside a bundle: `plugins/acme.so`. Relative, without `..`, of plain characters.
std::string path_fault(std::string_view path);

// `acme`: lower case, digits, `-`, `_` and `.`; begins with a letter or digit.
std::string name_fault(std::string_view name);

// `1.2.0-rc.1+build`
std::string version_fault(std::string_view version);

// 64 hexadecimal digits in lower case.
bool is_sha256(std::string_view text);

// What this binary runs on: `linux-x86_64-gnu`.
std::string_view current_platform();

}  // namespace headgate::bundle
