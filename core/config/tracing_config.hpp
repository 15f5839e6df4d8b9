#pragma once
// `config.tracing`: where traces go, and which requests are in them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/expression.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

class Fields;

// A collector's URL.
struct OtlpEndpoint {
  bool tls = false;
  Address address;        // of kind tcp
  std::string authority;  // as it was written: host or host:port
  std::string base_path;  // without a slash at its end

  bool operator==(const OtlpEndpoint&) const = default;
};

// `http://host[:port][/path]`, `https://...` or `host:port`, which is http. Nothing for what is
// none of these, has credentials in it or a query.
std::optional<OtlpEndpoint> parse_otlp_endpoint(std::string_view text);

// A header of each export; the value may be a key.
struct TracingHeader {
  std::string name;
  Secret value;

  bool operator==(const TracingHeader& other) const {
    return name == other.name && value.reveal() == other.value.reveal();
  }
};

struct TracingConfig {
  OtlpEndpoint endpoint;
  std::string path = "/v1/traces";
  std::vector<TracingHeader> headers;
  // Shares of requests from 0 to 1.
  double random_sampling = 0;  // of those without a trace of their own
  double client_sampling = 1;  // of those whose client samples them
  // The variables are variables::kOfLog.
  std::vector<NamedExpression> add_fields;  // fields.add: further attributes of a request's span
  std::vector<std::string> remove_fields;   // fields.remove: attributes that are left out

  bool operator==(const TracingConfig&) const = default;
};

void describe(Fields& fields, TracingConfig& tracing);

// A log or a span knows the headers of a request that expressions name, and no others.
void check_headers(Fields& fields, std::string_view pointer, const Expression& expression);

}  // namespace headgate::config
