// An attempt that is nobody's request: the gateway asks for a path of the upstream's own, over the
// endpoint's connections and with its credential.

#include <headgate/provider.h>

#include <algorithm>

#include "core/exchange/attempt.hpp"

namespace headgate::exchange {
namespace {

bool is_wanted(const plugin::ProbeSettings& probe, int status) {
  if (probe.statuses.empty()) return status >= 200 && status <= 299;
  return std::find(probe.statuses.begin(), probe.statuses.end(), status) != probe.statuses.end();
}

}  // namespace

Attempt::MaybeFailure Attempt::build_path(const plugin::ProbeSettings& probe) {
  if (endpoint_.provider) {
    choose_credential();
    call_.enter(Phase::build, &context_);
    const auto worker = static_cast<std::uint32_t>(request_.worker.worker.index());
    context_.provider_open =
        endpoint_.provider->open(worker, call_, context_.provider_context) == HG_CONTINUE;
    if (!context_.provider_open) {
      return failure(FailureKind::refused, "plugin_error", "has a plugin that does not begin");
    }
  }
  request_.note_credential(context_.credential.value);
  context_.method = probe.method;
  context_.target = probe.path;
  return std::nullopt;
}

net::Task<AttemptEnd> Attempt::ask_path(const plugin::ProbeSettings& probe) {
  std::int32_t allowed = prepare();
  if (allowed == HG_PAUSE) allowed = co_await policies_.resume_attempt(context_);
  if (allowed != HG_CONTINUE) {
    co_return failed(FailureKind::refused, "policy_refused", "was refused by a policy");
  }
  MaybeFailure problem = build_path(probe);
  if (problem) co_return failed(std::move(*problem));
  std::int32_t is_signed = sign();
  if (is_signed == HG_PAUSE) is_signed = co_await resume_sign();
  if (is_signed != HG_CONTINUE) {
    co_return failed(FailureKind::refused, "not_signed", "could not be given its credential");
  }
  watch_.begin();
  problem = co_await send();
  if (problem) co_return failed(std::move(*problem));
  const int status = context_.head.status;
  const bool in_buffer = framing_.kind() == http::BodyKind::length;
  problem = co_await read_whole(kErrorBodyMax);
  if (problem) co_return failed(std::move(*problem));
  if (in_buffer && body_complete_) connection_->buffer().consume(context_.response_body.size());
  context_.response_body = {};
  if (is_wanted(probe, status)) co_return served();
  give_back_connection();
  Failure refused =
      failure(FailureKind::status, "upstream_status", "answered " + std::to_string(status));
  refused.status = status;
  co_return failed(std::move(refused));
}

}  // namespace headgate::exchange
