// A moderation guard: asks upstreams about each request, and lets it pass when all of them permit
// it. For the tests of plugins' HTTP calls, here and in tests/e2e.
//
//   guard: {upstreams: "one,two", phase: attempt, timeout: 500, answerBytes: 100, onError: permit,
//           wait: 1000, asks: ...}
//
// An answer permits with a 2xx and the word "permit" in its body. What happened to each call, in
// order, is the attribute "guard". `asks` is for mistakes that a plugin can make.

#include <headgate/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

std::string_view name_of(hg::HttpResult result) {
  switch (result) {
    case hg::HttpResult::answered:
      return "answered";
    case hg::HttpResult::connect:
      return "connect";
    case hg::HttpResult::timeout:
      return "timeout";
    case hg::HttpResult::too_large:
      return "too_large";
    case hg::HttpResult::broken:
      return "broken";
  }
  return "unknown";
}

class Guard final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "test.policy.guard",
    "kind": "policy",
    "key": "guard",
    "version": "0.1.0",
    "summary": "Asks others whether a request may pass",
    "stage": "guard",
    "phases": ["request", "attempt", "response"],
    "body": "none",
    "levels": ["listener", "route", "backend"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "required": ["upstreams"],
      "properties": {
        "upstreams": {"type": "string"},
        "phase": {"enum": ["request", "attempt", "response"], "default": "request"},
        "method": {"type": "string", "default": "POST"},
        "timeout": {"type": "integer", "default": 0},
        "answerBytes": {"type": "integer", "default": 0},
        "onError": {"enum": ["refuse", "permit"], "default": "refuse"},
        "wait": {"type": "integer", "default": 0},
        "asks": {"type": "string", "default": ""}
      }
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kHttp;

  explicit Guard(const hg::Config& config)
      : upstreams_(config["upstreams"].text("")),
        phase_(config["phase"].text("request")),
        method_(config["method"].text("POST")),
        timeout_(static_cast<std::int64_t>(config["timeout"].count(0))),
        answer_bytes_(config["answerBytes"].count(0)),
        permits_on_error_(config["onError"].text("refuse") == "permit"),
        wait_(static_cast<std::int64_t>(config["wait"].count(0))),
        asks_(config["asks"].text("")) {}

  class Request {
   public:
    Request(const Guard& guard, hg::Call&) : guard_(guard) {}

    hg::Action on_request(hg::Call& call) { return begin(call, "request"); }
    hg::Action on_attempt(hg::Call& call) { return begin(call, "attempt"); }
    hg::Action on_response(hg::Call& call) { return begin(call, "response"); }

    hg::Action on_async(hg::Call& call, std::uint32_t reason) {
      const auto answer = call.http_answer();
      if (answer.has_value() != (reason == HG_ASYNC_HTTP)) return hg::Action::abort;
      if (!answer) {
        note(call, reason == HG_ASYNC_TIMER ? "timer" : "deadline");
        return reason == HG_ASYNC_TIMER && guard_.asks_ == "after the timer" ? hg::Action::pause
                                                                             : failed(call);
      }
      if (answer->id() == 0 || answer->id() == last_) return hg::Action::abort;
      last_ = answer->id();
      --outstanding_;
      if (!answer->answered()) {
        note(call, name_of(answer->result()));
        if (!answer->body().empty() || answer->status() != 0 || answer->error().empty()) {
          return hg::Action::abort;
        }
        return failed(call);
      }
      note(call, std::to_string(answer->status()));
      if (const auto header = answer->header("X-Verdict")) note(call, *header);
      if (!answer->ok() || answer->body().find("permit") == std::string_view::npos) {
        return call.respond_error(403, "refused_by_guard", answer->body());
      }
      if (guard_.asks_ == "twice" && again_++ == 0) return begin(call, guard_.phase_);
      if (guard_.asks_ == "and waits then") return call.wait(std::chrono::milliseconds(100));
      return outstanding_ > 0 ? hg::Action::pause : hg::Action::proceed;
    }

   private:
    hg::Action begin(hg::Call& call, std::string_view phase) {
      if (phase != guard_.phase_) return hg::Action::proceed;
      std::string_view rest = guard_.upstreams_;
      while (!rest.empty()) {
        const std::size_t end = rest.find(',');
        if (!ask(call, rest.substr(0, end))) return failed(call);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      }
      if (guard_.asks_ == "and goes on") return hg::Action::proceed;
      if (guard_.asks_ == "and stops") return call.respond(418, "text/plain", "not waited for");
      if (guard_.wait_.count() > 0) return call.wait(guard_.wait_);
      return hg::Action::pause;
    }

    bool ask(hg::Call& call, std::string_view upstream) {
      hg::HttpRequest about(upstream, guard_.method_, "/check?of=request");
      about.headers.push_back({"content-type", "application/json"});
      about.headers.push_back({"x-guard", "yes"});
      about.timeout = guard_.timeout_;
      about.answer_bytes_max = guard_.answer_bytes_;
      about.body = call.request().body();
      if (guard_.asks_ == "without a body") about.body = {};
      if (guard_.asks_ == "as somebody else") about.headers.push_back({"Host", "other"});
      if (guard_.asks_ == "with a length") about.headers.push_back({"content-length", "1"});
      if (guard_.asks_ == "hop by hop") about.headers.push_back({"Connection", "close"});
      if (guard_.asks_ == "with a bad name") about.headers.push_back({"a b", "x"});
      if (guard_.asks_ == "with a bad value") about.headers.push_back({"a", "x\r\nb: y"});
      if (guard_.asks_ == "at no path") about.target = "check";
      if (guard_.asks_ == "at a path with spaces") about.target = "/a b";
      std::int32_t why = HG_OK;
      if (call.http(about, &why)) {
        ++outstanding_;
        return true;
      }
      note(call, std::to_string(why));
      return false;
    }

    hg::Action failed(hg::Call& call) const {
      if (guard_.permits_on_error_) return hg::Action::proceed;
      return call.respond_error(502, "guard_failed", "the guard did not answer");
    }

    void note(hg::Call& call, std::string_view what) {
      if (!noted_.empty()) noted_ += ' ';
      noted_ += what;
      call.set_attribute("guard", call.quote(noted_));
    }

    const Guard& guard_;
    std::string noted_;
    std::uint64_t last_ = 0;
    int outstanding_ = 0;
    int again_ = 0;
  };

 private:
  std::string upstreams_;
  std::string phase_;
  std::string method_;
  std::chrono::milliseconds timeout_;
  std::size_t answer_bytes_;
  bool permits_on_error_;
  std::chrono::milliseconds wait_;
  std::string asks_;
};

}  // namespace

HG_MODULE(Guard)
