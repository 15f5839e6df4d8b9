#include "core/config/tracing_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/ascii.hpp"
#include "core/base/expression_variables.hpp"
#include "core/config/fields.hpp"

namespace headgate::config {
namespace {

constexpr std::size_t kHeadersMax = 16;
constexpr std::size_t kAddedMax = 32;

// `true`, `false`, or a number; quotes do not matter.
std::optional<double> share(std::string_view text) {
  if (text == "true") return 1;
  if (text == "false") return 0;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // Said so that what is no number at all is out of bounds as well.
  if (!(number >= 0 && number <= 1)) return std::nullopt;
  return number;
}

void sampling(Fields& fields, const Key& key, double& value) {
  ScalarForm form;
  form.types = {"number", "boolean", "string"};
  form.expects = "true, false or a number from 0 to 1";
  form.pattern = "true|false|[01](\\.[0-9]+)?";
  form.minimum = 0;
  form.maximum = 1;
  form.default_json = value == 0 ? "0" : "1";
  fields.value(key, form, [&value](const Node& scalar) {
    const std::optional<double> taken = share(scalar.text);
    if (taken) value = *taken;
    return taken.has_value();
  });
}

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= ' ' && c != 0x7f) || c == '\t'; });
}

// What the export says itself.
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOurs{"host", "content-length", "content-type",
                                                  "transfer-encoding", "connection"};
  return std::find(kOurs.begin(), kOurs.end(), lowered(name)) != kOurs.end();
}

void headers(Fields& fields, std::vector<TracingHeader>& headers) {
  ScalarForm form;
  form.expects = "the value of a header";
  fields.named_values(
      {"headers", "Headers of each export, such as a key: NAME: value."}, form,
      [&](const Node& scalar, std::string_view name) {
        if (!is_token(name) || is_ours(name)) {
          fields.fault("/headers", "'" + std::string(name) + "' is no header that can be set here");
        }
        headers.push_back({std::string(name), Secret(scalar.text)});
        // Not by returning false: the value would be shown.
        if (!is_printable(scalar.text)) {
          fields.fault("/headers", "the value of '" + std::string(name) +
                                       "' has a byte that no header can have");
        }
        return true;
      });
  if (headers.size() > kHeadersMax) {
    fields.fault("/headers", "at most " + std::to_string(kHeadersMax) + " headers can be set");
  }
}

void span_fields(Fields& fields, TracingConfig& tracing) {
  expressions(
      fields,
      {"add",
       "Further attributes of a request's span: NAME: expression (docs/expressions.md). One "
       "without a value is left out."},
      tracing.add_fields, {.variables = variables::kOfLog, .result = hg::expression::Type::any});
  for (const NamedExpression& added : tracing.add_fields) {
    const hg::expression::Type type = added.value.program()->type();
    if (type == hg::expression::Type::list || type == hg::expression::Type::map) {
      fields.fault("/add/" + added.name,
                   "'" + added.name + "' must be one value, not a list or a map");
    }
    check_headers(fields, "/add/" + added.name, added.value);
  }
  if (tracing.add_fields.size() > kAddedMax) {
    fields.fault("/add", "at most " + std::to_string(kAddedMax) + " fields can be added");
  }
  texts(fields, {"remove", "Attributes that are left out of all spans."}, tracing.remove_fields,
        {.expects = "the name of an attribute"});
}

void protocol(Fields& fields) {
  ScalarForm form;
  form.expects = "'http' (OTLP over HTTP; a collector takes it on port 4318)";
  form.choices = {"http"};
  form.unsupported = {"grpc"};
  form.default_json = R"("http")";
  fields.value({"otlpProtocol", "How spans are sent."}, form,
               [](const Node& scalar) { return scalar.text == "http"; });
}

}  // namespace

void check_headers(Fields& fields, std::string_view pointer, const Expression& expression) {
  if (!expression) return;
  const auto keys = expression.program()->keys_of(variables::request_headers);
  if (!keys.others) return;
  fields.fault(pointer,
               "a log knows the headers that are named in its expressions, such as "
               "request.headers[\"user-agent\"], and cannot look at all of them");
}

std::optional<OtlpEndpoint> parse_otlp_endpoint(std::string_view text) {
  OtlpEndpoint endpoint;
  if (text.starts_with("https://")) {
    endpoint.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else if (text.find(':') == std::string_view::npos) {
    return std::nullopt;  // neither a URL nor host:port
  }
  if (text.find_first_of("?#@ ") != std::string_view::npos || !is_printable(text)) {
    return std::nullopt;
  }
  endpoint.authority = text.substr(0, text.find('/'));
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    endpoint.base_path = text.substr(slash);
    while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  }
  const std::string_view authority = endpoint.authority;
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  std::string place(authority);
  if (!has_port) place += endpoint.tls ? ":443" : ":80";
  const std::optional<Address> address = parse_address(place);
  if (!address || address->kind != Address::Kind::tcp || address->port == 0) return std::nullopt;
  endpoint.address = *address;
  return endpoint;
}

void describe(Fields& fields, TracingConfig& tracing) {
  ScalarForm form;
  form.expects =
      "the URL of a collector without a query, such as http://localhost:4318 or "
      "https://otel.example.com";
  fields.value({"otlpEndpoint",
                "URL of an OpenTelemetry collector: http://host:port, https://host, host:port. "
                "`path` goes behind it.",
                true},
               form, [&](const Node& scalar) {
                 auto parsed = parse_otlp_endpoint(scalar.text);
                 if (parsed) tracing.endpoint = std::move(*parsed);
                 return parsed.has_value();
               });
  protocol(fields);
  text(fields, {"path", "Where the collector takes traces, behind the endpoint's own path."},
       tracing.path, {.expects = "a path that begins with '/'", .pattern = "/[!-~]*"});
  headers(fields, tracing.headers);
  sampling(fields,
           {"randomSampling",
            "Share of the requests without a trace of their own that begin one: 0 to 1, or true or "
            "false."},
           tracing.random_sampling);
  sampling(fields,
           {"clientSampling",
            "Share of the requests that are in a sampled trace of their client and that are "
            "recorded in it: 0 to 1, or true or false."},
           tracing.client_sampling);
  fields.map({"fields", "Attributes of spans."},
             [&](Fields& inside) { span_fields(inside, tracing); });
}

}  // namespace headgate::config
