#pragma once
// What the policies of a backend would make of a request that nobody sent, and what such a request
// then says of itself. Policies run whose manifest says that they change nothing but the request
// (dryRun); the others are only named. [worker]

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/exchange/asked_request.hpp"
#include "core/exchange/snapshot.hpp"
#include "core/plugin/dialect_table.hpp"

namespace headgate::exchange {

struct WorkerContext;

struct PolicyTried {
  enum class Result : std::uint8_t {
    passed,       // the next one sees the request as it left it
    answered,     // nobody would be asked: it answers by itself, mostly to refuse
    failed,       // the request would be answered with 500
    passed_over,  // it fails, and the request goes on without it
    not_run,      // it does not say dryRun
  };

  std::string policy;  // its key in the configuration, or its id where it has none
  Result result = Result::not_run;
  int status = 0;       // of its answer
  std::string code;     // of an error that it answers with
  std::string message;  // likewise
};

struct PolicyTrial {
  std::vector<PolicyTried> policies;    // in the order of calling
  std::string client_model;             // empty: not known
  std::string model;                    // as policies left it
  std::vector<std::uint64_t> affinity;  // by group; see affinity_keys()
  std::optional<std::uint16_t> store;   // of those who may be asked; see stored_ids.hpp
};

// One that answers is passed over, so that the others can still say something. Errors: what is
// asked is no request that could be read.
Result<PolicyTrial> try_policies(WorkerContext& worker, const Snapshot& snapshot,
                                 const AskedRequest& asked, const BackendPlan& backend,
                                 const plugin::DialectMatch& dialect);

}  // namespace headgate::exchange
