// Counts requests by the header x-team. For the tests of plugins' own metrics, here and in
// tests/e2e.

#include <headgate/plugin.hpp>

#include <string>
#include <string_view>

namespace {

class Meter final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "test.policy.meter",
    "kind": "policy",
    "key": "meter",
    "version": "0.1.0",
    "summary": "Counts requests by team",
    "stage": "account",
    "phases": ["request"],
    "levels": ["listener", "route", "backend"],
    "metrics": [
      {"name": "requests_total", "type": "counter", "help": "Requests.", "labels": ["team"]},
      {"name": "open", "type": "gauge", "help": "Requests that are under way."},
      {"name": "body_bytes", "type": "histogram", "help": "Sizes of bodies.",
       "buckets": [10, 1000]}
    ],
    "schema": {"type": "object", "additionalProperties": false}
  })";
  static constexpr std::uint32_t kNeeds = hg::kMetrics;

  explicit Meter(const hg::Config& config)
      : host_(config.host()), open_(config, 1), bytes_(config, 2) {}

  class Request {
   public:
    Request(const Meter& meter, hg::Call&) : meter_(meter) { meter_.open_.add(1); }
    ~Request() { meter_.open_.add(-1); }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    hg::Action on_request(hg::Call& call) {
      const std::string team(call.request().header("x-team").value_or("none"));
      hg::Series(meter_.host_, 0, {team}).add();
      meter_.bytes_.observe(static_cast<double>(call.request().body().size()));
      return hg::Action::proceed;
    }

   private:
    const Meter& meter_;
  };

 private:
  const hg_host* host_;
  hg::Series open_;
  hg::Series bytes_;
};

}  // namespace

HG_MODULE(Meter)
