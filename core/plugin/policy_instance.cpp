#include "core/plugin/policy_instance.hpp"

#include <boost/json.hpp>

namespace headgate::plugin {
namespace {

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

}  // namespace headgate::plugin
