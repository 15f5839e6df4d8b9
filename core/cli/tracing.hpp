#pragma once
// Tracing as the configuration wants it. [main]

#include <memory>

#include "core/cli/engine.hpp"
#include "core/config/static_config.hpp"
#include "core/net/worker.hpp"
#include "core/observe/tracer.hpp"
#include "core/tracing/exporter.hpp"

namespace headgate::cli {

struct Tracing {
  Tracing(const config::TracingConfig& config, tracing::ExportPlace place, std::size_t index,
          net::WorkerOptions worker, Engine& engine);

  observe::Tracer tracer;
  tracing::Exporter exporter;
};

// Null where nothing is to be traced. `index` is that of one worker more. Errors: of the roots that
// an https collector is verified with.
Result<std::unique_ptr<Tracing>> make_tracing(const config::StaticConfig& config, std::size_t index,
                                              net::WorkerOptions worker, Engine& engine);

}  // namespace headgate::cli
