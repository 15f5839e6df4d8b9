#include "core/select/endpoint.hpp"

#include <utility>

namespace headgate::select {

Endpoint::Endpoint(EndpointSpec spec, std::uint16_t index, double mean_weight)
    : cell_(spec.cell.get()),
      cell_models_(cell_->models),
      relative_weight_(static_cast<float>(spec.weight / mean_weight)),
      weight_(spec.weight),
      concurrency_max_(spec.concurrency_max),
      index_(index),
      probed_(spec.probed),
      name_(std::make_unique<const std::string>(std::move(spec.name))),
      owned_(std::move(spec.cell)) {}

}  // namespace headgate::select
