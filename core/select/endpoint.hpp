#pragma once
// One endpoint of a group: what the configuration says of it, and the cell with what is known of
// it. Immutable; owned by a snapshot. What else belongs to it (provider, credentials, TLS) is kept
// by those who need it, under its index.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/select/cell.hpp"
#include "core/select/cell_table.hpp"

namespace headgate::select {

struct EndpointSpec {
  std::string name;
  std::uint32_t weight = 1;           // 0: drained, never picked
  std::uint32_t concurrency_max = 0;  // requests in flight; 0 = no limit
  std::shared_ptr<Cell> cell;
  bool probed = false;  // comes back by a probe of the gateway's own, not by a client's request
};

// One cache line, because a pick among many endpoints reads two of them cold.
class alignas(64) Endpoint {
 public:
  // `mean_weight` is the group's, so that the load term does not depend on the scale of weights.
  Endpoint(EndpointSpec spec, std::uint16_t index, double mean_weight);

  const std::string& name() const { return *name_; }
  std::uint16_t index() const { return index_; }  // in the whole set, in the order of the file
  std::uint32_t weight() const { return weight_; }
  double relative_weight() const { return relative_weight_; }  // 1 = the group's mean
  std::uint32_t concurrency_max() const { return concurrency_max_; }
  bool probed() const { return probed_; }

  Cell& base_cell() const { return *cell_; }
  // The cell for a model (model_hash(), 0 = not known), where the endpoint leaves it to the
  // request.
  Cell& cell_for(std::uint64_t model) const {
    if (cell_models_ == nullptr || model == 0) return *cell_;
    Cell* const own = cell_models_->find(model);
    return own == nullptr ? *cell_ : *own;
  }
  // The same by where the model's cell lies, as ModelCells has it: 0 = the base cell's model.
  std::size_t model_place(std::string_view model) const {
    return cell_models_ == nullptr || model.empty() ? 0 : cell_models_->place_of(model_hash(model));
  }
  Cell& cell_at(std::size_t place) const {
    Cell* const own = cell_models_ == nullptr ? nullptr : cell_models_->at(place);
    return own == nullptr ? *cell_ : *own;
  }
  // Calls `use(cell)` for each model that was asked for and has a cell of its own.
  template <class Use>
  void each_model(const Use& use) const {
    if (cell_models_ == nullptr) return;
    for (std::size_t place = 1; place <= ModelCells::kPlaces; ++place)
      if (const Cell* const cell = cell_models_->at(place)) use(*cell);
  }

 private:
  // What a pick reads first.
  Cell* cell_;
  ModelCells* cell_models_;
  float relative_weight_;
  std::uint32_t weight_;
  std::uint32_t concurrency_max_;
  std::uint16_t index_;
  bool probed_;
  std::unique_ptr<const std::string> name_;
  std::shared_ptr<Cell> owned_;
};

}  // namespace headgate::select
