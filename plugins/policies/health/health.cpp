// health: takes endpoints that fail out of the choice for a while. Attached everywhere by default,
// so that failover works without configuration. The gateway counts and lets them return; this
// decides.

#include <headgate/plugin.hpp>

#include <optional>
#include <string_view>

#include "eviction.hpp"
#include "probe.hpp"
#include "unhealthy.hpp"

namespace {

class Health final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "headgate.policy.health",
    "kind": "policy",
    "key": "health",
    "version": "0.1.0",
    "summary": "Takes failing endpoints out of the choice for a while",
    "stage": "account",
    "phases": ["outcome", "judge"],
    "judgeWhen": "unhealthyExpression",
    "body": "none",
    "levels": ["listener", "route", "backend", "provider"],
    "default": true,
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "unhealthyExpression": {"type": "string"},
        "eviction": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "duration": {"type": "string", "default": "5s"},
            "maxDuration": {"type": "string", "default": "60s"},
            "restoreHealth": {
              "type": "number", "minimum": 0, "maximum": 1,
              "description": "The health that an endpoint returns with. Without it, its failures are forgotten"
            },
            "consecutiveFailures": {
              "type": "integer", "minimum": 0, "maximum": 1000,
              "description": "Failures in a row that take an endpoint out; 0: they do not count. Default: 3, or 0 where healthThreshold is set"
            },
            "healthThreshold": {
              "type": "number", "minimum": 0, "maximum": 1,
              "description": "A failure that leaves an endpoint with less health than this takes it out"
            }
          }
        },
        "maxEvictionPercent": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100},
        "probe": {
          "type": "object",
          "additionalProperties": false,
          "required": ["path"],
          "description": "How an endpoint that is out is asked whether it is back",
          "properties": {
            "path": {"type": "string", "pattern": "^/[!-~]*$", "maxLength": 1024},
            "method": {"enum": ["GET", "HEAD"], "default": "GET"},
            "body": {"type": "object"},
            "interval": {"type": "string", "default": "5s"},
            "timeout": {"type": "string", "default": "5s"},
            "expect": {
              "type": "array", "minItems": 1, "maxItems": 16,
              "items": {"type": "integer", "minimum": 200, "maximum": 599}
            }
          }
        }
      }
    }
  })";
  static constexpr std::uint32_t kNeeds = hg::kEndpoints;

  explicit Health(const hg::Config& config) {
    if (const hg::Config written = config["unhealthyExpression"]; written.exists()) {
      std::string problem;
      unhealthy_ = headgate_health::Unhealthy::compiled(written.text(""), problem);
      if (!problem.empty()) written.fault("'unhealthyExpression' at " + problem);
    }
    if (config["probe"].exists()) probe_ = headgate_health::read_probe(config["probe"]);
    const hg::Config eviction = config["eviction"];
    settings_.duration = eviction["duration"].duration(settings_.duration);
    if (settings_.duration.count() == 0) eviction["duration"].fault("must be more than 0");
    settings_.max_duration = eviction["maxDuration"].duration(settings_.max_duration);
    if (const hg::Config restored = eviction["restoreHealth"]; restored.exists())
      settings_.restore_health = restored.number(1);
    if (const hg::Config threshold = eviction["healthThreshold"]; threshold.exists()) {
      settings_.health_threshold = threshold.number(0);
      settings_.consecutive_failures = 0;  // who asks for the one does not ask for the other
    }
    settings_.consecutive_failures = static_cast<std::uint32_t>(
        eviction["consecutiveFailures"].count(settings_.consecutive_failures));
    settings_.max_eviction_percent = static_cast<std::uint32_t>(
        config["maxEvictionPercent"].count(settings_.max_eviction_percent));
  }

  hg::Health judge(hg::Call& call, const hg::Outcome& outcome) const {
    return unhealthy_.judge(call, outcome);
  }

  bool probe(hg::Probe& out) const {
    if (probe_.path.empty()) return false;
    out.method = probe_.method;
    out.path = probe_.path;
    out.body = probe_.body;
    out.statuses = probe_.expect.data();
    out.status_count = probe_.expect.size();
    out.interval = probe_.interval;
    out.timeout = probe_.timeout;
    return true;
  }

  void on_outcome(hg::Call&, const hg::Outcome& outcome) const {
    const std::optional<headgate_health::Eviction> eviction =
        headgate_health::decide(settings_, outcome);
    if (eviction)
      hg::evict(outcome.endpoint, eviction->scope, eviction->time, settings_.max_eviction_percent,
                eviction->cause, settings_.restore_health);
  }

 private:
  headgate_health::Settings settings_;
  headgate_health::Unhealthy unhealthy_;
  headgate_health::ProbeSettings probe_;
};

}  // namespace

HG_MODULE(Health)
