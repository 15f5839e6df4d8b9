#pragma once
// What the access log and a trace say about one request. It is filled at the request's end and
// holds views of it: nothing is copied, for the line is written at once. [worker]
//
// Secrets: `target` is filled through SecretMask (mask.hpp). No other field may hold what a client
// or an upstream sent as a credential.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"

namespace headgate::observe {

// One try of the request at one endpoint.
struct AccessAttempt {
  std::string_view endpoint;
  int status = 0;               // of the upstream's answer; 0 when there was none
  std::string_view error_code;  // empty when the attempt served the request
  std::chrono::nanoseconds duration{0};
};

// What has one value in each request.
struct AccessFields {
  WallTime time{};  // when the request's first byte came
  std::string_view listener;
  std::string_view route;
  std::string_view backend;
  std::string_view client_address;  // "ip:port"
  std::string_view method;
  std::string_view host;
  std::string_view target;  // path and query, masked
  int status = 0;           // sent to the client; 0 when it left before

  std::string_view dialect;         // id; empty when the request passed through
  std::string_view operation;       // what is done with the model, as the dialect names it
  std::string_view provider;        // name of the endpoint that answered
  std::string_view provider_kind;   // what kind of provider it is, as its plugin says
  std::string_view request_model;   // as the client asked
  std::string_view upstream_model;  // as the upstream was asked or said

  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> total_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<std::uint64_t> reasoning_tokens;

  std::chrono::nanoseconds duration{0};
  std::optional<std::chrono::nanoseconds> held;         // while everybody was out
  std::optional<std::chrono::nanoseconds> first_token;  // from the request's first byte
  std::uint64_t bytes_in = 0;                           // of the client's body
  std::uint64_t bytes_out = 0;                          // of the body sent to the client
  bool stream = false;
  std::string_view error_code;  // empty when all went well
  std::string_view request_id;
  std::string_view trace_id;  // of a request that is recorded in a trace
  std::string_view span_id;
};

// What a plugin said about the request.
struct AccessAttribute {
  // What is longer is cut in a line, and a text there.
  static constexpr std::size_t kShownBytesMax = 8192;

  std::string_view name;
  std::string_view json;                 // valid, UTF-8, in one line
  std::optional<std::string_view> text;  // what it says, of a JSON string
};

class AccessRecord : public AccessFields {
 public:
  // More attempts than that are counted (attempt_count) but not listed.
  static constexpr std::size_t kListedAttemptsMax = 8;
  static constexpr std::size_t kAttributesMax = 32;
  // Of a header that an expression reads: what is longer is cut.
  static constexpr std::size_t kHeaderBytesMax = 4096;

  AccessRecord() = default;
  AccessRecord(const AccessRecord&) = delete;
  AccessRecord& operator=(const AccessRecord&) = delete;

  // The next attempt to fill, or a spare one once the list is full. Valid until the next call.
  AccessAttempt& add_attempt() {
    // The place behind the listed ones takes what is not shown.
    const std::size_t index = std::min(attempt_count_, kListedAttemptsMax);
    ++attempt_count_;
    if (index == attempts_.size()) return attempts_.emplace_back();
    return attempts_[index] = AccessAttempt();
  }
  std::span<const AccessAttempt> attempts() const {  // those listed
    return std::span(attempts_).first(std::min(attempt_count_, kListedAttemptsMax));
  }
  std::size_t attempt_count() const { return attempt_count_; }  // all

  // Ignored beyond kAttributesMax.
  void add_attribute(const AccessAttribute& attribute) {
    if (attributes_.size() < kAttributesMax) attributes_.push_back(attribute);
  }
  std::span<const AccessAttribute> attributes() const { return attributes_; }

  // A header of the request that an expression of the log reads; nothing secret.
  void add_header(std::string_view name, std::string_view value) {
    headers_.emplace_back(name, value.substr(0, kHeaderBytesMax));
  }
  std::span<const std::pair<std::string_view, std::string_view>> headers() const {
    return headers_;
  }

  // As new, but keeps the memory of its lists for the next request.
  void reset() {
    static_cast<AccessFields&>(*this) = AccessFields();
    attempts_.clear();
    attempt_count_ = 0;
    attributes_.clear();
    headers_.clear();
  }

 private:
  std::vector<AccessAttempt> attempts_;
  std::size_t attempt_count_ = 0;
  std::vector<AccessAttribute> attributes_;
  std::vector<std::pair<std::string_view, std::string_view>> headers_;
};

}  // namespace headgate::observe
