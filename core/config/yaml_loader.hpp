#pragma once
// YAML or JSON text -> a tree with places, variables expanded. Everything that is wrong with the
// text is found in one run, up to a syntax error, behind which nothing can be read. Duplicate keys,
// merge keys, tags and keys that are not texts are faults; anchors and aliases work, within the
// bounds. [main]

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/config/fault.hpp"
#include "core/config/node.hpp"
#include "core/config/variables.hpp"

namespace headgate::config {

// What a text may cost. Aliases count as often as they are used.
struct YamlLimits {
  std::size_t text_bytes_max = 4u << 20;
  std::size_t depth_max = 64;
  std::size_t nodes_max = 100'000;
  std::size_t scalar_bytes_max = 16u << 20;  // all scalars together, expanded
};

struct ParsedYaml {
  std::shared_ptr<const Document> document;  // null after a syntax error or a passed limit
  Faults faults;
};

ParsedYaml parse_yaml(std::string_view text, std::string file, const VariableSource& variable,
                      const YamlLimits& limits);

}  // namespace headgate::config
