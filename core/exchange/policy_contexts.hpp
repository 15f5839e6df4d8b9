#pragma once
// The contexts of a backend's policies in one request: made when each is first called, all closed
// at the end. [worker]

#include "core/exchange/call.hpp"
#include "core/exchange/request_context.hpp"

namespace headgate::exchange {

// Opens the policy's context, if it is not open yet: HG_CONTINUE, or what the policy returned in
// its place. Then request.policies[use.slot] has it. REQUIRES: a phase was entered.
inline std::int32_t open_context(RequestContext& request, Call& call, const PolicyUse& use) {
  if (request.policies.empty()) request.policies.resize(request.backend->policies.size());
  RequestContext::PolicyContext& own = request.policies[use.slot];
  if (own.open || own.failed) return HG_CONTINUE;
  const auto worker = static_cast<std::uint32_t>(request.worker.worker.index());
  const std::int32_t result = use.instance->open(worker, call, own.context);
  own.open = result == HG_CONTINUE;
  return result;
}

inline void close_contexts(RequestContext& request, Call& call) {
  if (request.policies.empty()) return;
  call.enter(Phase::none, nullptr);
  for (const PolicyUse& use : request.backend->policies) {
    RequestContext::PolicyContext& own = request.policies[use.slot];
    if (own.open) use.instance->close(own.context);
    own.open = false;
  }
}

}  // namespace headgate::exchange
