// Plugins that do what an author may do wrong, for wrapper_test.cpp.

#include <headgate/plugin.hpp>

#include <stdexcept>
#include <string>

namespace {

int live = 0;  // contexts and instances that exist; a leak shows in the next create

class ProbeProvider final : public hg::Provider {
 public:
  static constexpr std::string_view kManifest =
      R"({"id":"probe.provider","kind":"provider","accepts":["openai.chat"],"schema":{}})";

  explicit ProbeProvider(const hg::Config& config) : mode_(config["mode"].text("")) {
    if (mode_ == "config-error") throw hg::ConfigError("/mode", "bad mode");
    if (mode_ == "exception") throw std::runtime_error("something else");
    if (mode_ == "not-an-exception") throw 7;
    if (mode_ == "faults") {
      config["a"].fault("first");
      config["b"]["c/d"].fault("second");
    }
    if (mode_ == "worker-fails") fail_worker_ = true;
    ++live;
  }
  ~ProbeProvider() { --live; }
  ProbeProvider(const ProbeProvider&) = delete;
  ProbeProvider& operator=(const ProbeProvider&) = delete;

  struct Worker {
    explicit Worker(const ProbeProvider& provider) {
      if (provider.fail_worker_) throw std::runtime_error("no worker");
    }
    int attempts = 0;
  };

  void target(hg::Target& out) const { out.host = "probe"; }

  class Attempt {
   public:
    Attempt(const ProbeProvider& provider, Worker& worker, hg::Call& call) : provider_(provider) {
      if (provider_.mode_ == "open-throws") throw std::runtime_error("open");
      number_ = ++worker.attempts;
      (void)call;
      ++live;
    }
    ~Attempt() { --live; }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    hg::Action build(hg::Call& call, const hg::Build&) {
      if (provider_.mode_ == "build-throws") throw std::runtime_error("build");
      if (provider_.mode_ == "denied") call.request().set_header("x", "y");
      if (provider_.mode_ == "invalid") {
        if (call.upstream().set_header("bad name", "y")) return hg::Action::stop;
        return hg::Action::proceed;
      }
      call.upstream().give_body("attempt " + std::to_string(number_) + ", live " +
                                std::to_string(live));
      return hg::Action::proceed;
    }
    hg::Action on_event(hg::Call& call, const hg::Event&, hg::EventFlags&) {
      if (provider_.mode_ == "build-throws") call.emit("never");
      return hg::Action::replaced;
    }
    void classify(hg::Call&, const hg::Failure&, hg::Verdict& verdict) {
      verdict.next = hg::Next::never;
      if (provider_.mode_ == "classify-throws") throw 7;
    }

   private:
    const ProbeProvider& provider_;
    int number_ = 0;
  };

 private:
  std::string mode_;
  bool fail_worker_ = false;
};

// Has no context: no open and no close either.
class ProbePolicy final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({"id":"probe.policy","kind":"policy"})";
  static constexpr std::uint32_t kNeeds = hg::kEndpoints;

  hg::Action on_request(hg::Call& call) const { return call.wait(std::chrono::seconds(1)); }
};

// Counts sizes of requests.
class ProbeMeter final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({"id":"probe.meter","kind":"policy"})";
  static constexpr std::uint32_t kNeeds = hg::kMetrics;

  explicit ProbeMeter(const hg::Config& config)
      : requests_(config, 0, {"a", "b"}), bytes_(config, 1) {}

  hg::Action on_request(hg::Call& call) const {
    requests_.add(2);
    bytes_.observe(static_cast<double>(call.request().body().size()));
    return hg::Action::proceed;
  }

 private:
  hg::Series requests_;
  hg::Series bytes_;
};

// Lets so many bytes of requests pass.
class ProbeLimiter final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({"id":"probe.limiter","kind":"policy"})";
  static constexpr std::uint32_t kNeeds = hg::kShared;

  explicit ProbeLimiter(const hg::Config& config)
      : seen_(config, "seen"),
        bytes_(config["capacity"], "bytes",
               {config["capacity"].count(10), 2, std::chrono::seconds(1)}) {}

  hg::Action on_request(hg::Call& call) const {
    const std::int64_t number = seen_.add();
    const auto taken = bytes_.take(call.request().body().size());
    if (taken) return hg::Action::proceed;
    const std::string wait = taken.wait ? std::to_string(taken.wait->count()) : "never";
    return call.respond_error(429, "limited", std::to_string(number) + " " + wait);
  }

 private:
  hg::SharedCounter seen_;
  hg::TokenBucket bytes_;
};

// Asks an upstream about each request.
class ProbeCaller final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({"id":"probe.caller","kind":"policy"})";
  static constexpr std::uint32_t kNeeds = hg::kHttp;

  hg::Action on_request(hg::Call& call) const {
    hg::HttpRequest ask("guard", "POST", "/check");
    ask.headers.push_back({"x-a", "b"});
    ask.body = call.request().body();
    ask.timeout = std::chrono::milliseconds(250);
    ask.answer_bytes_max = 4096;
    std::int32_t why = HG_OK;
    const auto id = call.http(ask, &why);
    if (why == HG_NOT_FOUND) return call.respond_error(500, "no_guard", "");
    return id == 1u ? hg::Action::pause : hg::Action::abort;
  }
  hg::Action on_response(hg::Call& call) const {
    return call.http(hg::HttpRequest("guard", "GET", "/")) ? hg::Action::pause
                                                           : hg::Action::proceed;
  }
  hg::Action on_async(hg::Call& call, std::uint32_t) const {
    const auto answer = call.http_answer();
    if (!answer) return call.respond_error(500, "no_answer", "");
    if (!answer->answered()) return call.respond_error(502, "not_answered", answer->error());
    if (answer->ok() && answer->header("X-Verdict") == "permit") return hg::Action::proceed;
    return call.respond(answer->status(), "text/plain", answer->body());
  }

  // Asks for news without a request, and is done when there are some.
  class Worker {
   public:
    hg::Action on_background(hg::Call& call, std::uint32_t reason) {
      if (reason == HG_ASYNC_DEADLINE) throw std::runtime_error("too late");
      if (reason == HG_ASYNC_WAKE) call.request().set_body("{}");
      if (reason != HG_ASYNC_HTTP)
        return call.http(hg::HttpRequest("guard", "GET", "/news")) ? hg::Action::pause
                                                                   : hg::Action::abort;
      return call.http_answer()->ok() ? hg::Action::proceed : call.wait(std::chrono::seconds(1));
    }
  };
};

class ProbeDialect final : public hg::Dialect {
 public:
  static constexpr std::string_view kManifest = R"({"id":"probe.dialect","kind":"dialect"})";
  struct Request {};
  hg::Action error(hg::Call&, const hg::ClientError&) const { return hg::Action::proceed; }
};

}  // namespace

HG_MODULE(ProbeProvider, ProbePolicy, ProbeMeter, ProbeLimiter, ProbeCaller, ProbeDialect)
