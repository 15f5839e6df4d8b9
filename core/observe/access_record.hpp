#pragma once
// What the access log says about one request. A record is filled while the request runs and handed
// to the log at its end; its memory is used again, so that a warm gateway allocates nothing for its
// log. [worker]
//
// Secrets: `target` is filled through SecretMask (mask.hpp). No other field may hold what a client
// or an upstream sent as a credential.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"

namespace headgate::observe {

class AccessRecord;

// Text in the memory of a record, valid until its reset(). Only keep() makes one: the record
// outlives the request, so no view of the request's own may get into it.
class KeptText {
 public:
  KeptText() = default;
  operator std::string_view() const { return text_; }
  std::size_t size() const { return text_.size(); }
  friend bool operator==(KeptText kept, std::string_view text) { return kept.text_ == text; }

 private:
  friend class AccessRecord;
  explicit KeptText(std::string_view text) : text_(text) {}

  std::string_view text_;
};

// One try of the request at one endpoint.
class AccessAttempt {
 public:
  KeptText endpoint;
  int status = 0;               // of the upstream's answer; 0 when there was none
  std::string_view error_code;  // static storage; empty when the attempt served the request
  std::chrono::nanoseconds duration{0};
};

class AccessRecord {
 public:
  // More attempts than that are counted (attempt_count) but not listed.
  static constexpr std::size_t kListedAttemptsMax = 8;
  static constexpr std::size_t kAttributesMax = 32;
  // Of a header that an expression reads: what is longer is cut.
  static constexpr std::size_t kHeaderBytesMax = 4096;

  AccessRecord() = default;
  AccessRecord(const AccessRecord&) = delete;
  AccessRecord& operator=(const AccessRecord&) = delete;

  // Copies `text` into the record.
  KeptText keep(std::string_view text) {
    if (text.size() > kRoomBytes - used_) return keep_large(text);
    char* const place = room_ + used_;
    used_ += text.size();
    if (!text.empty()) std::memcpy(place, text.data(), text.size());
    return KeptText(std::string_view(place, text.size()));
  }

  WallTime time{};  // when the request's first byte came
  KeptText listener;
  KeptText route;
  KeptText backend;
  KeptText client_address;  // "ip:port"
  KeptText method;
  KeptText host;
  KeptText target;  // path and query, masked
  int status = 0;   // sent to the client; 0 when it left before

  KeptText dialect;         // id; empty when the request passed through
  KeptText operation;       // what is done with the model, as the dialect names it
  KeptText provider;        // name of the endpoint that answered
  KeptText provider_kind;   // what kind of provider it is, as its plugin says
  KeptText request_model;   // as the client asked
  KeptText upstream_model;  // as the upstream was asked or said

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
  KeptText error_code;  // empty when all went well
  KeptText request_id;
  KeptText trace_id;  // of a request that is recorded in a trace
  KeptText span_id;

  // The next attempt to fill, or a spare one once the list is full. Valid until the next call.
  AccessAttempt& add_attempt();
  std::span<const AccessAttempt> attempts() const {  // those listed
    return std::span(attempts_).first(std::min(attempt_count_, kListedAttemptsMax));
  }
  std::size_t attempt_count() const { return attempt_count_; }  // all

  // Adds `name`=`value`; ignored beyond kAttributesMax.
  void add_attribute(std::string_view name, std::string_view value);
  std::span<const std::pair<KeptText, KeptText>> attributes() const { return attributes_; }

  // A header of the request that an expression of the log reads; nothing secret.
  void add_header(std::string_view name, std::string_view value) {
    headers_.emplace_back(keep(name), keep(value.substr(0, kHeaderBytesMax)));
  }
  std::span<const std::pair<KeptText, KeptText>> headers() const { return headers_; }

  // As new, but keeps memory for the next request; not that of texts beyond the room.
  void reset();

  // What is held for texts that found no room in the record itself.
  std::size_t large_texts() const { return large_.size(); }

 private:
  // What the texts of most requests need in all.
  static constexpr std::size_t kRoomBytes = 1024;

  KeptText keep_large(std::string_view text);

  std::vector<AccessAttempt> attempts_;
  std::size_t attempt_count_ = 0;
  std::vector<std::pair<KeptText, KeptText>> attributes_;
  std::vector<std::pair<KeptText, KeptText>> headers_;
  std::vector<std::unique_ptr<char[]>> large_;
  std::size_t used_ = 0;
  char room_[kRoomBytes];
};

}  // namespace headgate::observe
