#include "core/cli/tracing.hpp"

#include <utility>

#include "core/config/environment.hpp"
#include "core/http/head_writer.hpp"

namespace headgate::cli {
namespace {

observe::SpanFields span_fields(const config::TracingConfig& config) {
  observe::SpanFields fields;
  fields.removed = config.remove_fields;
  std::vector<observe::AddedField> added;
  for (const config::NamedExpression& each : config.add_fields) {
    added.push_back({each.name, each.value.program()});
  }
  fields.added = observe::AccessExpressions(nullptr, std::move(added));
  return fields;
}

std::string export_request(const config::TracingConfig& config) {
  std::string head;
  http::write_request_line(head, "POST", config.endpoint.base_path + config.path);
  http::write_header(head, "host", config.endpoint.authority);
  http::write_header(head, "content-type", "application/json");
  http::write_header(head, "user-agent", "headgate/" + std::string(kVersion));
  for (const config::TracingHeader& header : config.headers) {
    http::write_header(head, header.name, header.value.reveal());
  }
  return head;
}

}  // namespace

Tracing::Tracing(const config::TracingConfig& config, tracing::ExportPlace place, std::size_t index,
                 net::WorkerOptions worker, Engine& engine)
    : tracer({config.random_sampling, config.client_sampling}, span_fields(config),
             observe::SpanQueueOptions(), engine.metrics),
      exporter(index, engine.clock, std::move(worker), std::move(place), tracer) {}

Result<std::unique_ptr<Tracing>> make_tracing(const config::StaticConfig& config, std::size_t index,
                                              net::WorkerOptions worker, Engine& engine) {
  if (!config.tracing) return std::unique_ptr<Tracing>();
  const config::OtlpEndpoint& endpoint = config.tracing->endpoint;
  upstream::TargetOptions target;
  target.host = endpoint.address.host;
  target.port = endpoint.address.port;
  if (endpoint.tls) {
    auto context = engine.tls.get(net::TlsClientOptions());
    if (!context) return std::move(context.error());
    target.tls = std::move(*context);
  }
  // OpenTelemetry's own variable for what a program is called in traces.
  const auto service = config::process_environment().variable("OTEL_SERVICE_NAME");
  const std::string name = service && !service->empty() ? *service : "headgate";
  tracing::ExportPlace place;
  place.target = engine.targets.intern(std::move(target));
  place.name = (endpoint.tls ? "https://" : "http://") + endpoint.authority;
  place.head = export_request(*config.tracing);
  place.text_begin = observe::export_head(name, kVersion);
  return std::make_unique<Tracing>(*config.tracing, std::move(place), index, std::move(worker),
                                   engine);
}

}  // namespace headgate::cli
