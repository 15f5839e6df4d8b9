#include "core/observe/access_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstring>
#include <optional>

#include "core/base/json_text.hpp"

namespace headgate::observe {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(AccessField::count)> kNames{
    "time",
    "listener",
    "route",
    "backend",
    "src.addr",
    "http.method",
    "http.host",
    "http.path",
    "http.status",
    "dialect",
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "endpoint",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.total_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "stream",
    "attempts",
    "http.request.body.size",
    "http.response.body.size",
    "time_to_first_token",
    "duration",
    "error",
    "request.id",
};

// Also what a line has beside its fields.
bool is_taken(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kOthers{
      "level", "message", "duration_ms", "time_to_first_token_ms", "attempts_not_listed"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

template <std::integral Number>
void append_integer(std::string& out, Number value) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

// As many digits as `width` (4 at most), zeros before.
void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
  std::array<char, 4> text;
  for (std::size_t at = width; at-- > 0; value /= 10)
    text[at] = static_cast<char>('0' + value % 10);
  out.append(text.data(), width);
}

// Milliseconds with three decimals.
void append_milliseconds(std::string& out, std::chrono::nanoseconds duration) {
  const std::int64_t us = std::max<std::int64_t>(0, duration.count() / 1000);
  append_integer(out, us / 1000);
  out += '.';
  append_padded(out, static_cast<std::uint64_t>(us % 1000), 3);
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

// key=value, as logfmt has it.
class TextLine {
 public:
  explicit TextLine(std::string& out) : out_(out) {}

  void begin(const AccessRecord& record, const FieldSelection& fields) {
    if (fields.shows(AccessField::time)) {
      append_time(out_, record.time);
      out_ += ' ';
    }
    out_ += "info request";
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_value(value);
  }
  // Its name is a plugin's, and may hold anything.
  void attribute(std::string_view name, std::string_view value) {
    out_ += ' ';
    append_value(name);
    out_ += '=';
    append_value(value);
  }
  void integer(std::string_view name, std::integral auto value) {
    key(name);
    append_integer(out_, value);
  }
  void milliseconds(std::string_view name, std::chrono::nanoseconds value) {
    key(name);
    append_milliseconds(out_, value);
    out_ += "ms";
  }
  void flag(std::string_view name) {
    key(name);
    out_ += "true";
  }
  // first:429:rate_limited:12.000ms,second:200:80.250ms and ",+2" when not all are listed
  void attempts(std::string_view name, const AccessRecord& record) {
    list_.clear();
    for (const AccessAttempt& attempt : record.attempts()) {
      if (!list_.empty()) list_ += ',';
      list_ += attempt.endpoint;
      if (attempt.status != 0) {
        list_ += ':';
        append_integer(list_, attempt.status);
      }
      if (!attempt.error_code.empty()) list_.append(":").append(attempt.error_code);
      list_ += ':';
      append_milliseconds(list_, attempt.duration);
      list_ += "ms";
    }
    if (const std::size_t more = record.attempt_count() - record.attempts().size(); more != 0) {
      list_ += ",+";
      append_integer(list_, more);
    }
    text(name, list_);
  }
  void end() { out_ += '\n'; }

 private:
  // One of our own names, in which nothing is to be escaped.
  void key(std::string_view name) {
    out_ += ' ';
    out_ += name;
    out_ += '=';
  }
  void append_value(std::string_view value) {
    if (is_plain(value)) {
      out_ += value;
    } else {
      append_json_string(out_, value);
    }
  }

  std::string& out_;
  std::string list_;
};

class JsonLine {
 public:
  explicit JsonLine(std::string& out) : out_(out) {}

  void begin(const AccessRecord& record, const FieldSelection& fields) {
    out_ += '{';
    if (fields.shows(AccessField::time)) {
      out_ += R"("time":")";
      append_time(out_, record.time);
      out_ += R"(",)";
    }
    out_ += R"("level":"info","message":"request")";
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  // Its name is a plugin's, and may hold anything.
  void attribute(std::string_view name, std::string_view value) {
    out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
    append_json_string(out_, value);
  }
  void integer(std::string_view name, std::integral auto value) {
    key(name);
    append_integer(out_, value);
  }
  // A number says its unit in its name.
  void milliseconds(std::string_view name, std::chrono::nanoseconds value) {
    out_ += ",\"";
    out_ += name;
    out_ += "_ms\":";
    append_milliseconds(out_, value);
  }
  void flag(std::string_view name) {
    key(name);
    out_ += "true";
  }
  void attempts(std::string_view name, const AccessRecord& record) {
    key(name);
    out_ += '[';
    for (const AccessAttempt& attempt : record.attempts()) {
      if (out_.back() == '}') out_ += ',';
      out_ += R"({"endpoint":)";
      append_json_string(out_, attempt.endpoint);
      if (attempt.status != 0) integer("status", attempt.status);
      if (!attempt.error_code.empty()) text("error", attempt.error_code);
      milliseconds("duration", attempt.duration);
      out_ += '}';
    }
    out_ += ']';
    if (const std::size_t more = record.attempt_count() - record.attempts().size(); more != 0) {
      integer("attempts_not_listed", more);
    }
  }
  void end() { out_ += "}\n"; }

 private:
  // One of our own names, in which nothing is to be escaped.
  void key(std::string_view name) {
    const std::size_t before = out_.size();
    out_.resize(before + name.size() + 4);
    char* const to = out_.data() + before;
    std::memcpy(to, ",\"", 2);
    std::memcpy(to + 2, name.data(), name.size());
    std::memcpy(to + 2 + name.size(), "\":", 2);
  }

  std::string& out_;
};

template <class Line>
class FieldWriter {
 public:
  FieldWriter(Line& line, const FieldSelection& fields) : line_(line), fields_(fields) {}

  void text(AccessField field, std::string_view value) {
    if (!value.empty() && fields_.shows(field)) line_.text(name_of(field), value);
  }
  void count(AccessField field, std::optional<std::uint64_t> value) {
    if (value && fields_.shows(field)) line_.integer(name_of(field), *value);
  }
  void duration(AccessField field, std::optional<std::chrono::nanoseconds> value) {
    if (value && fields_.shows(field)) line_.milliseconds(name_of(field), *value);
  }

 private:
  Line& line_;
  const FieldSelection& fields_;
};

template <class Line>
void append_line(Line line, const AccessRecord& record, const FieldSelection& fields) {
  using enum AccessField;
  FieldWriter<Line> write(line, fields);
  line.begin(record, fields);
  write.text(listener, record.listener);
  write.text(route, record.route);
  write.text(backend, record.backend);
  write.text(client_address, record.client_address);
  write.text(method, record.method);
  write.text(host, record.host);
  write.text(target, record.target);
  if (fields.shows(status)) line.integer(name_of(status), record.status);
  write.text(dialect, record.dialect);
  write.text(operation, record.operation);
  write.text(provider_kind, record.provider_kind);
  write.text(provider, record.provider);
  write.text(request_model, record.request_model);
  write.text(upstream_model, record.upstream_model);
  write.count(input_tokens, record.input_tokens);
  write.count(output_tokens, record.output_tokens);
  write.count(total_tokens, record.total_tokens);
  write.count(cached_tokens, record.cached_tokens);
  write.count(reasoning_tokens, record.reasoning_tokens);
  if (record.stream && fields.shows(stream)) line.flag(name_of(stream));
  if (record.attempt_count() != 0 && fields.shows(attempts)) {
    line.attempts(name_of(attempts), record);
  }
  write.count(bytes_in, record.bytes_in);
  write.count(bytes_out, record.bytes_out);
  write.duration(first_token, record.first_token);
  write.duration(duration, record.duration);
  write.text(error_code, record.error_code);
  write.text(request_id, record.request_id);
  for (const auto& [name, value] : record.attributes()) {
    if (!fields.shows_attribute(name)) continue;
    // An attribute must not pass for a field.
    line.attribute(is_taken(name) ? "attribute." + name : name, value);
  }
  line.end();
}

}  // namespace

std::string_view name_of(AccessField field) {
  return kNames[static_cast<std::size_t>(field)];
}

void FieldSelection::remove(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) {
    shown_.reset(static_cast<std::size_t>(found - kNames.begin()));
  } else {
    removed_attributes_.emplace_back(name);
  }
}

bool FieldSelection::shows_attribute(std::string_view name) const {
  return std::find(removed_attributes_.begin(), removed_attributes_.end(), name) ==
         removed_attributes_.end();
}

void append_text_line(std::string& out, const AccessRecord& record, const FieldSelection& fields) {
  append_line(TextLine(out), record, fields);
}

void append_json_line(std::string& out, const AccessRecord& record, const FieldSelection& fields) {
  append_line(JsonLine(out), record, fields);
}

void append_time(std::string& out, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(time - day)};
  const auto two = [&out](auto value) { append_padded(out, static_cast<std::uint64_t>(value), 2); };
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  two(static_cast<unsigned>(date.month()));
  out += '-';
  two(static_cast<unsigned>(date.day()));
  out += 'T';
  two(clock.hours().count());
  out += ':';
  two(clock.minutes().count());
  out += ':';
  two(clock.seconds().count());
  out += '.';
  append_padded(out, static_cast<std::uint64_t>(clock.subseconds().count()), 3);
  out += 'Z';
}

}  // namespace headgate::observe
