#pragma once
// A policy at one place of the configuration, and its callbacks. One that the plugin does not have
// changes nothing; a result that it may not return is HG_ABORT. The phases in the manifest say
// which are worth calling.

#include <optional>
#include <string>
#include <vector>

#include "core/plugin/instance.hpp"

namespace headgate::plugin {

// hg_probe, kept.
struct ProbeSettings {
  std::string method;
  std::string path;
  std::string body;           // empty: the path is asked
  std::vector<int> statuses;  // empty: any 2xx
  std::chrono::milliseconds interval{0};
  std::chrono::milliseconds timeout{0};
};

class PolicyInstance final : public Instance {
 public:
  // REQUIRES: spec.plugin is a policy. [main]
  PolicyInstance(const InstanceSpec& spec, void* made, std::uint32_t workers);

  const PolicyManifest& declares() const { return manifest().policy; }
  // Whether judge() is worth calling, as its manifest says of its configuration.
  bool judges() const { return judges_; }

  // How endpoints under this policy come back; nothing: by a client's request. What is out of its
  // bounds is bounded; a path that no request can have is as if there were nothing. [main]
  std::optional<ProbeSettings> probe() const;

  // All below [worker]. `context` is what open() gave.
  std::int32_t open(std::uint32_t worker, hg_call& call, void*& context) const {
    context = nullptr;
    if (!api().open) return HG_CONTINUE;
    const Running running(id_text(), "open", &call);
    return known(api().open(made(), state(worker), &call, &context), kGo);
  }
  std::int32_t on_request(void* context, hg_call& call) const {
    if (!api().on_request) return HG_CONTINUE;
    const Running running(id_text(), "on_request", &call);
    return known(api().on_request(made(), context, &call), kGo | allow(HG_STOP) | allow(HG_PAUSE));
  }
  std::int32_t on_attempt(void* context, hg_call& call) const {
    if (!api().on_attempt) return HG_CONTINUE;
    const Running running(id_text(), "on_attempt", &call);
    return known(api().on_attempt(made(), context, &call), kGo | allow(HG_PAUSE));
  }
  // HG_HEALTH_*, or something else: as it was.
  std::uint32_t judge(void* context, hg_call& call, const hg_outcome& outcome) const {
    if (!api().judge) return outcome.health;
    const Running running(id_text(), "judge", &call);
    return api().judge(made(), context, &call, &outcome);
  }
  void on_outcome(void* context, hg_call& call, const hg_outcome& outcome) const {
    if (!api().on_outcome) return;
    const Running running(id_text(), "on_outcome", &call);
    api().on_outcome(made(), context, &call, &outcome);
  }
  std::int32_t on_response(void* context, hg_call& call) const {
    if (!api().on_response) return HG_CONTINUE;
    const Running running(id_text(), "on_response", &call);
    return known(api().on_response(made(), context, &call), kGo | allow(HG_STOP));
  }
  std::int32_t on_event(void* context, hg_call& call, std::string_view data,
                        std::uint32_t flags) const {
    if (!api().on_event) return HG_CONTINUE;
    const hg_str bytes = str(data);
    const Running running(id_text(), "on_event", &call);
    return known(api().on_event(made(), context, &call, &bytes, flags), kGo | allow(HG_REPLACED));
  }
  void on_complete(void* context, hg_call& call, const hg_completion& completion) const {
    if (!api().on_complete) return;
    const Running running(id_text(), "on_complete", &call);
    api().on_complete(made(), context, &call, &completion);
  }
  // Stands for the paused on_request (which may also STOP) or on_attempt.
  std::int32_t on_async(void* context, hg_call& call, std::uint32_t reason) const {
    if (!api().on_async) return HG_ABORT;
    const Running running(id_text(), "on_async", &call);
    return known(api().on_async(made(), context, &call, reason),
                 kGo | allow(HG_STOP) | allow(HG_PAUSE));
  }
  void close(void* context) const {
    if (!api().close) return;
    const Running running(id_text(), "close", nullptr);
    api().close(made(), context);
  }

  // The value that one of the above returned as HG_ABORT last, because it may not; then forgotten.
  // Of the calling thread.
  static std::optional<std::int32_t> take_odd_result();

 private:
  static constexpr std::uint32_t kGo = allow(HG_CONTINUE) | allow(HG_ABORT);

  static std::int32_t known(std::int32_t result, std::uint32_t allowed) {
    const std::int32_t good = checked(result, allowed);
    return good == result ? good : odd_result(result);
  }
  static std::int32_t odd_result(std::int32_t result);

  const hg_policy_api& api() const { return plugin().policy; }

  bool judges_ = false;
};

}  // namespace headgate::plugin
