#pragma once
// Two providers, of which the first is late.

#include "tests/core/exchange/exchange_fixture.hpp"

namespace headgate::exchange {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SecondAttempt : public ExchangeTest {
 protected:
  SecondAttempt() { load(two_groups()); }

  static std::string three_groups(const std::string& policies) {
    return two_groups(policies) + R"(          - providers:
            - name: three
              provider: {openAI: {}}
              hostOverride: 127.0.0.1:$B
              backendAuth: {key: key-of-three}
)";
  }
  // With this on the second provider.
  static std::string second_with(const std::string& policy) {
    std::string yaml = two_groups();
    const std::string before = "backendAuth: {key: key-of-two}";
    return yaml.replace(yaml.find(before), before.size(), before + "\n              " + policy);
  }
  // What an upstream says when the test lets it, and not before.
  static Reply later(const std::string& bytes) { return Reply({"", bytes}, false); }
  static std::string words(const std::string& first) {
    return stream_of(sse({kRole, first, kStop, kUsage, "[DONE]"}));
  }

  ScriptedPeer& ask_slow(const std::string& body = kStreamBody) {
    ScriptedPeer& peer = connect();
    const std::size_t before = a->requests().size();
    peer.send(post(body));
    run_until([&] { return a->requests().size() == before + 1; });
    settle();
    return peer;
  }
  // Asks, and waits until both are asked.
  ScriptedPeer& ask_both(const std::string& body = kStreamBody, milliseconds limit = seconds(10)) {
    ScriptedPeer& peer = ask_slow(body);
    wait_for_second(limit);
    return peer;
  }
  void wait_for_second(milliseconds limit = seconds(10)) {
    const std::size_t before = b->requests().size();
    advance(limit + milliseconds(40));
    run_until([&] { return b->requests().size() == before + 1; });
    settle();
  }
  Got finished(ScriptedPeer& peer) {
    run_until([&] { return read_answer(peer.received()).complete; });
    settle();
    return read_answer(peer.received());
  }
  void expect_nothing_left() {
    EXPECT_EQ(in_flight(), 0);
    EXPECT_EQ(bodies.held(), 0u);
  }
  // The endpoint's usual time to the first token is known from so many streams. The first is
  // counted before the endpoint is known to have the model.
  void learn(milliseconds first_token, int streams = 22) {
    for (int i = 0; i < streams; ++i) {
      a->forget();
      a->says(later(words(kWord)));
      ScriptedPeer& peer = ask_slow();
      advance(first_token);
      a->go_on();
      finished(peer);
    }
    a->forget();
    advance(milliseconds(500));  // what was worked out before is not used any more
  }
};

}  // namespace headgate::exchange
