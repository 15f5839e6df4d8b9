#pragma once
// A configured provider: where it sends requests, and its callbacks. A callback that the plugin
// does not have does what provider.h says of NULL; a result that it may not return is HG_ABORT.

#include <headgate/endpoints.h>

#include <string>

#include "core/plugin/instance.hpp"
#include "core/plugin/pass_through.hpp"

namespace headgate::plugin {

class ProviderInstance final : public Instance {
 public:
  // hg_target, kept.
  struct Target {
    std::string host;
    std::uint16_t port = 0;  // never 0 once made
    bool tls = false;
    bool host_required = false;  // the user must say where
    std::string base_path;
    std::string model;  // empty: the client's
  };

  // REQUIRES: spec.plugin is a provider. [main]
  ProviderInstance(const InstanceSpec& spec, void* made, std::uint32_t workers);

  // What the plugin's target() says is wrong with it, or nothing. [main]
  std::vector<PluginFault> check_target() const;

  const ProviderManifest& declares() const { return manifest().provider; }
  const Target& target() const { return target_; }
  // The paths that are forwarded untouched.
  const PassThrough& pass_through() const { return pass_through_; }
  // Of these paths, those about things that the provider has stored.
  const PassThrough& stored_paths() const { return stored_paths_; }

  // All below [worker]. `attempt` is what open() gave.
  std::int32_t open(std::uint32_t worker, hg_call& call, void*& attempt) const {
    attempt = nullptr;
    if (!api().open) return HG_CONTINUE;
    const Running running(id_text(), "open", &call);
    return checked(api().open(made(), state(worker), &call, &attempt), kGo);
  }
  std::int32_t build(void* attempt, hg_call& call, const hg_build& in) const {
    const Running running(id_text(), "build", &call);
    return checked(api().build(made(), attempt, &call, &in), kGo);
  }
  std::int32_t sign(void* attempt, hg_call& call, const hg_credential& credential) const {
    if (!api().sign) return call.credential_place(credential) == HG_OK ? HG_CONTINUE : HG_ABORT;
    const Running running(id_text(), "sign", &call);
    return checked(api().sign(made(), attempt, &call, &credential), kGo | allow(HG_PAUSE));
  }
  std::int32_t on_head(void* attempt, hg_call& call, const hg_head& head, hg_plan& plan) const {
    if (!api().on_head) return HG_CONTINUE;
    const Running running(id_text(), "on_head", &call);
    const std::int32_t result = checked(api().on_head(made(), attempt, &call, &head, &plan), kGo);
    return good(plan) ? result : HG_ABORT;
  }
  std::int32_t on_body(void* attempt, hg_call& call, std::string_view body) const {
    if (!api().on_body) return HG_CONTINUE;
    const Running running(id_text(), "on_body", &call);
    return checked(api().on_body(made(), attempt, &call, str(body)), kGo | allow(HG_REPLACED));
  }
  bool reads_tails() const { return api().on_tail != nullptr; }
  void on_tail(void* attempt, hg_call& call, std::string_view tail) const {
    if (!api().on_tail) return;
    const Running running(id_text(), "on_tail", &call);
    api().on_tail(made(), attempt, &call, str(tail));
  }
  // Whether the plugin looks at events, so that it will say when an answer is complete.
  bool reads_events() const { return api().on_event != nullptr; }
  // Without on_event every event counts as meaningful: it is part of an answer that nobody reads.
  std::int32_t on_event(void* attempt, hg_call& call, const hg_event& event,
                        std::uint32_t& flags) const {
    flags = HG_EVENT_MEANINGFUL;
    if (!api().on_event) return HG_CONTINUE;
    flags = 0;
    const Running running(id_text(), "on_event", &call);
    return checked(api().on_event(made(), attempt, &call, &event, &flags),
                   kGo | allow(HG_REPLACED));
  }
  std::int32_t on_end(void* attempt, hg_call& call, std::uint32_t reason,
                      std::uint32_t& flags) const {
    flags = 0;
    if (!api().on_end) return HG_CONTINUE;
    const Running running(id_text(), "on_end", &call);
    return checked(api().on_end(made(), attempt, &call, reason, &flags), kGo | allow(HG_REPLACED));
  }
  std::int32_t on_async(void* attempt, hg_call& call, std::uint32_t reason) const {
    if (!api().on_async) return HG_ABORT;
    const Running running(id_text(), "on_async", &call);
    return checked(api().on_async(made(), attempt, &call, reason), kGo | allow(HG_PAUSE));
  }
  // `verdict` comes filled with what the status suggests, and goes with known values only.
  void classify(void* attempt, hg_call& call, const hg_failure& failure,
                hg_verdict& verdict) const {
    if (!api().classify) return;
    const Running running(id_text(), "classify", &call);
    api().classify(made(), attempt, &call, &failure, &verdict);
    if (verdict.next > HG_NEXT_NEVER) verdict.next = HG_NEXT_ELSEWHERE;
    if (verdict.health > HG_HEALTH_SUCCESS) verdict.health = HG_HEALTH_NEUTRAL;
    if (verdict.scope > HG_SCOPE_KEY_MODEL) verdict.scope = HG_SCOPE_ENDPOINT;
  }
  bool prefills(hg_call& call, const hg_build& in) const {
    if (!api().prefills) return false;
    const Running running(id_text(), "prefills", &call);
    return api().prefills(made(), &call, &in) == HG_CONTINUE;
  }
  void close(void* attempt) const {
    if (!api().close) return;
    const Running running(id_text(), "close", nullptr);
    api().close(made(), attempt);
  }

 private:
  static constexpr std::uint32_t kGo = allow(HG_CONTINUE) | allow(HG_ABORT);
  static constexpr std::uint32_t kLiteralsMax = 4;

  static bool good(const hg_plan& plan) {
    return plan.framing <= HG_FRAMING_RAW && plan.literal_count <= kLiteralsMax &&
           (plan.literal_count == 0 || plan.literals != nullptr);
  }

  const hg_provider_api& api() const { return plugin().provider; }

  Target target_;
  std::uint32_t declared_port_ = 0;
  PassThrough pass_through_;
  PassThrough stored_paths_;
};

}  // namespace headgate::plugin
