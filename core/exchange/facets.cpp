#include "core/exchange/facets.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/base/trim.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/target.hpp"

namespace headgate::exchange {
namespace {

Error bad_member(std::string_view pointer, std::string_view problem) {
  return client_error(400, "invalid_request",
                      "member '" + std::string(pointer.substr(1)) + "' of the request body " +
                          std::string(problem));
}

// Whether it points to a member of the top level, whose name needs no decoding.
bool is_top_level(std::string_view key) {
  return std::none_of(key.begin(), key.end(), [](char c) { return c == '/' || c == '~'; });
}

// What a manifest points to. A member of the top level, which it mostly is, is found by its name.
JsonBody::Named read(JsonBody& body, std::string_view pointer) {
  const std::string_view key = pointer.substr(1);
  if (is_top_level(key)) return body.named(key);
  JsonBody::Named found;
  found.value = body.get(pointer);
  return found;
}

// The same where the member decides what happens to the request. Written twice, this gateway and
// the provider could each follow another one.
Result<std::optional<std::string_view>> read_once(JsonBody& body, std::string_view pointer) {
  const JsonBody::Named found = read(body, pointer);
  if (found.twice) {
    return bad_member(pointer, "is written twice; which of them counts is not defined");
  }
  return found.value;
}

Result<void> read_model(Facets& facets, JsonBody& body, JsonScanner& scanner,
                        std::string_view pointer, Arena& arena) {
  const auto value = read_once(body, pointer);
  if (!value) return value.error();
  if (!facets.client_model.empty() || !*value || **value == "null") return {};
  const auto decoded = scanner.decode(**value);
  if (!decoded) return bad_member(pointer, "must be a string");
  facets.client_model = arena.copy(*decoded);
  return {};
}

Result<void> read_stream(Facets& facets, JsonBody& body, std::string_view pointer) {
  const auto value = read_once(body, pointer);
  if (!value) return value.error();
  if (!*value || **value == "null" || **value == "false") return {};
  if (**value != "true") return bad_member(pointer, "must be true or false");
  facets.stream = true;
  return {};
}

void read_max_tokens(Facets& facets, JsonBody& body, const plugin::DialectManifest& dialect) {
  for (const std::string& pointer : dialect.max_tokens) {
    const auto value = read(body, pointer).value;
    std::uint64_t count = 0;
    // A value of another kind is the provider's to refuse: it only helps to estimate here.
    if (value && std::from_chars(value->data(), value->data() + value->size(), count).ptr ==
                     value->data() + value->size()) {
      facets.max_tokens = count;
      return;
    }
  }
}

}  // namespace

Result<Facets> read_facets(JsonBody& body, JsonScanner& scanner,
                           const plugin::DialectManifest& dialect, std::string_view path_model,
                           Arena& arena) {
  Facets facets;
  if (!body.is_object()) {
    return client_error(400, "invalid_json", "the request body is not a JSON object");
  }
  facets.client_model = arena.copy(path_model);
  if (!dialect.model.empty()) {
    if (auto read = read_model(facets, body, scanner, dialect.model, arena); !read) {
      return std::move(read.error());
    }
  }
  if (!dialect.stream.empty()) {
    if (auto read = read_stream(facets, body, dialect.stream); !read) {
      return std::move(read.error());
    }
  }
  read_max_tokens(facets, body, dialect);
  facets.model = facets.client_model;
  return facets;
}

Result<Facets> read_passed_facets(JsonBody& body, JsonScanner& scanner, const ModelPlace& place,
                                  Arena& arena) {
  Facets facets;
  if (!place.in_path.empty()) {
    const auto model = http::percent_decode(place.in_path);
    // Coded twice: who decodes it once sees another one than who does it again.
    if (!model || model->find('%') != model->npos) return facets;
    facets.client_model = arena.copy(*model);
  } else if (!place.pointer.empty() && body.is_object()) {
    const auto value = read_once(body, place.pointer);
    if (!value) return value.error();
    // Of another kind it is the provider's to refuse.
    const auto model = *value ? scanner.decode(**value) : std::nullopt;
    if (model) facets.client_model = arena.copy(*model);
  }
  facets.model = facets.client_model;
  return facets;
}

bool says_json(const http::HeaderMap& headers) {
  std::string_view type = "application/json";
  std::size_t types = 0;
  for (const http::Header& header : headers) {
    if (!http::equals_ignoring_case(header.name, "content-type")) continue;
    type = header.value;
    ++types;
  }
  type = trimmed(type.substr(0, type.find(';')), " \t");
  return types < 2 &&
         (http::equals_ignoring_case(type, "application/json") ||
          (type.size() > 5 && http::equals_ignoring_case(type.substr(type.size() - 5), "+json")));
}

}  // namespace headgate::exchange
