#pragma once
// The member `metrics` of a manifest: sdk/include/headgate/metrics.h describes it. [any]

#include <string>
#include <string_view>
#include <vector>

#include "core/observe/metrics.hpp"
#include "core/plugin/manifest_object.hpp"

namespace headgate::plugin {

inline constexpr std::size_t kMetricsMax = 32;
inline constexpr std::size_t kMetricLabelsMax = 8;
inline constexpr std::size_t kMetricBucketsMax = 40;
inline constexpr std::size_t kMetricSeriesMax = 200;

// With the names that they are shown by, in the order of the manifest.
std::vector<observe::FamilySpec> read_metrics(ManifestObject& object, std::string_view plugin_id,
                                              std::vector<std::string>& faults);

// Every name that the samples of a metric have.
std::vector<std::string> sample_names(const observe::FamilySpec& spec);

// A name that samples of both have, or empty.
std::string shared_name(const std::vector<observe::FamilySpec>& some,
                        const std::vector<observe::FamilySpec>& others);

}  // namespace headgate::plugin
