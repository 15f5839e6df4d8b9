// Lets so many requests of all workers pass, and numbers them. For the tests of what workers share,
// in tests/e2e.

#include <headgate/plugin.hpp>

#include <string>
#include <string_view>

namespace {

class Limit final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "test.policy.limit",
    "kind": "policy",
    "key": "limit",
    "version": "0.1.0",
    "summary": "Lets so many requests an hour pass",
    "stage": "limit",
    "phases": ["request"],
    "levels": ["listener", "route", "backend"],
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "required": ["perHour"],
      "properties": {"perHour": {"type": "integer"}}
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kShared;

  explicit Limit(const hg::Config& config)
      : seen_(config, "seen"),
        bucket_(config["perHour"], "requests",
                {config["perHour"].count(1), 1, std::chrono::hours(1)}) {}

  hg::Action on_request(hg::Call& call) const {
    call.set_attribute("number", std::to_string(seen_.add()));
    const auto taken = bucket_.take();
    if (taken) return hg::Action::proceed;
    const bool soon = !taken.wait || *taken.wait < std::chrono::minutes(50);
    return call.respond_error(429, soon ? "limited" : "limited_for_an_hour", "No more this hour");
  }

 private:
  hg::SharedCounter seen_;
  hg::TokenBucket bucket_;
};

}  // namespace

HG_MODULE(Limit)
