#include "core/observe/span_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/json_text.hpp"

namespace headgate::observe {
namespace {

using hg::expression::Kind;
using hg::expression::Value;
using Count = std::optional<std::uint64_t>;
using Time = std::chrono::nanoseconds;

// Of OTLP's enumerations.
constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr std::string_view kStatusError = R"(,"status":{"code":2)";
// Between the name of an attribute and its value.
constexpr std::string_view kText = R"(","value":{"stringValue":)";
constexpr std::string_view kInteger = R"(","value":{"intValue":")";
constexpr std::string_view kReal = R"(","value":{"doubleValue":)";
constexpr std::string_view kFlag = R"(","value":{"boolValue":)";

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_text(std::string& out, std::string_view text) {
  append_json_string(out, text.substr(0, kSpanTextMax));
}

// "host:port", "[host]:port" or "host".
struct Place {
  explicit Place(std::string_view text) : host(text) {
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
      host = text.substr(0, colon);
      const std::string_view digits = text.substr(colon + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), port);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  }

  std::string_view host;
  std::uint16_t port = 0;
};

// The attributes of one span. What has no value is left out. Names have nothing to be escaped.
class Attributes {
 public:
  Attributes(std::string& out, const std::vector<std::string>& removed)
      : out_(out), removed_(removed) {}

  void text(std::string_view key, std::string_view value) {
    if (!value.empty() && begin(key, kText)) {
      append_text(out_, value);
      out_ += "}}";
    }
  }
  void integer(std::string_view key, std::int64_t value) {
    if (!begin(key, kInteger)) return;
    append_number(out_, value);
    out_ += "\"}}";
  }
  void count(std::string_view key, Count value) {
    if (value) integer(key, static_cast<std::int64_t>(*value));
  }
  // Of a port or a status: 0 says nothing.
  void number(std::string_view key, std::int64_t value) {
    if (value != 0) integer(key, value);
  }
  void real(std::string_view key, double value) {
    if (!std::isfinite(value) || !begin(key, kReal)) return;
    append_number(out_, value);
    out_ += "}}";
  }
  void seconds(std::string_view key, const std::optional<Time>& value) {
    if (value) real(key, std::chrono::duration<double>(*value).count());
  }
  void flag(std::string_view key, bool value) {
    if (begin(key, kFlag)) out_ += value ? "true}}" : "false}}";
  }
  void value(std::string_view key, const Value& value) {
    switch (value.kind()) {
      case Kind::boolean:
        return flag(key, value.boolean());
      case Kind::integer:
        return integer(key, value.integer());
      case Kind::natural:
        return integer(key, static_cast<std::int64_t>(value.natural()));
      case Kind::number:
        return real(key, value.number());
      case Kind::text:
        return text(key, value.text());
      default:
        return;
    }
  }

 private:
  bool begin(std::string_view key, std::string_view value) {
    if (std::find(removed_.begin(), removed_.end(), key) != removed_.end()) return false;
    constexpr std::string_view kFirst = R"({"key":")";
    constexpr std::string_view kNext = R"(,{"key":")";
    out_.append(first_ ? kFirst : kNext).append(key).append(value);
    first_ = false;
    return true;
  }

  std::string& out_;
  const std::vector<std::string>& removed_;
  bool first_ = true;
};

// Up to the attributes, which end() closes.
struct SpanHead {
  TraceId trace;
  SpanId id;
  SpanId parent;
  int kind;
  WallTime start;
  WallTime end;
};

void append_time(std::string& out, std::string_view key, WallTime time) {
  out.append(key).append("\":\"");
  append_number(out, std::chrono::duration_cast<Time>(time.time_since_epoch()).count());
  out += '"';
}

void begin_span(std::string& out, const SpanHead& head, std::string_view name) {
  out.append(R"({"traceId":")").append(hex(head.trace));
  out.append(R"(","spanId":")").append(hex(head.id)).append("\"");
  if (head.parent != 0) out.append(R"(,"parentSpanId":")").append(hex(head.parent)).append("\"");
  out += R"(,"name":)";
  append_text(out, name);
  out += R"(,"kind":)";
  append_number(out, head.kind);
  append_time(out, R"(,"startTimeUnixNano)", head.start);
  append_time(out, R"(,"endTimeUnixNano)", head.end);
  out += R"(,"attributes":[)";
}

void end_span(std::string& out, bool failed, std::string_view message) {
  out += ']';
  if (failed) {
    out += kStatusError;
    if (!message.empty()) {
      out += R"(,"message":)";
      append_text(out, message);
    }
    out += '}';
  }
  out += '}';
}

WallTime after(WallTime time, Time passed) {
  return time + std::chrono::duration_cast<WallTime::duration>(passed);
}

// "chat model-1", or "POST route0".
std::string name_of(std::string_view operation, std::string_view model, std::string_view method,
                    std::string_view place) {
  std::string name(operation.empty() ? method : operation);
  const std::string_view behind = operation.empty() ? place : model;
  if (!behind.empty()) name.append(" ").append(behind);
  return name;
}

// What went wrong: the code, or a status that is an error by itself.
std::string error_type(std::string_view code, int status) {
  if (!code.empty() || status < 400) return std::string(code);
  return std::to_string(status);
}

void write_added(Attributes& to, const AccessRecord& record, const AccessExpressions& added) {
  if (added.added().empty()) return;
  AddedValues values;
  for (const AddedValue& each : values.of(added, record)) {
    const std::string name = json_quote(each.name);
    to.value(std::string_view(name).substr(1, name.size() - 2), each.value);
  }
}

void write_request(std::string& out, const Trace& trace, const AccessRecord& record,
                   const SpanFields& fields) {
  const SpanHead head{trace.self.trace, trace.self.span, trace.parent,
                      kServer,          record.time,     after(record.time, record.duration)};
  begin_span(out, head,
             name_of(record.operation, record.request_model, record.method, record.route));
  const std::string_view target = record.target;
  const Place server(record.host);
  const Place client(record.client_address);
  // 4xx are the client's mistakes, and a client that left is no failure of ours.
  const std::string_view code = record.error_code;
  const bool failed =
      record.status >= 500 || (record.status < 400 && !code.empty() && code != "client_gone");
  const std::string error = error_type(code, record.status >= 500 ? record.status : 0);
  Attributes to(out, fields.removed);
  to.text("http.request.method", record.method);
  to.text("url.path", target.substr(0, target.find('?')));
  to.text("url.scheme", trace.tls ? "https" : "http");
  to.text("http.route", record.route);
  to.number("http.response.status_code", record.status);
  to.text("server.address", server.host);
  to.number("server.port", server.port);
  to.text("client.address", client.host);
  to.number("client.port", client.port);
  to.text("network.protocol.version", trace.minor_version == 0 ? "1.0" : "1.1");
  to.text("error.type", error);
  to.text("gen_ai.operation.name", record.operation);
  to.text("gen_ai.provider.name", record.provider_kind);
  to.text("gen_ai.request.model", record.request_model);
  to.text("gen_ai.response.model", record.upstream_model);
  if (record.stream) to.flag("gen_ai.request.stream", true);
  to.seconds("gen_ai.response.time_to_first_chunk", record.first_token);
  to.text("headgate.listener", record.listener);
  to.text("headgate.backend", record.backend);
  to.text("headgate.endpoint", record.provider);
  to.integer("headgate.attempts", static_cast<std::int64_t>(record.attempt_count()));
  to.text("headgate.request.id", record.request_id);
  write_added(to, record, fields.added);
  end_span(out, failed, failed ? error : std::string());
}

void write_attempt(std::string& out, const Trace& trace, const AccessRecord& record,
                   const AttemptSpan& attempt, const SpanFields& fields) {
  const SpanHead head{trace.self.trace,
                      attempt.id,
                      trace.self.span,
                      kClient,
                      after(record.time, attempt.start),
                      after(record.time, attempt.end)};
  begin_span(out, head, name_of(record.operation, attempt.model, record.method, attempt.endpoint));
  // Nothing is wrong with an attempt that was not needed any more.
  const std::string_view code = attempt.code;
  const bool left = code == "superseded" || code == "client_gone" || code == "cancelled";
  const bool failed = !left && (!code.empty() || attempt.status >= 400);
  const std::string error = left ? std::string(code) : error_type(code, attempt.status);
  Attributes to(out, fields.removed);
  to.text("http.request.method", record.method);
  to.number("http.response.status_code", attempt.status);
  to.text("server.address", attempt.host);
  to.number("server.port", attempt.port);
  to.text("network.protocol.version", "1.1");
  to.text("error.type", error);
  if (attempt.number > 1) to.integer("http.request.resend_count", attempt.number - 1);
  if (!attempt.provider_kind.empty()) {
    to.text("gen_ai.operation.name", record.operation);
    to.text("gen_ai.provider.name", attempt.provider_kind);
    to.text("gen_ai.request.model", attempt.model);
    if (record.stream) to.flag("gen_ai.request.stream", true);
  }
  to.seconds("gen_ai.response.time_to_first_chunk", attempt.first_token);
  to.count("gen_ai.usage.input_tokens", attempt.input_tokens);
  to.count("gen_ai.usage.output_tokens", attempt.output_tokens);
  to.count("gen_ai.usage.cache_read.input_tokens", attempt.cached_tokens);
  to.count("gen_ai.usage.reasoning.output_tokens", attempt.reasoning_tokens);
  to.text("headgate.endpoint", attempt.endpoint);
  to.integer("headgate.attempt.number", attempt.number);
  to.text("headgate.attempt.outcome", code.empty() ? std::string_view("success") : code);
  to.text("headgate.attempt.beside", attempt.beside);
  to.text("headgate.pick.reason", attempt.reason);
  end_span(out, failed, failed ? error : std::string());
}

}  // namespace

std::string write_spans(const Trace& trace, const AccessRecord& record,
                        std::span<const AttemptSpan> attempts, const SpanFields& fields) {
  constexpr std::size_t kUsualBytes = 2048;  // of one span
  std::string out;
  out.reserve(kUsualBytes * (attempts.size() + 1));
  write_request(out, trace, record, fields);
  for (const AttemptSpan& attempt : attempts) {
    out += ',';
    write_attempt(out, trace, record, attempt, fields);
  }
  return out;
}

std::string export_head(std::string_view service, std::string_view version) {
  static const std::vector<std::string> kNoneRemoved;
  std::string out = R"({"resourceSpans":[{"resource":{"attributes":[)";
  Attributes of(out, kNoneRemoved);
  of.text("service.name", service);
  of.text("service.version", version);
  out += R"(]},"scopeSpans":[{"scope":{"name":"headgate","version":)";
  append_text(out, version);
  out += R"(},"spans":[)";
  return out;
}

}  // namespace headgate::observe
