// A token that is fetched and kept fresh without any request, and put on each answer. For the tests
// of work in the background, here and in tests/e2e.
//
//   token: {upstream: tokens, every: 1000, firstTime: throw}
//
// `firstTime` is what the work does when it is begun for the first time on a worker.

#include <headgate/async.h>
#include <headgate/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

class Token final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "test.policy.token",
    "kind": "policy",
    "key": "token",
    "version": "0.1.0",
    "summary": "Puts a token on each answer",
    "stage": "transform",
    "phases": ["response"],
    "body": "none",
    "levels": ["listener", "route", "backend"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "required": ["upstream"],
      "properties": {
        "upstream": {"type": "string"},
        "every": {"type": "integer", "default": 1000},
        "firstTime": {"enum": ["fetch", "throw", "wait for nothing", "ask for memory", "wake"],
                      "default": "fetch"}
      }
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kHttp;

  explicit Token(const hg::Config& config)
      : upstream_(config["upstream"].text("")),
        every_(static_cast<std::int64_t>(config["every"].count(1000))),
        first_time_(config["firstTime"].text("fetch")) {}

  class Worker {
   public:
    Worker(const Token& token, std::uint32_t) : token_(token), first_time_(token.first_time_) {}

    // Asks for the token, keeps it, and asks again after a while.
    hg::Action on_background(hg::Call& call, std::uint32_t reason) {
      if (reason == HG_ASYNC_HTTP) {
        const auto answer = call.http_answer();
        if (answer && answer->ok()) text_ = answer->body();
        return call.wait(token_.every_);
      }
      if (first_time_ != "fetch") return otherwise(call);
      const bool first = reason == HG_ASYNC_BEGIN;
      const hg::HttpRequest ask{token_.upstream_, "POST", first ? "/token/first" : "/token"};
      return call.http(ask) ? hg::Action::pause : hg::Action::abort;
    }

    const std::string& text() const { return text_; }

   private:
    hg::Action otherwise(hg::Call& call) {
      const std::string what = std::exchange(first_time_, "fetch");
      if (what == "throw") throw std::runtime_error("no token today");
      if (what == "ask for memory") call.keep("a text");
      if (what == "wake") hg::host().async->wake(hg::host().raw, waker(call));
      return hg::Action::pause;
    }
    static std::uint64_t waker(hg::Call& call) { return hg::host().async->waker(call.raw()); }

    const Token& token_;
    std::string first_time_;
    std::string text_;
  };

  class Request {
   public:
    Request(const Token&, Worker& worker, hg::Call&) : worker_(worker) {}

    hg::Action on_response(hg::Call& call) {
      call.response().set_header("x-token", worker_.text());
      return hg::Action::proceed;
    }

   private:
    const Worker& worker_;
  };

 private:
  std::string upstream_;
  std::chrono::milliseconds every_;
  std::string first_time_;
};

}  // namespace

HG_MODULE(Token)
