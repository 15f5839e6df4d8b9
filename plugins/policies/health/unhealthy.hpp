#pragma once
// `unhealthyExpression`: which answers count as a failure of the endpoint.

#include <headgate/expression/program.hpp>
#include <headgate/policy.hpp>

#include <memory>
#include <string_view>

namespace headgate_health {

class Unhealthy {
 public:
  Unhealthy() = default;  // what the provider says holds
  // Empty where the text is no such expression; `problem` then says why and where.
  static Unhealthy compiled(std::string_view text, std::string& problem);

  // What this answer says of the endpoint. Where it is no failure but the provider took it for one,
  // it says nothing; where the expression cannot be worked out, the provider's word holds. [worker]
  hg::Health judge(hg::Call& call, const hg::Outcome& outcome) const;

 private:
  std::shared_ptr<const hg::expression::Program> program_;
};

}  // namespace headgate_health
