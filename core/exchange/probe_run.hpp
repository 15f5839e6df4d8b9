#pragma once
// One question to one endpoint that is out: a path, or a small request as a client would send it,
// whose answer nobody gets. It goes the way of a request's attempt, from the policies of the
// endpoint to the end of the answer, and changes no statistics. [worker]

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/exchange/attempt.hpp"
#include "core/exchange/connection_list.hpp"
#include "core/exchange/probe_plan.hpp"

namespace headgate::exchange {

// What became of it. Has a constructor because it travels through coroutines.
struct ProbeEnd {
  enum class Kind : std::uint8_t {
    answered,
    failed,     // `code` and `detail` say how
    cancelled,  // nothing is known
  };
  explicit ProbeEnd(Kind kind) : kind(kind) {}
  ProbeEnd(std::string_view code, std::string detail)
      : kind(Kind::failed), code(code), detail(std::move(detail)) {}

  Kind kind;
  std::string_view code;  // static
  std::string detail;     // for the log; no secrets
};

class ProbeRun final : public ConnectionList::Member {
 public:
  // `plan` is the snapshot's.
  ProbeRun(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot, const ProbePlan& plan);
  ~ProbeRun();
  ProbeRun(const ProbeRun&) = delete;
  ProbeRun& operator=(const ProbeRun&) = delete;

  net::Task<ProbeEnd> run();

  // Cancels it.
  void end() override;

 private:
  bool prepare();
  ProbeEnd meaning(const AttemptEnd& end) const;

  WorkerContext& worker_;
  const ProbePlan& plan_;
  std::unique_ptr<net::ByteStream> nobody_;
  Arena arena_;
  http::RequestHead head_;
  ClientLink client_;
  RequestContext request_;
  Call call_;
  PolicyChain policies_;
  Race race_;
  Attempt::Shared shared_;
  net::Deadline total_;
  bool cancelled_ = false;
};

}  // namespace headgate::exchange
