#pragma once
// What a plugin says about itself before any of its code runs for a request: the JSON of
// hg_plugin.manifest, read strictly. sdk/include/headgate/{abi,provider,policy,dialect}.h describe
// the members; a member that is not described there is a fault. Immutable once made. [any]

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observe/metrics.hpp"
#include "core/plugin/fault.hpp"

namespace headgate::plugin {

enum class Kind : std::uint8_t { provider, policy, dialect };
std::string_view kind_name(Kind kind);

// Where a key stands in a request, as hg_credential has it.
struct CredentialPlace {
  std::uint32_t place = 0;  // HG_PLACE_HEADER, HG_PLACE_QUERY or HG_PLACE_COOKIE
  std::string name;         // lower case for a header
  std::string prefix;       // headers only: "Bearer "
};

// A rate limit that the provider tells of in the headers of its answers. Lower case.
struct LimitHeaders {
  std::string remaining;  // what is left of it, a number
  std::string reset;      // when it is whole again, in any form that parse_reset() reads
};

struct ProviderManifest {
  std::vector<std::string> accepts;       // dialect ids
  std::vector<std::string> operations;    // "chat"
  std::vector<std::string> model_for;     // of them; empty: all
  std::vector<std::string> pass_through;  // patterns, see pass_through.hpp
  std::string passed_model;  // JSON pointer into bodies of such paths that do not name a model
                             // themselves; empty: which model they ask for cannot be known
  std::vector<std::string> stored_paths;       // of them, those about things that it has stored
  std::vector<std::string> passed_stored_ids;  // in bodies of such paths, see stored_ids below
  std::vector<std::string> own_ids;            // how ids of things that it has stored begin
  std::optional<CredentialPlace> credential;   // none: the provider takes no key
  std::vector<std::string> forward_headers;    // lower case, may end with "*"
  std::vector<LimitHeaders> limits;            // at most kLimitsMax
  std::uint64_t limit_name_sizes = 0;          // of their `remaining`, one bit each

  static constexpr std::size_t kLimitsMax = 4;
  static constexpr std::size_t kLimitNameMax = 63;

  bool accepts_dialect(std::string_view dialect) const;
  bool has_operation(std::string_view operation) const;
  // Whether a model that the configuration gives the provider is meant for this operation.
  bool model_is_for(std::string_view operation) const;
  // Whether an id of a stored thing can only be one of this provider's.
  bool owns_id(std::string_view id) const;
  // Whether a client's header goes to this provider, beyond the common ones. `name` in lower case.
  bool forwards_header(std::string_view name) const;
  // Whether a header with a name of this size may be the `remaining` of a limit: most are not.
  bool may_be_limit(std::size_t name_size) const {
    return name_size <= kLimitNameMax && (limit_name_sizes >> name_size & 1) != 0;
  }
};

// The order of policies; inside a stage the order of the file.
enum class Stage : std::uint8_t { authenticate, authorize, limit, transform, guard, account };
std::string_view stage_name(Stage stage);

// Bits of PolicyManifest::phases.
inline constexpr std::uint32_t kPhaseRequest = 1u << 0;
inline constexpr std::uint32_t kPhaseAttempt = 1u << 1;
inline constexpr std::uint32_t kPhaseOutcome = 1u << 2;
inline constexpr std::uint32_t kPhaseResponse = 1u << 3;
inline constexpr std::uint32_t kPhaseEvent = 1u << 4;
inline constexpr std::uint32_t kPhaseComplete = 1u << 5;
inline constexpr std::uint32_t kPhaseJudge = 1u << 6;
// Phases that act on the client's request; a policy with one of them is not for the provider level.
inline constexpr std::uint32_t kClientPhases =
    kPhaseRequest | kPhaseResponse | kPhaseEvent | kPhaseComplete;

// Bits of PolicyManifest::levels, widest first.
inline constexpr std::uint32_t kLevelListener = 1u << 0;
inline constexpr std::uint32_t kLevelRoute = 1u << 1;
inline constexpr std::uint32_t kLevelBackend = 1u << 2;
inline constexpr std::uint32_t kLevelProvider = 1u << 3;

// What a policy reads of the answer.
enum class BodyNeed : std::uint8_t { none, whole, stream };

struct PolicyManifest {
  Stage stage = Stage::transform;
  std::uint32_t phases = 0;
  std::string judge_when;  // member of the configuration without which it judges nothing
  std::string
      path_types;  // member of the configuration that says what paths are; see path_types.hpp
  BodyNeed body = BodyNeed::none;
  bool sets_credential = false;
  bool dry_run = false;      // its on_request may be called for a request that nobody sent
  std::uint32_t levels = 0;  // never 0 once read
  bool is_default = false;

  bool has_phase(std::uint32_t phase) const { return (phases & phase) != 0; }
  bool has_level(std::uint32_t level) const { return (levels & level) != 0; }
};

struct DialectRoute {
  std::string method;  // upper case
  std::string path;    // "/v1/models/{model}"
  std::string operation;
  std::string type;    // by which a configuration means it for another path; empty: it cannot
  std::string header;  // lower case; must be in the request where it is not empty
  bool json_body = false;
  bool answered = false;  // by the dialect itself
  bool model_in_path = false;
};

struct DialectManifest {
  bool neutral = false;
  std::vector<DialectRoute> routes;
  std::string model;  // JSON pointer; empty when it is in the path or there is none
  bool model_in_path = false;
  std::string stream;                   // JSON pointer; empty: there is no flag
  std::vector<std::string> max_tokens;  // JSON pointers, the first found counts
  std::vector<std::string> stored_ids;  // JSON pointers, in which "*" is every element of a list
  std::uint32_t event_framing = 0;      // HG_FRAMING_*; HG_FRAMING_WHOLE: it has no streams
  std::string event_end;                // bytes that end a complete stream
  std::vector<CredentialPlace> credential;
};

struct Manifest {
  Kind kind = Kind::provider;
  std::string id;
  std::string key;  // empty: policies that are attached by id only, dialects
  std::string version;
  std::string summary;
  std::string schema;  // JSON text of the plugin's config; empty: not said (dialects)
  std::vector<observe::FamilySpec> metrics;  // by the names that they are shown by

  // The one of `kind` is filled.
  ProviderManifest provider;
  PolicyManifest policy;
  DialectManifest dialect;
};

struct ReadManifest {
  std::optional<Manifest> manifest;  // empty when there are faults
  std::vector<std::string> faults;   // "manifest, member 'stage': ..."; all of them
};

// Reads the JSON text of a plugin of this kind.
ReadManifest read_manifest(std::string_view json, Kind kind);

}  // namespace headgate::plugin
