#pragma once
// What the access log says about one request. A record is filled while the request runs and handed
// to the log at its end; its strings and lists are used again, so that a warm gateway allocates
// nothing for its log. [worker]
//
// Secrets: `target` is filled through SecretMask (mask.hpp). No other field may hold what a client
// or an upstream sent as a credential.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"

namespace headgate::observe {

// One try of the request at one endpoint.
class AccessAttempt {
 public:
  std::string endpoint;
  int status = 0;               // of the upstream's answer; 0 when there was none
  std::string_view error_code;  // static storage; empty when the attempt served the request
  std::chrono::nanoseconds duration{0};
};

class AccessRecord {
 public:
  // More attempts than that are counted (attempt_count) but not listed.
  static constexpr std::size_t kListedAttemptsMax = 8;
  static constexpr std::size_t kAttributesMax = 32;

  WallTime time{};  // when the request's first byte came
  std::string listener;
  std::string route;
  std::string backend;
  std::string client_address;  // "ip:port"
  std::string method;
  std::string host;
  std::string target;  // path and query, masked
  int status = 0;      // sent to the client; 0 when it left before

  std::string dialect;         // id; empty when the request passed through
  std::string operation;       // what is done with the model, as the dialect names it
  std::string provider;        // name of the endpoint that answered
  std::string provider_kind;   // what kind of provider it is, as its plugin says
  std::string request_model;   // as the client asked
  std::string upstream_model;  // as the upstream was asked or said

  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> total_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> reasoning_tokens;

  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> first_token;  // from the request's first byte
  std::uint64_t bytes_in = 0;                           // of the client's body
  std::uint64_t bytes_out = 0;                          // of the body sent to the client
  bool stream = false;
  std::string error_code;  // empty when all went well
  std::string request_id;

  // The next attempt to fill, or a spare one once the list is full. Valid until the next call.
  AccessAttempt& add_attempt();
  std::span<const AccessAttempt> attempts() const {  // those listed
    return std::span(attempts_).first(std::min(attempt_count_, kListedAttemptsMax));
  }
  std::size_t attempt_count() const { return attempt_count_; }  // all

  // Adds `name`=`value`; ignored beyond kAttributesMax.
  void add_attribute(std::string_view name, std::string_view value);
  std::span<const std::pair<std::string, std::string>> attributes() const {
    return std::span(attributes_).first(attribute_count_);
  }

  // As new, but keeps memory for the next request unless a string grew very large.
  void reset();

 private:
  // Longer lists than their counts say: the rest waits to be used again.
  std::vector<AccessAttempt> attempts_;
  std::size_t attempt_count_ = 0;
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::size_t attribute_count_ = 0;
};

}  // namespace headgate::observe
