#include "core/exchange/stored_ids.hpp"

#include <optional>

#include "core/exchange/facets.hpp"
#include "core/exchange/serving.hpp"

namespace headgate::exchange {
namespace {

// The next token of a pointer, taken off its front. No manifest needs one with an escape.
std::string_view take_token(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::string_view token = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(token.size());
  return token;
}

std::optional<std::string_view> find_below(std::string_view value, std::string_view pointer,
                                           JsonScanner& scanner) {
  if (pointer.empty()) {
    const bool names_any = value.starts_with('"') || value.starts_with('[');
    return names_any ? std::optional(value) : std::nullopt;
  }
  const std::string_view token = take_token(pointer);
  JsonMembers level;
  const JsonShape wanted = token == "*" ? JsonShape::array : JsonShape::object;
  if (scanner.scan(value, level) != wanted) return std::nullopt;
  for (const JsonMember& member : level) {
    if (wanted == JsonShape::object && !scanner.is_named(member, token)) continue;
    if (const auto found = find_below(member.value, pointer, scanner)) return found;
  }
  return std::nullopt;
}

std::optional<std::string_view> find_at(JsonBody& body, JsonScanner& scanner,
                                        std::string_view pointer) {
  const std::string_view name = take_token(pointer);
  const auto value = body.named(name).value;
  return value ? find_below(*value, pointer, scanner) : std::nullopt;
}

bool is_about_stored(const EndpointPlan& endpoint, std::string_view path) {
  return endpoint.provider && endpoint.provider->stored_paths().match(path).has_value();
}

// In the body of a request that passes.
std::optional<std::string_view> passed_id(RequestContext& request) {
  if (!says_json(request.headers)) return std::nullopt;
  for (const EndpointPlan& endpoint : request.backend->endpoints) {
    if (!endpoint.provider || !declares(endpoint, request.dialect, request.path)) continue;
    const plugin::ProviderManifest& provider = endpoint.provider->declares();
    const auto id =
        find_stored_id(request.body, request.worker.scanner, provider.passed_stored_ids);
    if (!id) continue;
    const auto text = request.worker.scanner.decode(*id);
    if (provider.own_ids.empty() || (text && provider.owns_id(*text))) return id;
  }
  return std::nullopt;
}

// The id that a request names; empty: of what kind it is is not known, but it is about such things.
std::optional<std::string_view> id_of(RequestContext& request) {
  if (request.dialect.route) {
    if (!request.dialect.route->json_body) return std::nullopt;
    return find_stored_id(request.body, request.worker.scanner,
                          request.dialect.dialect->declares().stored_ids);
  }
  for (const EndpointPlan& endpoint : request.backend->endpoints) {
    if (is_about_stored(endpoint, request.path)) return std::string_view();
  }
  return passed_id(request);
}

}  // namespace

std::optional<std::string_view> find_stored_id(JsonBody& body, JsonScanner& scanner,
                                               std::span<const std::string> pointers) {
  if (pointers.empty() || !body.may_hold_watched() || !body.is_object()) return std::nullopt;
  for (const std::string& pointer : pointers) {
    if (const auto found = find_at(body, scanner, pointer)) return found;
  }
  return std::nullopt;
}

void add_names_in(std::span<const std::string> pointers, std::vector<std::string>& names) {
  for (std::string_view pointer : pointers) {
    std::string_view name;
    // "id" is in much that is not stored.
    while (!pointer.empty()) {
      const std::string_view token = take_token(pointer);
      if (token != "*" && token != "id") name = token;
    }
    if (!name.empty()) names.emplace_back(name);
  }
}

void settle_store(RequestContext& request) {
  request.store.reset();
  if (is_plain(*request.backend)) return;
  const auto id = id_of(request);
  if (!id) return;
  const auto text = request.worker.scanner.decode(*id);
  for (const EndpointPlan& endpoint : request.backend->endpoints) {
    if (!declares(endpoint, request.dialect, request.path)) continue;
    const plugin::ProviderManifest& provider = endpoint.provider->declares();
    if (text && provider.owns_id(*text)) {
      request.store = endpoint.store;
      return;
    }
    const bool may_know =
        id->empty() ? is_about_stored(endpoint, request.path) : provider.own_ids.empty();
    if (!request.store && may_know) request.store = endpoint.store;
  }
}

}  // namespace headgate::exchange
