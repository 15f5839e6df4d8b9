#include "core/select/cell_pool.hpp"

namespace headgate::select {

void CellPool::Return::operator()(Cell* cell) const {
  cell->~Cell();
  pool->give_back(cell);
}

void* CellPool::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    Place* const slab =
        slabs_.emplace_back(std::make_unique_for_overwrite<Place[]>(kCellsPerSlab)).get();
    // From the back, so that cells made one after another stand one after another.
    for (std::size_t i = kCellsPerSlab; i > 0; --i) free_.push_back(&slab[i - 1]);
  }
  void* const place = free_.back();
  free_.pop_back();
  return place;
}

void CellPool::give_back(void* place) {
  const std::lock_guard lock(mutex_);
  free_.push_back(place);
}

}  // namespace headgate::select
