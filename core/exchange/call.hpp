#pragma once
// What plugins can do with a request while one of their callbacks runs: hg_call over the contexts.
// The exchange says before each callback which phase it is in; that decides what may be written.
// [worker]

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/exchange/attempt_context.hpp"
#include "core/exchange/request_context.hpp"
#include "core/exchange/side_calls.hpp"
#include "core/plugin/call.hpp"

namespace headgate::exchange {

enum class Phase : std::uint8_t {
  none,      // nothing may be written
  request,   // policies: on_request; dialect: to_neutral
  attempt,   // policies: on_attempt
  build,     // provider: open, build
  sign,      // provider: sign
  head,      // provider: on_head
  body,      // provider: on_body; dialect: from_neutral_body
  event,     // provider, policies, dialect: events of a stream
  response,  // policies: on_response
  answer,    // dialect: answer, error
};

// One event that a plugin emitted; views into the arena of the call's events.
struct EmittedEvent {
  std::string type;
  std::string data;
};

class Call final : public hg_call {
 public:
  static constexpr std::size_t kAttributesMax = 64;
  static constexpr std::size_t kEmittedEventsMax = 256;
  static constexpr std::size_t kEmittedBytesMax = 4 * 1024 * 1024;
  static constexpr std::size_t kArenaBytesMax = 64 * 1024 * 1024;
  static constexpr std::uint64_t kTimerMax = 600'000;  // ms

  explicit Call(RequestContext& request) : request_(request) {}
  ~Call() { drop_pause(); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // What the next callback may touch. `attempt` may be null.
  void enter(Phase phase, AttemptContext* attempt) {
    phase_ = phase;
    attempt_ = attempt;
  }
  // Where answer() and error() of a dialect put a body: before there is an attempt.
  std::string& answer_body() { return answer_body_; }

  // What was emitted since the last call, oldest first.
  std::vector<EmittedEvent>& emitted() { return emitted_; }
  void clear_emitted() {
    emitted_.clear();
    emitted_bytes_ = 0;
  }

  // The pause that the callback asked for, and forgets it.
  struct Outstanding {
    std::optional<milliseconds> timer;
    std::uint64_t waker_id = 0;
  };
  Outstanding take_pause() { return std::exchange(pause_, Outstanding{}); }
  bool has_pause() const {
    return pause_.timer || pause_.waker_id != 0 || (side_calls_ && side_calls_->any());
  }
  // Ends what was started and is not waited for any more.
  void drop_pause() {
    if (has_pause()) end_pause();
    request_.woken_early = false;
  }
  // HTTP calls of plugins; null where none was made.
  SideCalls* side_calls() { return side_calls_.get(); }

  Text method(std::uint32_t message) override;
  Text target(std::uint32_t message) override;
  std::int32_t set_line(std::uint32_t message, Text method, Text target) override;
  std::uint32_t status() override;
  std::int32_t header_at(std::uint32_t message, std::size_t index, Text& name,
                         Text& value) override;
  std::int32_t header_get(std::uint32_t message, Text name, Text& value) override;
  std::int32_t header_set(std::uint32_t message, Text name, Text value) override;
  std::int32_t header_add(std::uint32_t message, Text name, Text value) override;
  std::int32_t header_remove(std::uint32_t message, Text name) override;
  Text body(std::uint32_t message) override;
  std::int32_t set_body(std::uint32_t message, Text bytes) override;
  std::int32_t give_body(std::uint32_t message, Text bytes, void (*release)(void*) noexcept,
                         void* context) override;
  std::int32_t share_body() override;
  std::int32_t attribute_get(Text name, Text& json) override;
  std::int32_t attribute_set(Text name, Text json) override;
  void* allocate(std::size_t bytes, std::size_t alignment) override;
  std::int32_t respond_error(std::uint32_t status, Text code, Text message, Text member) override;
  std::int32_t respond(std::uint32_t status, Text content_type, Text body) override;

  std::int32_t json_get(std::uint32_t message, Text pointer, Text& json) override;
  std::int32_t json_set(std::uint32_t message, Text pointer, Text json) override;
  std::int32_t json_remove(std::uint32_t message, Text pointer) override;
  std::int32_t json_holds_reserved(std::uint32_t message) override;
  std::int32_t json_text(Text json, Text& decoded) override;
  Text json_quote(Text text) override;

  std::int32_t facets(hg_facets& out) override;
  std::int32_t set_model(std::uint32_t message, Text model) override;
  std::int32_t report_usage(const hg_usage& usage) override;
  std::int32_t model_at(std::size_t index, Text& model, Text& owner) override;

  std::int32_t emit(Text type, Text data) override;

  std::int32_t credential_set(const hg_credential& credential) override;
  std::int32_t credential_consume(Text header) override;
  std::int32_t credential_place(const hg_credential& credential) override;

  std::int32_t timer(std::uint64_t milliseconds) override;
  std::uint64_t waker() override;
  std::int32_t http(const hg_http_request& request, std::uint64_t& id) override;
  std::int32_t http_answer(hg_http_answer& answer) override;

 private:
  void end_pause();
  bool may_write_headers(std::uint32_t message) const;
  bool may_write_body(std::uint32_t message) const;
  http::HeaderMap* headers_of(std::uint32_t message);
  // Where an answer that a callback records is kept: with the attempt that it is about.
  std::optional<RecordedAnswer>& recorded() {
    return attempt_ ? attempt_->recorded : request_.recorded;
  }
  JsonBody* json_of(std::uint32_t message);
  // Whether json_quote() made this very text last: it is JSON then, and where JSON must be.
  bool was_quoted(Text json) const {
    return !json.empty() && json.data() == quoted_.data() && json.size() == quoted_.size();
  }

  RequestContext& request_;
  AttemptContext* attempt_ = nullptr;
  Phase phase_ = Phase::none;
  Text quoted_;  // by json_quote(), the last time
  std::string answer_body_;
  std::vector<EmittedEvent> emitted_;
  std::size_t emitted_bytes_ = 0;
  std::size_t allocated_bytes_ = 0;
  Outstanding pause_;
  std::unique_ptr<SideCalls> side_calls_;
};

}  // namespace headgate::exchange
