#include "core/plugin/manifest_metrics.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace headgate::plugin {
namespace {

namespace json = boost::json;

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kHelpMax = 512;

constexpr std::array<ManifestWord, 3> kTypes = {{
    {"counter", static_cast<std::uint32_t>(observe::MetricType::counter)},
    {"gauge", static_cast<std::uint32_t>(observe::MetricType::gauge)},
    {"histogram", static_cast<std::uint32_t>(observe::MetricType::histogram)},
}};

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kNameMax || text.front() < 'a' || text.front() > 'z')
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// No name of the gateway's own begins like this.
std::string shown_name(std::string_view plugin_id, std::string_view name) {
  std::string shown = "plugin_" + std::string(plugin_id) + "_" + std::string(name);
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return shown;
}

void read_labels(ManifestObject& metric, observe::FamilySpec& spec) {
  spec.labels = metric.texts("labels");
  if (spec.labels.size() > kMetricLabelsMax) {
    metric.member_fault("labels", "at most " + std::to_string(kMetricLabelsMax) + " are allowed");
  }
  for (auto label = spec.labels.begin(); label != spec.labels.end(); ++label) {
    if (!is_name(*label) || *label == "le") {
      metric.member_fault("labels",
                          "'" + *label + "' must be lower case letters, digits, '_', and not 'le'");
    } else if (std::find(spec.labels.begin(), label, *label) != label) {
      metric.member_fault("labels", "'" + *label + "' is there twice");
    }
  }
}

void read_buckets(ManifestObject& metric, observe::FamilySpec& spec) {
  const bool histogram = spec.type == observe::MetricType::histogram;
  const json::value* value = metric.find("buckets");
  if (value == nullptr) {
    if (histogram) metric.member_fault("buckets", "is missing");
    return;
  }
  const json::array* bounds = value->if_array();
  if (!histogram || bounds == nullptr || bounds->empty() || bounds->size() > kMetricBucketsMax) {
    return metric.member_fault("buckets", "is a list of 1 to " + std::to_string(kMetricBucketsMax) +
                                              " numbers, of a histogram");
  }
  for (const json::value& bound : *bounds) {
    json::error_code wrong;
    const double number = bound.is_number() ? bound.to_number<double>(wrong) : 0;
    const bool ascends = spec.bounds.empty() || number > spec.bounds.back();
    if (!bound.is_number() || wrong || !ascends) {
      return metric.member_fault("buckets", "must be numbers that ascend");
    }
    spec.bounds.push_back(number);
  }
}

}  // namespace

std::vector<std::string> sample_names(const observe::FamilySpec& spec) {
  if (spec.type != observe::MetricType::histogram) return {spec.name};
  return {spec.name, spec.name + "_bucket", spec.name + "_sum", spec.name + "_count"};
}

std::string shared_name(const std::vector<observe::FamilySpec>& some,
                        const std::vector<observe::FamilySpec>& others) {
  for (const observe::FamilySpec& one : some) {
    const std::vector<std::string> names = sample_names(one);
    for (const observe::FamilySpec& other : others) {
      for (const std::string& name : sample_names(other)) {
        if (std::find(names.begin(), names.end(), name) != names.end()) return name;
      }
    }
  }
  return {};
}

std::vector<observe::FamilySpec> read_metrics(ManifestObject& object, std::string_view plugin_id,
                                              std::vector<std::string>& faults) {
  std::vector<observe::FamilySpec> metrics;
  object.list("metrics", [&](const json::value& item, const std::string& where) {
    ManifestObject metric(item, where, faults);
    observe::FamilySpec spec;
    const std::string name = metric.text("name", true);
    spec.name = shown_name(plugin_id, name);
    spec.help = metric.text("help", true);
    spec.series_max = kMetricSeriesMax;
    const std::uint32_t type = metric.word("type", kTypes, 0, true);
    spec.type = static_cast<observe::MetricType>(type);
    read_labels(metric, spec);
    read_buckets(metric, spec);
    metric.finish();
    if (!name.empty() && !is_name(name)) {
      metric.member_fault("name", "'" + name + "' must be lower case letters, digits, '_'");
    } else if (spec.type == observe::MetricType::counter && !name.ends_with("_total")) {
      metric.member_fault("name", "'" + name + "' is a counter's, which ends in _total");
    }
    if (spec.help.size() > kHelpMax || spec.help.find('\n') != spec.help.npos) {
      metric.member_fault("help", "is one line");
    }
    if (const std::string twice = shared_name({spec}, metrics); !twice.empty()) {
      metric.member_fault("name", "another metric has '" + twice + "'");
    }
    metrics.push_back(std::move(spec));
  });
  if (metrics.size() > kMetricsMax) {
    object.member_fault("metrics", "at most " + std::to_string(kMetricsMax) + " are allowed");
  }
  return metrics;
}

}  // namespace headgate::plugin
