#pragma once
// Keeps credentials out of logs and dumps. Which query parameters and headers carry them is told by
// whoever knows the plugins; only the headers that HTTP itself defines for the purpose are built
// in. Immutable once made. [any]

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::observe {

class SecretMask {
 public:
  // What stands in the place of a secret.
  static constexpr std::string_view kMasked = "***";

  SecretMask() = default;
  // Names are compared without case; names of query parameters after percent-decoding.
  SecretMask(std::span<const std::string> query_names, std::span<const std::string> header_names);

  // Appends a request target with the values of secret parameters masked, and any user:password@
  // of an absolute target too. Where it is doubtful what a value belongs to, more is masked.
  void append_target(std::string& out, std::string_view target) const;

  // Whether append_target() shows all of it, whatever is secret: a path without a query.
  static bool shows_all(std::string_view target) {
    return target.starts_with('/') && target.find('?') == std::string_view::npos;
  }

  // Whether the value of this header must not be shown. Authorization, Proxy-Authorization, Cookie
  // and Set-Cookie always are.
  bool is_secret_header(std::string_view name) const;
  std::string_view header_value(std::string_view name, std::string_view value) const {
    return is_secret_header(name) ? kMasked : value;
  }

 private:
  bool is_secret_parameter(std::string_view encoded_name) const;

  std::vector<std::string> query_names_;   // lower case
  std::vector<std::string> header_names_;  // lower case
};

}  // namespace headgate::observe
