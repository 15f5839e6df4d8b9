// A policy that does what a test wrote down, in each phase; loaded through the ABI like any other.
//
//   scripted: {request: pause-stop, attempt: proceed, response: ..., event: ..., wait: 1000}
//   scriptedAttempt: {attempt: abort}      at a provider
//
// A pause lasts `wait` milliseconds; what stands behind the dash is done after it.

#include <headgate/async.h>
#include <headgate/plugin.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

// Goes on until the stack is used up.
std::string deeper(std::uint64_t depth) {
  if (depth == 0) return "0";
  std::array<char, 1024> room;
  room.fill(static_cast<char>('a' + depth % 7));
  return deeper(depth + 1).append(room.data(), room.size());
}

class Scripted : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "test.policy.scripted",
    "kind": "policy",
    "key": "scripted",
    "version": "0.1.0",
    "summary": "Does what a test wrote down",
    "stage": "transform",
    "phases": ["request", "attempt", "response", "event"],
    "body": "none",
    "dryRun": true,
    "levels": ["listener", "route", "backend"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "request": {"type": "string"},
        "attempt": {"type": "string"},
        "response": {"type": "string"},
        "event": {"type": "string"},
        "wait": {"type": "integer", "default": 1000}
      }
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kAsync;

  explicit Scripted(const hg::Config& config)
      : request_(config["request"].text("proceed")),
        attempt_(config["attempt"].text("proceed")),
        response_(config["response"].text("proceed")),
        event_(config["event"].text("proceed")),
        wait_(static_cast<std::int64_t>(config["wait"].count(1000))) {}

  class Request {
   public:
    Request(const Scripted& scripted, hg::Call&) : scripted_(scripted) {}

    hg::Action on_request(hg::Call& call) { return act(call, scripted_.request_); }
    hg::Action on_attempt(hg::Call& call) { return act(call, scripted_.attempt_); }
    hg::Action on_response(hg::Call& call) { return act(call, scripted_.response_); }
    hg::Action on_event(hg::Call& call, std::string_view data, hg::EventFlags) {
      if (scripted_.event_ == "count") {
        call.emit(R"({"seen":)" + std::to_string(++seen_) + "}");
        return hg::Action::replaced;
      }
      const bool meant = data.find("\"hel\"") != std::string_view::npos;
      if (meant && scripted_.event_ == "drop") return hg::Action::replaced;
      if (meant && scripted_.event_ == "double") {
        call.emit(data);
        call.emit(data);
        return hg::Action::replaced;
      }
      return meant ? act(call, scripted_.event_) : hg::Action::proceed;
    }
    hg::Action on_async(hg::Call& call, std::uint32_t reason) {
      const std::string_view words = reason == HG_ASYNC_TIMER      ? "\"timer\""
                                     : reason == HG_ASYNC_DEADLINE ? "\"deadline\""
                                                                   : "\"wake\"";
      call.set_attribute("scripted.resumed", words);
      return act(call, after_);
    }

   private:
    hg::Action act(hg::Call& call, std::string_view what) {
      if (what.substr(0, 5) == "pause") {
        after_ = what.size() > 6 ? what.substr(6) : std::string_view("proceed");
        return call.wait(scripted_.wait_);
      }
      if (what == "stop") return call.respond(418, "text/plain", "from the policy");
      if (what == "stop with an error") return call.respond_error(422, "not_liked", "no");
      if (what == "stop with an error of a member")
        return call.respond_error(422, "not_liked", "no", "messages[0].content");
      if (what == "stop without an answer") return hg::Action::stop;
      if (what == "record and proceed") {
        call.respond(418, "text/plain", "from the policy");
        return hg::Action::proceed;
      }
      if (what == "attributes") {
        call.set_attribute("scripted.object", " {\n \"a\": [1,\t2], \"b\": \"c d\"}\r\n");
        call.set_attribute("scripted.text", R"("said \"so\"\n\u00e9")");
        call.set_attribute("scripted.number", "-4.5");
        for (const std::string_view bad :
             {"", "{\"a\": tru}", "\"\xff\"", "[1,]", "\"a\nb\"", "+1", "{} {}"}) {
          call.set_attribute("scripted.bad", bad);
        }
      }
      if (what == "a bad result") return static_cast<hg::Action>(9);
      if (what == "abort") return hg::Action::abort;
      if (what == "throw") throw std::runtime_error("on purpose");
      if (what == "crash") std::abort();
      if (what == "use up the stack") call.set_attribute("scripted.depth", deeper(1));
      if (what == "wait and proceed") {
        call.wait(scripted_.wait_);
        return hg::Action::proceed;
      }
      if (what == "a pause without an end") return hg::Action::pause;
      if (what == "another model") call.request().set_model("another");
      if (what == "another model of a stream") {
        call.request().set_json("/stream", "true");
        call.request().set_model("another");
      }
      if (what == "a stream of another model") {
        call.request().set_model("another");
        call.request().set_json("/stream", "true");
      }
      if (what == "a model with escapes") call.request().set_model("an\"other\xff!");
      if (what == "another model as text") call.request().set_text("/model", "another");
      if (what == "a stream") call.request().set_json("/stream", "true");
      if (what == "fewer tokens") call.request().set_json("/max_tokens", "7");
      if (what == "broken body") call.request().set_body("{not json");
      if (what == "bad stream") call.request().set_json("/stream", "7");
      return hg::Action::proceed;
    }

    const Scripted& scripted_;
    std::string_view after_;
    int seen_ = 0;
  };

 private:
  std::string request_;
  std::string attempt_;
  std::string response_;
  std::string event_;
  std::chrono::milliseconds wait_;
};

class ScriptedAttempt final : public Scripted {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "test.policy.scripted-attempt",
    "kind": "policy",
    "key": "scriptedAttempt",
    "version": "0.1.0",
    "summary": "Does what a test wrote down with the attempts at one provider",
    "stage": "transform",
    "phases": ["attempt"],
    "body": "none",
    "levels": ["provider"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {"attempt": {"type": "string"}}
    }
  })";

  using Scripted::Scripted;
};

}  // namespace

HG_MODULE(Scripted, ScriptedAttempt)
