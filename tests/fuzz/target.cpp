// A safe path has no dot segments when decoded; a removed parameter is gone, a set one is there.

#include "core/http/target.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace headgate::http {

FUZZ_TARGET(input) {
  const Target target = split_target(input.whole);
  if (is_safe_path(target.path)) {
    const auto decoded = percent_decode(target.path);
    FUZZ_CHECK(decoded.has_value());
    FUZZ_CHECK((*decoded + '/').find("/../") == std::string::npos);
    FUZZ_CHECK((*decoded + '/').find("/./") == std::string::npos);
  }
  const std::string name(input.whole.substr(0, input.split % 8));
  FUZZ_CHECK(!find_query_parameter(remove_query_parameter(target.query, name), name));
  const std::string with = set_query_parameter(target.query, name, target.path);
  const auto value = find_query_parameter(with, name);
  FUZZ_CHECK(value && percent_decode(*value) == target.path);
}

}  // namespace headgate::http
