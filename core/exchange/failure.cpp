#include "core/exchange/failure.hpp"

#include <headgate/endpoints.h>

namespace headgate::exchange {
namespace {

Verdict verdict(Next next, Health health, std::uint32_t scope, int status) {
  Verdict made;
  made.next = next;
  made.health = health;
  made.scope = scope;
  made.status = status;
  return made;
}

// 500 and 502 pass by themselves; 503, 504 and 529 say that the endpoint has too much to do.
Verdict of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return verdict(Next::elsewhere, Health::failure, HG_SCOPE_KEY, 502);
    case 408:
      return verdict(Next::elsewhere, Health::failure, HG_SCOPE_NONE, 504);
    case 429:
      return verdict(Next::wait, Health::failure, HG_SCOPE_KEY_MODEL, 429);
    case 500:
    case 502:
      return verdict(Next::here, Health::failure, HG_SCOPE_NONE, 502);
    case 504:
      return verdict(Next::elsewhere, Health::failure, HG_SCOPE_ENDPOINT, 504);
    default:
      break;
  }
  if (status >= 500) return verdict(Next::elsewhere, Health::failure, HG_SCOPE_ENDPOINT, 503);
  if (status >= 400) return verdict(Next::never, Health::neutral, HG_SCOPE_NONE, status);
  // A redirect or something stranger: no answer to an API call.
  return verdict(Next::elsewhere, Health::failure, HG_SCOPE_NONE, 502);
}

}  // namespace

Verdict default_verdict(const Failure& failure, bool passes) {
  Verdict made;
  switch (failure.kind) {
    case FailureKind::status:
      made = of_status(failure.status);
      if (passes && failure.status == 429) {
        made.health = Health::neutral;
        made.scope = HG_SCOPE_NONE;
      }
      break;
    case FailureKind::connect:
      made = verdict(Next::elsewhere, Health::failure, HG_SCOPE_ENDPOINT, 502);
      break;
    case FailureKind::transport:
      made = verdict(Next::here, Health::failure, HG_SCOPE_NONE, 502);
      break;
    case FailureKind::timeout:
      // Silence: asking the same endpoint again would only double it.
      made = verdict(Next::elsewhere, Health::failure, HG_SCOPE_NONE, 504);
      made.exclude = true;
      break;
    case FailureKind::event:
      made = verdict(Next::elsewhere, Health::failure, HG_SCOPE_NONE, 502);
      break;
    case FailureKind::bad_answer:
      made = verdict(Next::elsewhere, Health::failure, HG_SCOPE_NONE, 502);
      break;
    case FailureKind::cannot:
      made = verdict(Next::elsewhere, Health::neutral, HG_SCOPE_NONE, 400);
      made.exclude = true;
      break;
    case FailureKind::refused:
      made = verdict(Next::elsewhere, Health::neutral, HG_SCOPE_NONE, 500);
      made.exclude = true;
      break;
    case FailureKind::stopped:
      made = verdict(Next::never, Health::neutral, HG_SCOPE_NONE, 500);
      break;
    case FailureKind::no_room:
      made = verdict(Next::never, Health::neutral, HG_SCOPE_NONE, 503);
      break;
  }
  made.retry_after = failure.retry_after;
  return made;
}

}  // namespace headgate::exchange
