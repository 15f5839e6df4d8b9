#include "core/plugin/manifest.hpp"

#include <headgate/credential.h>
#include <headgate/provider.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "core/base/ascii.hpp"
#include "core/plugin/manifest_metrics.hpp"
#include "core/plugin/manifest_object.hpp"
#include "core/plugin/pass_through.hpp"

namespace headgate::plugin {

namespace json = boost::json;

namespace {

constexpr std::size_t kDepthMax = 64;

constexpr std::array<ManifestWord, 6> kStages = {{
    {"authenticate", static_cast<std::uint32_t>(Stage::authenticate)},
    {"authorize", static_cast<std::uint32_t>(Stage::authorize)},
    {"limit", static_cast<std::uint32_t>(Stage::limit)},
    {"transform", static_cast<std::uint32_t>(Stage::transform)},
    {"guard", static_cast<std::uint32_t>(Stage::guard)},
    {"account", static_cast<std::uint32_t>(Stage::account)},
}};
constexpr std::array<ManifestWord, 7> kPhases = {{
    {"request", kPhaseRequest},
    {"attempt", kPhaseAttempt},
    {"outcome", kPhaseOutcome},
    {"response", kPhaseResponse},
    {"event", kPhaseEvent},
    {"complete", kPhaseComplete},
    {"judge", kPhaseJudge},
}};
constexpr std::array<ManifestWord, 4> kLevels = {{
    {"listener", kLevelListener},
    {"route", kLevelRoute},
    {"backend", kLevelBackend},
    {"provider", kLevelProvider},
}};
constexpr std::array<ManifestWord, 3> kBodies = {{
    {"none", static_cast<std::uint32_t>(BodyNeed::none)},
    {"whole", static_cast<std::uint32_t>(BodyNeed::whole)},
    {"stream", static_cast<std::uint32_t>(BodyNeed::stream)},
}};
constexpr std::array<ManifestWord, 2> kFramings = {
    {{"sse", HG_FRAMING_SSE}, {"ndjson", HG_FRAMING_NDJSON}}};
constexpr std::array<ManifestWord, 2> kRouteBodies = {{{"none", 0}, {"json", 1}}};

bool is_id(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

bool is_key(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// MAJOR.MINOR.PATCH, then anything behind "-" or "+".
bool is_version(std::string_view text) {
  int numbers = 1;
  bool digit = false;
  for (const char c : text.substr(0, text.find_first_of("-+"))) {
    if (c == '.' && digit) {
      ++numbers;
      digit = false;
    } else if (c >= '0' && c <= '9') {
      digit = true;
    } else {
      return false;
    }
  }
  return numbers == 3 && digit;
}

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.find("//") == text.npos;
}

std::string pointer_member(ManifestObject& object, std::string_view name) {
  std::string pointer = object.text(name, false);
  if (!pointer.empty() && pointer.front() != '/') {
    object.member_fault(name, "must be a JSON pointer, which begins with '/'");
  }
  return pointer;
}

std::vector<std::string> pointer_members(ManifestObject& object, std::string_view name) {
  std::vector<std::string> pointers = object.texts(name);
  for (const std::string& pointer : pointers) {
    if (pointer.front() != '/') object.member_fault(name, "must hold JSON pointers");
  }
  return pointers;
}

CredentialPlace header_place(ManifestObject& object) {
  CredentialPlace place;
  place.place = HG_PLACE_HEADER;
  place.name = lowered(object.text("header", true));
  place.prefix = object.text("prefix", false);
  return place;
}

CredentialPlace provider_place(ManifestObject& object) {
  const int places = object.has("header") + object.has("query") + object.has("cookie");
  if (places != 1) {
    object.fault("must have exactly one of header, query and cookie");
    for (const std::string_view name : {"header", "query", "cookie", "prefix"}) object.find(name);
    return {};
  }
  if (object.has("header")) return header_place(object);
  const bool query = object.has("query");
  CredentialPlace place;
  place.place = query ? HG_PLACE_QUERY : HG_PLACE_COOKIE;
  place.name = object.text(query ? "query" : "cookie", true);
  return place;
}

constexpr std::string_view kModel = PassThrough::kModel;  // a dialect's path has the same

// Whether braces occur only as one {model} that dialect_table.cpp and pass_through.cpp can find: it
// begins a segment, and behind it the segment ends or has its only ':'.
bool good_placeholder(std::string_view path) {
  const std::size_t model = path.find(kModel);
  if (model == path.npos) return path.find_first_of("{}") == path.npos;
  std::string_view rest = path.substr(model + kModel.size());
  if (path[model - 1] != '/' || rest.find_first_of("{}") != rest.npos) return false;
  if (path.substr(0, model).find_first_of("{}") != path.npos) return false;
  rest = rest.substr(0, rest.find('/'));
  return rest.empty() || (rest.front() == ':' && rest.rfind(':') == 0);
}

bool good_pattern(std::string_view pattern) {
  constexpr std::string_view kAnything = PassThrough::kAnything;
  if (!is_path(pattern)) return false;
  const std::size_t dots = pattern.find(kAnything);
  if (dots != pattern.npos && dots + kAnything.size() != pattern.size()) return false;
  const std::string_view text = pattern.substr(0, dots);
  return good_placeholder(text) && (dots == pattern.npos || !text.ends_with(kModel));
}

void check_patterns(ManifestObject& object, std::string_view name,
                    const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (good_pattern(pattern)) continue;
    object.member_fault(name, "'" + pattern +
                                  "' must be a path, with '...' at its end only, and at most one "
                                  "{model}, as a segment or in front of a segment's only ':'");
  }
}

ProviderManifest read_provider(ManifestObject& object, std::vector<std::string>& faults) {
  ProviderManifest provider;
  provider.accepts = object.texts("accepts");
  provider.operations = object.texts("operations");
  provider.model_for = object.texts("modelFor");
  for (const std::string& operation : provider.model_for) {
    if (!provider.has_operation(operation)) {
      object.member_fault("modelFor", "'" + operation + "' is not one of the operations");
    }
  }
  provider.pass_through = object.texts("passThrough");
  check_patterns(object, "passThrough", provider.pass_through);
  provider.passed_model = pointer_member(object, "passThroughModel");
  provider.stored_paths = object.texts("storedPaths");
  check_patterns(object, "storedPaths", provider.stored_paths);
  provider.passed_stored_ids = pointer_members(object, "passThroughStoredIds");
  provider.own_ids = object.texts("ownIds");
  if (const json::value* value = object.find("credential")) {
    ManifestObject place(*value, "/credential", faults);
    provider.credential = provider_place(place);
    place.finish();
  }
  for (const std::string& name : object.texts("forwardHeaders")) {
    if (name.find('*') < name.size() - 1) {
      object.member_fault("forwardHeaders", "'" + name + "': '*' may only stand at the end");
    }
    provider.forward_headers.push_back(lowered(name));
  }
  object.list("limits", [&](const json::value& item, const std::string& where) {
    ManifestObject limit(item, where, faults);
    LimitHeaders read{lowered(limit.text("remaining", true)), lowered(limit.text("reset", true))};
    limit.finish();
    if (read.remaining.size() > ProviderManifest::kLimitNameMax) {
      return limit.member_fault("remaining", "is longer than any header that is looked at");
    }
    provider.limit_name_sizes |= std::uint64_t{1} << read.remaining.size();
    provider.limits.push_back(std::move(read));
  });
  if (provider.limits.size() > ProviderManifest::kLimitsMax) {
    object.member_fault("limits",
                        "at most " + std::to_string(ProviderManifest::kLimitsMax) + " are read");
  }
  if (provider.operations.empty() && provider.pass_through.empty()) {
    object.fault("a provider needs operations, passThrough or both");
  }
  return provider;
}

PolicyManifest read_policy(ManifestObject& object) {
  PolicyManifest policy;
  policy.stage = static_cast<Stage>(object.word("stage", kStages, 0, true));
  policy.phases = object.bits("phases", kPhases);
  policy.judge_when = object.text("judgeWhen", false);
  policy.path_types = object.text("pathTypes", false);
  policy.body = static_cast<BodyNeed>(object.word("body", kBodies, 0));
  policy.sets_credential = object.flag("credential");
  policy.is_default = object.flag("default");
  policy.dry_run = object.flag("dryRun");
  policy.levels = object.bits("levels", kLevels);
  if (policy.phases == 0) object.member_fault("phases", "a policy needs at least one phase");
  if (policy.sets_credential && !policy.has_phase(kPhaseAttempt)) {
    object.member_fault("credential", "is set in on_attempt, and 'attempt' is not in phases");
  }
  if (policy.dry_run && !policy.has_phase(kPhaseRequest)) {
    object.member_fault("dryRun", "is about on_request, and 'request' is not in phases");
  }
  const bool for_client = policy.has_phase(kClientPhases);
  if (for_client && policy.has_level(kLevelProvider)) {
    object.member_fault("levels",
                        "a policy with the request, response, event or complete phase "
                        "cannot stand at the provider level");
  }
  if (!object.has("levels")) {
    policy.levels =
        kLevelListener | kLevelRoute | kLevelBackend | (for_client ? 0 : kLevelProvider);
  } else if (policy.levels == 0) {
    object.member_fault("levels", "names no level");
  }
  if (!policy.path_types.empty() && policy.has_level(kLevelProvider)) {
    object.member_fault("pathTypes", "says what a request is before a provider is chosen for it");
  }
  return policy;
}

DialectRoute read_route(ManifestObject& object) {
  DialectRoute route;
  route.method = object.text("method", true);
  route.path = object.text("path", true);
  route.operation = object.text("operation", true);
  route.type = object.text("type", false);
  route.header = lowered(object.text("header", false));
  route.json_body = object.word("body", kRouteBodies, 0) != 0;
  route.answered = object.flag("answered");

  const std::size_t model = route.path.find(kModel);
  route.model_in_path = model != route.path.npos;
  if (!is_path(route.path) || route.path.back() == '/' || !good_placeholder(route.path)) {
    object.member_fault("path", "'" + route.path +
                                    "' must begin with '/', not end with it, and have at most one "
                                    "{model}, as a segment or in front of a segment's only ':'");
  }
  if (!is_key(route.type) || route.type == "passthrough") {
    object.member_fault("type", "must be letters, digits, '-', '_', and not 'passthrough'");
  } else if (route.model_in_path && !route.type.empty()) {
    object.member_fault("type", "another path would not say which model is meant");
  }
  return route;
}

DialectManifest read_dialect(ManifestObject& object, std::vector<std::string>& faults) {
  DialectManifest dialect;
  dialect.neutral = object.flag("neutral");
  object.list("routes", [&](const json::value& item, const std::string& where) {
    ManifestObject route(item, where, faults);
    dialect.routes.push_back(read_route(route));
    route.finish();
  });
  if (dialect.routes.empty()) object.member_fault("routes", "a dialect needs at least one");

  if (const json::value* model = object.find("model");
      model != nullptr && model->is_string() && model->get_string() == "path") {
    dialect.model_in_path = true;
  } else {
    dialect.model = pointer_member(object, "model");
  }
  dialect.stream = pointer_member(object, "stream");
  dialect.max_tokens = pointer_members(object, "maxTokens");
  dialect.stored_ids = pointer_members(object, "storedIds");
  if (const json::value* value = object.find("events")) {
    ManifestObject events(*value, "/events", faults);
    dialect.event_framing = events.word("framing", kFramings, HG_FRAMING_SSE, true);
    dialect.event_end = events.text("end", false);
    events.finish();
  }
  object.list("credential", [&](const json::value& item, const std::string& where) {
    ManifestObject place(item, where, faults);
    dialect.credential.push_back(header_place(place));
    place.finish();
  });
  return dialect;
}

void read_common(ManifestObject& object, Manifest& manifest) {
  manifest.id = object.text("id", true);
  if (!manifest.id.empty() && !is_id(manifest.id)) {
    object.member_fault("id",
                        "'" + manifest.id + "' must be lower case letters, digits, '.', '-', '_'");
  }
  const std::string kind = object.text("kind", true);
  if (!kind.empty() && kind != kind_name(manifest.kind)) {
    object.member_fault("kind", "is '" + kind + "' but the plugin's table is that of a " +
                                    std::string(kind_name(manifest.kind)));
  }
  const bool is_dialect = manifest.kind == Kind::dialect;
  manifest.key = object.text("key", manifest.kind == Kind::provider);
  if (!is_key(manifest.key)) object.member_fault("key", "must be letters, digits, '-', '_'");
  if (is_dialect && !manifest.key.empty()) object.member_fault("key", "a dialect has none");
  manifest.version = object.text("version", true);
  if (!manifest.version.empty() && !is_version(manifest.version)) {
    object.member_fault("version", "'" + manifest.version + "' must be like 1.2.3");
  }
  manifest.summary = object.text("summary", true);
  if (const json::value* schema = object.find("schema")) {
    if (!schema->is_object()) object.member_fault("schema", "must be an object");
    const auto text = json::serialize(*schema);
    manifest.schema.assign(text.data(), text.size());
  } else if (!is_dialect) {
    object.member_fault("schema", "is missing");
  }
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::provider:
      return "provider";
    case Kind::policy:
      return "policy";
    case Kind::dialect:
      return "dialect";
  }
  return "";
}

std::string_view stage_name(Stage stage) {
  return kStages[static_cast<std::size_t>(stage)].text;
}

bool ProviderManifest::accepts_dialect(std::string_view dialect) const {
  return std::find(accepts.begin(), accepts.end(), dialect) != accepts.end();
}

bool ProviderManifest::has_operation(std::string_view operation) const {
  return std::find(operations.begin(), operations.end(), operation) != operations.end();
}

bool ProviderManifest::model_is_for(std::string_view operation) const {
  return model_for.empty() ||
         std::find(model_for.begin(), model_for.end(), operation) != model_for.end();
}

bool ProviderManifest::owns_id(std::string_view id) const {
  return std::any_of(own_ids.begin(), own_ids.end(),
                     [&](const std::string& begin) { return id.starts_with(begin); });
}

bool ProviderManifest::forwards_header(std::string_view name) const {
  return std::any_of(forward_headers.begin(), forward_headers.end(), [&](std::string_view allowed) {
    if (!allowed.ends_with('*')) return name == allowed;
    return name.starts_with(allowed.substr(0, allowed.size() - 1));
  });
}

ReadManifest read_manifest(std::string_view text, Kind kind) {
  ReadManifest result;
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code error;
  const json::value value =
      json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) {
    result.faults.push_back("manifest: is not JSON: " + error.message());
    return result;
  }

  Manifest manifest;
  manifest.kind = kind;
  ManifestObject object(value, "", result.faults);
  if (!value.is_object()) return result;
  read_common(object, manifest);
  manifest.metrics = read_metrics(object, manifest.id, result.faults);
  switch (kind) {
    case Kind::provider:
      manifest.provider = read_provider(object, result.faults);
      break;
    case Kind::policy:
      manifest.policy = read_policy(object);
      break;
    case Kind::dialect:
      manifest.dialect = read_dialect(object, result.faults);
      break;
  }
  object.finish();
  if (result.faults.empty()) result.manifest = std::move(manifest);
  return result;
}

}  // namespace headgate::plugin
