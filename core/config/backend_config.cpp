#include "core/config/backend_config.hpp"

#include <array>
#include <map>

#include "core/config/fields.hpp"

namespace headgate::config {

namespace {

// The name is how a provider is known in logs, metrics and headers: two of one name would be one.
void check_names(Fields& fields, const AiConfig& ai) {
  std::map<std::string_view, Position> names;
  for (std::size_t group = 0; group < ai.groups.size(); ++group) {
    const std::vector<ProviderConfig>& providers = ai.groups[group].providers;
    for (std::size_t i = 0; i < providers.size(); ++i) {
      if (providers[i].name.empty()) continue;
      const auto [first, is_new] = names.emplace(providers[i].name, providers[i].position);
      if (is_new) continue;
      fields.fault("/groups/" + std::to_string(group) + "/providers/" + std::to_string(i) + "/name",
                   "provider name '" + providers[i].name + "' is used twice in the backend; the " +
                       "first is in line " + std::to_string(first->second.line));
    }
  }
}

}  // namespace

void describe(Fields& fields, GroupConfig& group) {
  group.position = fields.position();
  parts(fields, {"providers", "Equal providers, balanced by load.", true}, group.providers);
  part(fields,
       {"selection",
        "How one of them is chosen, in place of what the backend says. Needs no touching."},
       group.selection);
}

void describe(Fields& fields, AiConfig& ai) {
  fields.form(
      "groups",
      [&](Fields& inside) {
        part(inside, {"selection", "How one of a group is chosen where the group does not say."},
             ai.selection);
        parts(inside,
              {"groups", "Groups by priority: the next one serves when one is wholly out.", true},
              ai.groups);
      },
      [&](Fields& inside) {
        ai.groups.clear();
        GroupConfig& group = ai.groups.emplace_back();
        group.position = inside.position();
        describe(inside, group.providers.emplace_back());
      });
  check_names(fields, ai);
}

void describe(Fields& fields, BackendConfig& backend) {
  backend.position = fields.position();
  count(fields, {"weight", "Share among the backends of the route; 0 takes it out."},
        backend.weight, {0, 1'000'000});
  static constexpr std::array<std::string_view, 2> kTargets{"ai", "host"};
  fields.exactly_one(kTargets);
  part(fields, {"ai", "Language models: one provider, or groups of them by priority."}, backend.ai);
  address(fields, {"host", "A plain HTTP upstream: bytes pass, nothing is understood."},
          backend.host, AddressUse::upstream);
  part(fields, {"policies", "Policies for this backend only; they override the route's."},
       backend.policies);
}

}  // namespace headgate::config
