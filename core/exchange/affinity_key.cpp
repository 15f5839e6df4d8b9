#include "core/exchange/affinity_key.hpp"

#include <algorithm>
#include <string>

#include "core/base/stable_hash.hpp"
#include "core/base/trim.hpp"
#include "core/http/header_rules.hpp"
#include "core/http/target.hpp"

namespace headgate::exchange {
namespace {

using Place = config::RequestValue::Place;

// 0 stands for none.
std::uint64_t hash_of(std::string_view value) {
  if (value.empty()) return 0;
  const std::uint64_t hash = stable_hash(value.substr(0, kAffinityBytesMax));
  return hash == 0 ? 1 : hash;
}

// A text counts however it is escaped; a long one, which is rather a prompt than a name, as it
// stands, so that nobody makes the gateway decode what it does not need.
std::uint64_t hash_of_json(std::string_view json, JsonScanner& scanner) {
  if (json.empty() || json == "null" || json.front() == '{' || json.front() == '[') return 0;
  if (json.front() != '"') return hash_of(json);
  if (json.size() > kAffinityBytesMax) return hash_of(json.substr(1));
  const auto decoded = scanner.decode(json);
  return decoded ? hash_of(*decoded) : 0;
}

std::uint64_t hash_of_parameter(std::string_view query, std::string_view name) {
  const auto raw = http::find_query_parameter(query, name);
  if (!raw) return 0;
  const auto decoded = http::percent_decode(*raw);
  return hash_of(decoded ? std::string_view(*decoded) : *raw);
}

// "a=1; b=2" (RFC 6265, section 4.2.1).
std::string_view cookie_in(std::string_view pairs, std::string_view name) {
  while (!pairs.empty()) {
    const std::size_t end = std::min(pairs.find(';'), pairs.size());
    const std::string_view pair = trimmed(pairs.substr(0, end));
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
  }
  return {};
}

std::uint64_t hash_of_cookie(const http::HeaderMap& headers, std::string_view name) {
  for (const http::Header& header : headers) {
    if (!http::equals_ignoring_case(header.name, "cookie")) continue;
    if (const std::uint64_t hash = hash_of(cookie_in(header.value, name)); hash != 0) return hash;
  }
  return 0;
}

std::uint64_t hash_of_member(RequestContext& request, const std::string& name) {
  const auto value =
      name.starts_with('/') ? request.body.get(name) : request.body.named(name).value;
  return value ? hash_of_json(*value, request.worker.scanner) : 0;
}

std::uint64_t hash_of_attribute(RequestContext& request, std::string_view name) {
  for (const auto& [known, json] : request.attributes)
    if (known == name) return hash_of_json(trimmed(json), request.worker.scanner);
  return 0;
}

std::uint64_t hash_at(const config::RequestValue& value, RequestContext& request) {
  switch (value.place) {
    case Place::header:
      return hash_of(request.headers.get(value.name).value_or(std::string_view()));
    case Place::query:
      return hash_of_parameter(request.query, value.name);
    case Place::cookie:
      return hash_of_cookie(request.headers, value.name);
    case Place::body:
      return hash_of_member(request, value.name);
    case Place::attribute:
      return hash_of_attribute(request, value.name);
  }
  return 0;
}

}  // namespace

std::uint64_t affinity_key(const std::vector<config::RequestValue>& values,
                           RequestContext& request) {
  for (const config::RequestValue& value : values)
    if (const std::uint64_t hash = hash_at(value, request); hash != 0) return hash;
  return 0;
}

void affinity_keys(RequestContext& request, std::pmr::vector<std::uint64_t>& keys) {
  keys.clear();
  for (const std::vector<config::RequestValue>& values : request.backend->affinity)
    keys.push_back(affinity_key(values, request));
}

}  // namespace headgate::exchange
