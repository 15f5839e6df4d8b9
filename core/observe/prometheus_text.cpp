#include "core/observe/prometheus_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace headgate::observe {
namespace {

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "untyped";
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

}  // namespace

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> text;
    // Whole numbers without an exponent: counters stay readable.
    const bool whole = std::abs(value) < 1e15 && value == std::trunc(value);
    const auto end =
        whole ? std::to_chars(text.data(), text.data() + text.size(), static_cast<long long>(value))
                    .ptr
              : std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
  }
}

void append_label_value(std::string& out, std::string_view value) {
  append_escaped(out, value, true);
}

void PrometheusWriter::family(std::string_view name, std::string_view help, MetricType type) {
  families_.emplace_back(name);
  skip_ = std::find(hidden_.begin(), hidden_.end(), name) != hidden_.end();
  if (skip_) return;
  name_ = name;
  out_.append("# HELP ").append(name).append(" ");
  append_escaped(out_, help, false);
  out_.append("\n# TYPE ").append(name).append(" ").append(name_of(type)).append("\n");
}

void PrometheusWriter::sample(std::span<const Label> labels, double value) {
  line({}, labels, {}, value);
}

void PrometheusWriter::histogram(std::span<const Label> labels, std::span<const double> bounds,
                                 std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t below = 0;
  std::string bound;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    bound.clear();
    append_number(bound, i < bounds.size() ? bounds[i] : HUGE_VAL);
    line("_bucket", labels, bound, static_cast<double>(below));
  }
  line("_sum", labels, {}, sum);
  line("_count", labels, {}, static_cast<double>(below));
}

void PrometheusWriter::line(std::string_view suffix, std::span<const Label> labels,
                            std::string_view bound, double value) {
  if (skip_) return;
  out_.append(name_).append(suffix);
  char before = '{';
  const auto label = [&](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out_ += before;
    out_.append(name).append("=\"");
    append_label_value(out_, text);
    out_ += '"';
    before = ',';
  };
  for (const Label& each : labels) label(each.name, each.value);
  label("le", bound);
  if (before == ',') out_ += '}';
  out_ += ' ';
  append_number(out_, value);
  out_ += '\n';
}

}  // namespace headgate::observe
