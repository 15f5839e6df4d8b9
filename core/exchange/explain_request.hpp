#pragma once
// Where a request would go that nobody sent: the listener, the route, the backends with their
// shares, and what a pick among the endpoints of each would do. Follows the way of a real request
// with the same functions, up to the first attempt; policies are not run, so what they would change
// or refuse is not in it. Nothing is changed by asking. [main]

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/rng.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/select/explain.hpp"

namespace headgate::exchange {

struct AskedRequest {
  std::string method = "POST";
  std::string target;                 // the path, with the query if there is one
  std::string host;                   // the Host header
  std::optional<std::uint16_t> port;  // that it comes to; nothing: the one that serves it
  std::string model;                  // that it asks for; empty: not known
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // JSON; empty: not known
  double prompt_tokens = 0;                                  // 0: not known
  double max_tokens = 0;
};

struct BackendExplained {
  const BackendPlan* plan = nullptr;
  double share = 0;        // of the route's requests
  bool available = false;  // somebody in it can serve, and is not out
  // What its pick would do; nothing for a plain upstream, where there is nothing to choose.
  std::optional<select::Explanation> selection;
};

struct RequestExplained {
  const route::ListenerEntry* listener = nullptr;
  const RoutePlan* route = nullptr;
  std::vector<route::LookedAt> looked;  // ends with the one that matched, if one did
  plugin::DialectMatch dialect;         // its views are of the asked request
  std::string model;                    // of the path, where it stands there, else as asked
  std::vector<BackendExplained> backends;
  // What the client would be told instead of an answer.
  std::optional<Error> refusal;
};

// REQUIRES: the snapshot and `asked` outlive what is returned.
RequestExplained explain_request(const Snapshot& snapshot, const AskedRequest& asked, TimePoint now,
                                 Rng& rng);

}  // namespace headgate::exchange
