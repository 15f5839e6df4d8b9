#pragma once
// A dialect, of which there is one instance, and its callbacks. One that the plugin does not have
// changes nothing (the body is neutral already); a result that it may not return is HG_ABORT.

#include "core/plugin/instance.hpp"

namespace headgate::plugin {

class DialectInstance final : public Instance {
 public:
  // REQUIRES: spec.plugin is a dialect. [main]
  DialectInstance(const InstanceSpec& spec, void* made, std::uint32_t workers)
      : Instance(spec, made, workers) {}

  const DialectManifest& declares() const { return manifest().dialect; }

  // All below [worker]. `context` is what open() gave.
  std::int32_t open(std::uint32_t worker, hg_call& call, void*& context) const {
    context = nullptr;
    if (!api().open) return HG_CONTINUE;
    const Running running(id_text(), "open", &call);
    return checked(api().open(made(), state(worker), &call, &context), kGo);
  }
  std::int32_t to_neutral(void* context, hg_call& call) const {
    if (!api().to_neutral) return HG_CONTINUE;
    const Running running(id_text(), "to_neutral", &call);
    return checked(api().to_neutral(made(), context, &call), kGo | allow(HG_STOP));
  }
  std::int32_t from_neutral_body(void* context, hg_call& call, std::string_view body) const {
    if (!api().from_neutral_body) return HG_CONTINUE;
    const Running running(id_text(), "from_neutral_body", &call);
    return checked(api().from_neutral_body(made(), context, &call, str(body)), kGo);
  }
  std::int32_t from_neutral_event(void* context, hg_call& call, std::string_view data,
                                  std::uint32_t flags) const {
    if (!api().from_neutral_event) return HG_CONTINUE;
    const Running running(id_text(), "from_neutral_event", &call);
    return checked(api().from_neutral_event(made(), context, &call, str(data), flags),
                   kGo | allow(HG_REPLACED));
  }
  // `context` may be nullptr: a request can fail before open().
  std::int32_t error(void* context, hg_call& call, const hg_client_error& error) const {
    const Running running(id_text(), "error", &call);
    return checked(api().error(made(), context, &call, &error), kGo);
  }
  std::int32_t answer(void* context, hg_call& call) const {
    if (!api().answer) return HG_ABORT;
    const Running running(id_text(), "answer", &call);
    return checked(api().answer(made(), context, &call), kGo | allow(HG_STOP));
  }
  // One that does not say so is not.
  std::int32_t repeatable(void* context, hg_call& call) const {
    if (!api().repeatable) return HG_STOP;
    const Running running(id_text(), "repeatable", &call);
    return checked(api().repeatable(made(), context, &call), kGo | allow(HG_STOP));
  }

  // Whether it can tell what must be known to go on with a stream that broke off.
  bool joins() const { return api().continuable && api().said && api().prefill && api().join; }
  // These four REQUIRE joins().
  std::int32_t continuable(hg_call& call) const {
    const Running running(id_text(), "continuable", &call);
    return checked(api().continuable(made(), &call), kGo | allow(HG_STOP));
  }
  std::int32_t said(hg_call& call, std::string_view data) const {
    const Running running(id_text(), "said", &call);
    return checked(api().said(made(), &call, str(data)), kGo | allow(HG_STOP));
  }
  std::int32_t prefill(hg_call& call, const hg_prefill& in) const {
    const Running running(id_text(), "prefill", &call);
    return checked(api().prefill(made(), &call, &in), kGo);
  }
  std::int32_t join(hg_call& call, const hg_joined& in) const {
    const Running running(id_text(), "join", &call);
    return checked(api().join(made(), &call, &in), kGo | allow(HG_REPLACED));
  }

  void close(void* context) const {
    if (!api().close) return;
    const Running running(id_text(), "close", nullptr);
    api().close(made(), context);
  }

 private:
  static constexpr std::uint32_t kGo = allow(HG_CONTINUE) | allow(HG_ABORT);

  const hg_dialect_api& api() const { return plugin().dialect; }
};

}  // namespace headgate::plugin
