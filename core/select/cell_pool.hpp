#pragma once
// Places for cells, side by side. A pick among thousands of endpoints reads two cells that are in
// no near cache; scattered over the heap, each would cost a walk through the page tables on top,
// and three times as long. [any]

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "core/select/cell.hpp"

namespace headgate::select {

class CellPool {
 public:
  // Destroys a cell and gives its place back.
  struct Return {
    std::shared_ptr<CellPool> pool;
    void operator()(Cell* cell) const;
  };
  using Owned = std::unique_ptr<Cell, Return>;

  // A cell with these constructor arguments, in a free place. The pool lives as long as its cells.
  template <class... Arguments>
  static Owned make(const std::shared_ptr<CellPool>& pool, Arguments&&... arguments) {
    return Owned(new (pool->take()) Cell(std::forward<Arguments>(arguments)...), Return{pool});
  }

 private:
  static constexpr std::size_t kCellsPerSlab = 64;
  struct Place {
    alignas(Cell) std::byte bytes[sizeof(Cell)];
  };

  void* take();
  void give_back(void* place);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Place[]>> slabs_;  // kept until the last cell is gone
  std::vector<void*> free_;
};

}  // namespace headgate::select
