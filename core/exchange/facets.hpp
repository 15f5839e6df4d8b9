#pragma once
// What every request to a model has, read from its body where the dialect's manifest says. [worker]

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/arena.hpp"
#include "core/base/error.hpp"
#include "core/exchange/json_body.hpp"
#include "core/http/header_map.hpp"
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

// Where a request that passes unread names its model.
struct ModelPlace {
  std::string_view in_path;  // the text there, as it stands
  std::string_view pointer;  // into the body, where the path has none
  bool operator==(const ModelPlace&) const = default;
};

// The model of a request that passes unread; nothing else of it is known. There is none where its
// text could mean different things to who reads it. Errors (400): it is written twice.
Result<Facets> read_passed_facets(JsonBody& body, JsonScanner& scanner, const ModelPlace& place,
                                  Arena& arena);

// Whether the headers say that a body is JSON, or say nothing of it.
bool says_json(const http::HeaderMap& headers);

}  // namespace headgate::exchange
