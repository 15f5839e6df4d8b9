#pragma once
// What every request to a model has, read from its body where the dialect's manifest says. [worker]

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/arena.hpp"
#include "core/base/error.hpp"
#include "core/exchange/json_body.hpp"
#include "core/plugin/manifest.hpp"

namespace headgate::exchange {

struct Facets {
  std::string_view client_model;  // decoded; empty when there is none
  std::string_view model;         // as policies left it
  bool stream = false;
  std::optional<std::uint64_t> max_tokens;
};

// Reads them; text goes to the arena. `path_model` is the model of the path, where it stands there.
// Errors (400): not a JSON object, a member of the wrong type, a member that counts written twice.
Result<Facets> read_facets(JsonBody& body, JsonScanner& scanner,
                           const plugin::DialectManifest& dialect, std::string_view path_model,
                           Arena& arena);

}  // namespace headgate::exchange
