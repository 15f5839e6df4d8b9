#pragma once
// Where the requests of a route go: one weighted entry of `backends:`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/policies_config.hpp"
#include "core/config/provider_config.hpp"
#include "core/config/selection_config.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

// Equal providers, balanced by load.
struct GroupConfig {
  std::vector<ProviderConfig> providers;     // at least one
  std::optional<SelectionConfig> selection;  // unset: that of the backend
  Position position;
};

// `ai`: groups by priority, first = preferred. The single-provider form is one group of one.
struct AiConfig {
  std::vector<GroupConfig> groups;  // at least one
  SelectionConfig selection;        // of the groups that have none of their own
};

// Exactly one of `ai` and `host` is set.
struct BackendConfig {
  std::string name;  // `backend0` and so on, by place
  // Share among the backends of the route; 0 takes it out. At most 1000000.
  std::uint32_t weight = 1;
  std::optional<AiConfig> ai;
  // A plain HTTP upstream: bytes pass, nothing is understood.
  std::optional<Address> host;
  PoliciesConfig policies;
  Position position;
};

void describe(Fields& fields, GroupConfig& group);
void describe(Fields& fields, AiConfig& ai);
void describe(Fields& fields, BackendConfig& backend);

}  // namespace headgate::config
