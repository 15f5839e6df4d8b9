#pragma once
// A request in memory: hg_call as a test sees it. The test fills in the messages, runs callbacks
// through fake_host.hpp and looks at what the plugin wrote.
//
// It is stricter than the gateway where that finds mistakes: every view that a plugin takes is a
// block of its own that is overwritten and freed when the callback returns (so that a kept view is
// found, at once under AddressSanitizer), and what a phase may not write is refused.

#include <headgate/dialect.h>
#include <headgate/policy.h>
#include <headgate/provider.h>
#include <headgate/call.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hg::testing {

struct FakeMessage {
  std::string method;
  std::string target;
  std::uint32_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first header of that name, without case; empty when there is none.
  std::string header(std::string_view name) const;
};

struct Emitted {
  std::string type;
  std::string data;
};

struct Answer {
  std::uint32_t status = 0;
  std::string code;          // of respond_error
  std::string message;       // of respond_error
  std::string member;        // likewise
  std::string content_type;  // of respond
  std::string body;          // of respond
};

struct FakeCredential {
  std::uint32_t kind = HG_CREDENTIAL_NONE;
  std::string value;
  std::uint32_t place = HG_PLACE_DEFAULT;
  std::string name;
  std::string prefix;
};

// An HTTP call that a plugin made, and what the test says that it ends with.
struct FakeHttpRequest {
  std::string upstream;
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::uint64_t timeout = 0;
  std::uint64_t answer_bytes_max = 0;
};
struct FakeHttpAnswer {
  std::uint32_t result = HG_HTTP_ANSWERED;
  std::uint64_t id = 1;
  std::uint32_t status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string error;
};

// Which callback runs, for what it may write.
enum class Phase {
  none,
  open,
  request,
  attempt,
  response,
  event,
  outcome,
  complete,
  build,
  sign,
  head,
  body,
  end,
  classify,
  to_neutral,
  from_neutral_body,
  error,
  answer,
  background
};

}  // namespace hg::testing

struct hg_call {
  using FakeMessage = hg::testing::FakeMessage;

  // A POST of `body` to /v1/chat/completions.
  explicit hg_call(std::string_view body = "{}");
  hg_call(const hg_call&) = delete;
  hg_call& operator=(const hg_call&) = delete;
  ~hg_call();

  FakeMessage& request() { return messages[HG_REQUEST]; }
  FakeMessage& upstream() { return messages[HG_UPSTREAM]; }
  FakeMessage& response() { return messages[HG_RESPONSE]; }

  // What is read and written through the tables.
  std::array<FakeMessage, 3> messages;
  std::map<std::string, std::string> attributes;
  std::vector<hg::testing::Emitted> emitted;
  std::optional<hg::testing::Answer> answer;
  std::optional<hg::testing::FakeCredential> credential;    // that a policy set
  std::optional<hg::testing::FakeCredential> placed;        // that a provider placed
  std::optional<std::string> consumed;                      // header of consume()
  std::vector<std::pair<std::string, std::string>> models;  // model and owner, for model_at
  hg::Usage usage;                                          // known fields of all reports
  std::string dialect = "openai.chat";
  std::string operation = "chat";
  std::string path_model;  // where the model is not in the body
  std::uint64_t timer_ms = 0;
  std::vector<hg::testing::FakeHttpRequest> http_requests;
  std::int32_t http_code = HG_OK;                          // that http() returns
  std::optional<hg::testing::FakeHttpAnswer> http_answer;  // for on_async(HG_ASYNC_HTTP)

  // Bytes that allocate() may still give.
  std::size_t memory_left = 256 * 1024;
  // Host calls of any kind; the one of this number (counted from 1) returns HG_LIMIT instead of
  // doing its work. 0: none does.
  std::size_t fail_at = 0;
  std::size_t host_calls = 0;

  // For the drivers: a callback begins, and ends with its views dying.
  void begin(hg::testing::Phase phase);
  void finish();

  // For the tables.
  hg_str lend(std::string_view bytes);  // a view for the plugin, dead after finish()
  bool may_write(std::uint32_t message, bool body_too) const;
  std::int32_t enter(std::int32_t otherwise = HG_OK);
  std::string client_model() const;

  hg::testing::Phase phase = hg::testing::Phase::none;

 private:
  friend struct FakeTables;

  std::vector<std::pair<std::unique_ptr<char[]>, std::size_t>> lent_;
  std::vector<std::unique_ptr<char[]>> memory_;
  std::string first_model_;
};
