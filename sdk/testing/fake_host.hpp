#pragma once
// A gateway in memory: loads a plugin library as the gateway does, makes instances and runs their
// callbacks over a hg_call of fake_call.hpp. For unit tests of plugins, with any test framework.
//
//   hg::testing::FakeHost host;
//   host.load("acme.so");
//   hg::testing::Instance acme(host, "org.acme.provider", R"({"model": "rocket"})");
//   hg_call call(R"({"messages": []})");
//   hg::testing::ProviderRun run(acme, call);
//   run.build();
//   call.upstream().target;  // "/v1/launch"

#include <headgate/abi.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fake_call.hpp"

namespace hg::testing {

struct ConfigFault {
  std::string pointer;
  std::string message;
};
struct LogLine {
  std::uint32_t level = 0;
  std::string text;
};
struct Evicted {
  std::uint64_t endpoint = 0;
  std::uint32_t scope = 0;
  std::uint64_t milliseconds = 0;
  std::uint32_t max_percent = 0;
  std::uint32_t cause = 0;
  double restore_health = -1;
};

// A series that a plugin asked for, and what it added.
struct FakeSeries {
  std::uint32_t metric = 0;  // its place in the manifest's list
  std::vector<std::string> values;
  std::int64_t added = 0;
  std::vector<double> observed;
};

// A counter or a token bucket that a plugin asked for.
struct FakeShared {
  std::string name;
  bool bucket = false;
  std::int64_t value = 0;  // of a bucket: the tokens in it
  std::uint64_t capacity = 0;
  std::uint64_t token_ms = 0;  // until one comes back
};

class FakeHost {
 public:
  FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost();

  // Loads a library. False when it refuses this host or is not a plugin library; why() says it.
  bool load(const std::string& path);
  const std::string& why() const { return why_; }

  // The loaded plugin of that id; throws std::runtime_error when there is none.
  const hg_plugin& plugin(std::string_view id) const;
  std::vector<std::string> ids() const;  // of all that was loaded
  const hg_host* raw() const;
  // The one that a plugin was given.
  static FakeHost& behind(const hg_host* host);

  std::set<std::string> missing;  // extensions that this host does not offer
  std::uint32_t abi_minor = HG_ABI_MINOR;

  std::vector<LogLine> log;
  std::vector<ConfigFault> faults;  // of all creates so far
  std::vector<Evicted> evictions;
  std::vector<std::uint64_t> restored;
  std::int32_t evict_result = HG_OK;
  std::vector<FakeSeries> series;  // whatever the manifest says; the id is the place and 1
  std::vector<FakeShared> shared;
  std::size_t shared_max = 256;
  bool without_causes = false;  // as a gateway of before evict_for()
  bool without_http = false;    // as a gateway of before http()

 private:
  struct Raw;
  friend struct Raw;

  std::unique_ptr<Raw> raw_;
  std::vector<void*> libraries_;
  std::vector<const hg_plugin*> plugins_;
  std::string why_;
};

// One configured use of a plugin, with the state of one worker.
class Instance {
 public:
  // ok() is false when create or worker_create failed; host.faults says why.
  Instance(FakeHost& host, std::string_view id, std::string_view config = "{}");
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  bool ok() const { return ok_; }
  const hg_plugin& plugin() const { return plugin_; }
  void* get() const { return instance_; }
  void* worker() const { return worker_; }
  std::string manifest(std::string_view pointer) const;  // JSON text of a part of the manifest

  // What worker 0 does without a request. REQUIRES: the plugin has on_background.
  std::int32_t on_background(hg_call& call, std::uint32_t reason);

 private:
  const hg_plugin& plugin_;
  void* instance_ = nullptr;
  void* worker_ = nullptr;
  bool ok_ = false;
};

// What an event callback did.
struct EventResult {
  std::int32_t action = HG_ABORT;
  std::uint32_t flags = 0;
  std::vector<Emitted> emitted;
};

// One attempt at a provider: open in the constructor, close in the destructor.
class ProviderRun {
 public:
  ProviderRun(Instance& instance, hg_call& call);
  ProviderRun(const ProviderRun&) = delete;
  ProviderRun& operator=(const ProviderRun&) = delete;
  ~ProviderRun();

  hg_target target() const;
  // What the gateway would pass: the model of the target or the request, stream as the request
  // says, neutral if the manifest does not accept the request's dialect.
  std::int32_t build(bool prefill = false);
  std::int32_t build(const hg_build& in);
  // Whether it goes on from a prefill; asked as build() would be.
  bool prefills();
  std::int32_t sign(const FakeCredential& credential);
  std::int32_t on_head(std::uint32_t status = 200, std::string_view content_type = {});
  std::int32_t on_body(std::string_view body);
  // REQUIRES: it has one.
  void on_tail(std::string_view tail);
  EventResult on_event(std::string_view data, bool committed = false, std::string_view type = {});
  EventResult on_end(std::uint32_t reason = HG_END_COMPLETE);
  // `suggested` is what the status alone says; by default: elsewhere, a failure of the endpoint.
  struct Verdict {
    std::uint32_t next = HG_NEXT_ELSEWHERE;
    std::uint32_t exclude = 0;
    std::uint32_t health = HG_HEALTH_FAILURE;
    std::uint32_t scope = HG_SCOPE_NONE;
    std::uint32_t status = 502;
    std::optional<std::uint64_t> retry_after;
    std::string code;
    std::string message;
  };
  Verdict classify(std::uint32_t kind, std::uint32_t status, std::string_view body,
                   std::optional<std::uint64_t> retry_after = {});

  // Whether an event would be shown after the commit, by the plan's literals.
  bool shows(std::string_view data) const;

  hg_plan plan{};
  std::int32_t opened = HG_ABORT;
  bool own_host = true;  // no hostOverride is configured

 private:
  const hg_provider_api& api() const;
  hg_build usual_build(const hg_target& where, std::string& model) const;

  Instance& instance_;
  hg_call& call_;
  void* attempt_ = nullptr;
};

// One request at a policy.
class PolicyRun {
 public:
  PolicyRun(Instance& instance, hg_call& call);
  PolicyRun(const PolicyRun&) = delete;
  PolicyRun& operator=(const PolicyRun&) = delete;
  ~PolicyRun();

  std::int32_t on_request();
  std::int32_t on_attempt();
  std::uint32_t judge(const hg_outcome& outcome);
  void on_outcome(const hg_outcome& outcome);
  std::int32_t on_response();
  EventResult on_event(std::string_view data, std::uint32_t flags);
  void on_complete(const hg_completion& completion);
  std::int32_t on_async(std::uint32_t reason);

  std::int32_t opened = HG_ABORT;

 private:
  const hg_policy_api& api() const;

  Instance& instance_;
  hg_call& call_;
  void* context_ = nullptr;
};

// One request at a dialect.
class DialectRun {
 public:
  DialectRun(Instance& instance, hg_call& call);
  DialectRun(const DialectRun&) = delete;
  DialectRun& operator=(const DialectRun&) = delete;
  ~DialectRun();

  std::int32_t to_neutral();
  std::int32_t from_neutral_body(std::string_view body);
  EventResult from_neutral_event(std::string_view data, std::uint32_t flags);
  // Without open when `early`.
  std::int32_t error(std::uint32_t status, std::string_view code, std::string_view message,
                     bool event = false, bool early = false);
  std::int32_t answer();
  std::int32_t repeatable();

  // For streams that broke off. `text` of join(): in place of the event's own.
  std::int32_t continuable();
  EventResult said(std::string_view data);
  std::int32_t prefill(std::string_view text, std::uint64_t tokens = 0);
  EventResult join(std::string_view data, std::string_view first,
                   const std::optional<std::string>& text = {}, const hg_usage* usage = nullptr);

  std::uint64_t text_before = 0;  // of join()
  bool other_first = false;
  std::int32_t opened = HG_ABORT;

 private:
  const hg_dialect_api& api() const;

  Instance& instance_;
  hg_call& call_;
  void* context_ = nullptr;
};

}  // namespace hg::testing
