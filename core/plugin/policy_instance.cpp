#include "core/plugin/policy_instance.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace headgate::plugin {
namespace {

constexpr std::uint32_t kStatusesMax = 64;
constexpr std::uint64_t kIntervalMin = 100;  // ms
constexpr std::uint64_t kTimeMax = 3'600'000;

thread_local std::optional<std::int32_t> last_odd_result;

bool has_member(std::string_view object, std::string_view name) {
  boost::json::error_code problem;
  const boost::json::value value = boost::json::parse({object.data(), object.size()}, problem);
  if (problem || !value.is_object()) return false;
  const boost::json::value* const member =
      value.get_object().if_contains({name.data(), name.size()});
  return member && !member->is_null();
}

}  // namespace

PolicyInstance::PolicyInstance(const InstanceSpec& spec, void* made, std::uint32_t workers)
    : Instance(spec, made, workers) {
  const PolicyManifest& manifest = declares();
  judges_ = manifest.has_phase(kPhaseJudge) &&
            (manifest.judge_when.empty() || has_member(spec.config, manifest.judge_when));
}

std::int32_t PolicyInstance::odd_result(std::int32_t result) {
  last_odd_result = result;
  return HG_ABORT;
}

std::optional<std::int32_t> PolicyInstance::take_odd_result() {
  return std::exchange(last_odd_result, std::nullopt);
}

std::optional<ProbeSettings> PolicyInstance::probe() const {
  if (!api().probe) return std::nullopt;
  hg_probe out{};
  out.size = HG_END_OF(hg_probe, timeout);
  const Running running(id_text(), "probe", nullptr);
  if (api().probe(made(), &out) != HG_CONTINUE) return std::nullopt;
  ProbeSettings settings;
  settings.method = view(out.method);
  settings.path = view(out.path);
  settings.body = view(out.body);
  if (!settings.path.starts_with('/')) return std::nullopt;
  if (settings.method != "HEAD") settings.method = "GET";
  for (std::uint32_t i = 0; out.statuses && i < std::min(out.status_count, kStatusesMax); ++i) {
    settings.statuses.push_back(static_cast<int>(out.statuses[i]));
  }
  settings.interval = std::chrono::milliseconds(std::clamp(out.interval, kIntervalMin, kTimeMax));
  settings.timeout = std::chrono::milliseconds(std::clamp(out.timeout, std::uint64_t{1}, kTimeMax));
  return settings;
}

}  // namespace headgate::plugin
