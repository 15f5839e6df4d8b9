#pragma once
// Prometheus text exposition format 0.0.4, as functions over values. Source:
// https://prometheus.io/docs/instrumenting/exposition_formats/ [any]

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::observe {

// What an answer with this text says in Content-Type.
inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

enum class MetricType : std::uint8_t { counter, gauge, histogram };

class Label {
 public:
  std::string_view name;
  std::string_view value;  // escaped when written; a label with an empty value is left out
};

// Writes families one after another. All samples of a family follow its family() call.
class PrometheusWriter {
 public:
  // `hidden` names families that are left out. Both must outlive the writer.
  PrometheusWriter(std::string& out, std::span<const std::string> hidden)
      : out_(out), hidden_(hidden) {}

  void family(std::string_view name, std::string_view help, MetricType type);
  void sample(std::span<const Label> labels, double value);
  // `counts` holds one count per bound and one for what is above the last, not cumulated.
  void histogram(std::span<const Label> labels, std::span<const double> bounds,
                 std::span<const std::uint64_t> counts, double sum);

  // What family() was called with, those that are left out as well.
  const std::vector<std::string>& families() const { return families_; }

 private:
  void line(std::string_view suffix, std::span<const Label> labels, std::string_view bound,
            double value);

  std::string& out_;
  std::span<const std::string> hidden_;
  std::string name_;
  bool skip_ = false;
  std::vector<std::string> families_;
};

// Shortest text that reads back as the same number; +Inf, -Inf and NaN as Prometheus has them.
void append_number(std::string& out, double value);
void append_label_value(std::string& out, std::string_view value);  // without the quotes

}  // namespace headgate::observe
