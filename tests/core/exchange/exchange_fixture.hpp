#pragma once
// One worker of the gateway without its thread: real plugins and a configuration in YAML, clients
// in memory, upstreams on loopback, and a clock that stands still but for what the test moves.

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/cli/engine.hpp"
#include "core/exchange/client_connection.hpp"
#include "core/observe/access_log.hpp"
#include "tests/core/exchange/fake_upstream.hpp"
#include "tests/core/exchange/scripted_stream.hpp"
#include "tests/support/manual_clock.hpp"

namespace headgate::exchange {

// What a client got, taken apart.
struct Got {
  int status = 0;
  std::string head;  // with its empty line
  std::string body;  // without its chunks
  bool complete = false;

  std::string header(std::string_view lower_name) const;
};
Got read_answer(std::string_view bytes, bool head_request = false);

class ExchangeTest : public ::testing::Test {
 protected:
  ExchangeTest();
  ~ExchangeTest() override;

  // Serves this file from now on. `$A` and `$B` are the ports of the two upstreams.
  void load(const std::string& yaml);
  std::string faults_of(const std::string& yaml);
  // Two groups of one provider each, one and two, with keys of their own.
  static std::string two_groups(const std::string& policies = "{}");

  ScriptedPeer& connect();
  // Sends it over a connection of its own and returns all that came back.
  std::string ask(const std::string& request);
  Got ask_for(const std::string& request) { return read_answer(ask(request)); }

  // Turns the loop until `done` holds. The clock moves by a millisecond when nothing happens. Real
  // time only bounds a test that hangs.
  template <class Condition>
  void run_until(Condition done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) {
        FAIL() << "the test hangs";
      }
      turn();
    }
  }
  // Everything that can happen by itself has happened.
  void settle();
  void advance(std::chrono::nanoseconds by);

  std::int64_t in_flight() const;
  // One line per request that has ended, as JSON.
  std::vector<std::string> records();

  ManualClock clock;
  cli::Engine engine{clock, 1, {}};
  std::unique_ptr<net::Worker> worker;
  std::unique_ptr<upstream::Pool> pool;
  std::vector<std::string> log_lines;
  std::unique_ptr<observe::AccessLog> access_log;
  select::AttemptBudgets budgets;
  BodyBudget bodies{1u << 30};
  std::unique_ptr<WorkerContext> context;
  std::unique_ptr<FakeUpstream> a;
  std::unique_ptr<FakeUpstream> b;
  std::deque<ScriptedPeer> peers;

 private:
  void turn();
  BuiltSnapshot build(const std::string& yaml);
  void drop_snapshot();

  Snapshot* loaded_ = nullptr;  // owned by the context
};

// A chat request with this body, and the usual one.
std::string post(const std::string& body, const std::string& more_headers = {});
inline const std::string kChatBody = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
inline const std::string kStreamBody =
    R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true})";
// A whole answer of an upstream, and the events of a streamed one with and without usage.
inline const std::string kWhole =
    R"({"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"message":)"
    R"({"role":"assistant","content":"hello"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})";
inline const std::string kRole =
    R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})";
inline const std::string kWord =
    R"({"choices":[{"index":0,"delta":{"content":"hel"},"finish_reason":null}]})";
inline const std::string kWord2 =
    R"({"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]})";
inline const std::string kStop = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
inline const std::string kUsage =
    R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}})";

}  // namespace headgate::exchange
