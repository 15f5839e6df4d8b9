#include "core/select/cell_table.hpp"

#include <functional>
#include <utility>
#include <vector>

#include "core/select/cell_pool.hpp"
#include "core/select/milliseconds.hpp"

namespace headgate::select {

std::uint64_t model_hash(std::string_view model) {
  if (model.empty()) return 0;
  const std::uint64_t hash = std::hash<std::string_view>{}(model);
  return hash == 0 ? 1 : hash;
}

std::size_t ModelCells::place_of(std::uint64_t hash) const {
  for (std::size_t step = 0; step < kPlaces; ++step) {
    const std::size_t slot = (hash + step) % kPlaces;
    const std::uint64_t found = hashes_[slot].load(std::memory_order_acquire);
    if (found == hash) return slot + 1;
    if (found == 0) return 0;
  }
  return 0;
}

Cell* ModelCells::at(std::size_t place) const {
  if (place == 0 || place > kPlaces) return nullptr;
  // Null until it is filled, and then for good.
  return cells_[place - 1].load(std::memory_order_acquire);
}

void ModelCells::insert(std::uint64_t hash, Cell& cell) {
  std::size_t slot = hash % kPlaces;
  while (hashes_[slot].load(std::memory_order_relaxed) != 0) slot = (slot + 1) % kPlaces;
  // The cell first: a reader that sees the hash takes the cell.
  cells_[slot].store(&cell, std::memory_order_release);
  hashes_[slot].store(hash, std::memory_order_release);
  size_.fetch_add(1, std::memory_order_relaxed);
}

// One (provider, authority, base path) with all its cells. Cells live as long as their target.
class Target {
 public:
  explicit Target(std::shared_ptr<CellPool> pool) : pool_(std::move(pool)) {}

  Cell& find_or_make(const CellKey& key, TimePoint now) {
    const std::lock_guard lock(mutex_);
    Key& of_key = keys_[key.key_fingerprint];
    if (!key.model.empty()) return cell_of_model(of_key, key.model, now);
    if (of_key.base == nullptr) {
      of_key.models = std::make_unique<ModelCells>();
      for (const auto& [model, cell] : of_key.by_model)
        of_key.models->insert(model_hash(model), *cell);
      of_key.base = &make_cell(of_key, "", now);
      of_key.base->models = of_key.models.get();
    }
    return *of_key.base;
  }

  Cell& learn(Cell& base, std::string_view model, TimePoint now) {
    const std::lock_guard lock(mutex_);
    for (auto& [fingerprint, key] : keys_) {
      if (key.base != &base) continue;
      Cell& found = cell_of_model(key, std::string(model), now);
      return &found == key.others ? base : found;
    }
    return base;
  }

  Cell* newest() const { return newest_.load(std::memory_order_acquire); }

 private:
  struct Key {
    Eviction eviction;
    std::map<std::string, Cell*> by_model;
    // Of endpoints that leave the model to the request, with a way to by_model that needs no lock.
    Cell* base = nullptr;
    std::unique_ptr<ModelCells> models;
    Cell* others = nullptr;  // of configured models beyond the limit
  };

  // REQUIRES: the mutex is held.
  Cell& cell_of_model(Key& key, const std::string& model, TimePoint now) {
    if (const auto known = key.by_model.find(model); known != key.by_model.end())
      return *known->second;
    if (key.by_model.size() == ModelCells::kModelsMax) {
      if (key.others == nullptr) key.others = &make_cell(key, "", now);
      return *key.others;
    }
    Cell& cell = make_cell(key, model, now);
    key.by_model.emplace(model, &cell);
    if (key.models != nullptr) key.models->insert(model_hash(model), cell);
    return cell;
  }

  // REQUIRES: the mutex is held.
  Cell& make_cell(Key& key, const std::string& model, TimePoint now) {
    const std::array<Eviction*, 3> shared = {&endpoint_, &key.eviction, &models_[model]};
    Cell& cell = *cells_.emplace_back(CellPool::make(pool_, *this, model, shared, now));
    cell.next_of_target = newest_.load(std::memory_order_relaxed);
    newest_.store(&cell, std::memory_order_release);
    return cell;
  }

  std::mutex mutex_;
  Eviction endpoint_;
  std::map<std::string, Key> keys_;         // nodes do not move
  std::map<std::string, Eviction> models_;  // by name; "" for what has none
  const std::shared_ptr<CellPool> pool_;
  std::vector<CellPool::Owned> cells_;
  std::atomic<Cell*> newest_{nullptr};
};

namespace {

// Calls `visit` with each cell that the scope of this one covers.
template <class Visit>
void for_each_in_scope(Cell& cell, Scope scope, Visit visit) {
  const Eviction* const shared = &cell.eviction(scope);
  if (scope == Scope::key_model) return visit(cell);
  for (Cell* other = cell.target.newest(); other != nullptr; other = other->next_of_target)
    if (&other->eviction(scope) == shared) visit(*other);
}

// A model scope without a name would cover models that have nothing to do with each other.
bool stands_for_many(const Cell& cell, Scope scope) {
  return scope == Scope::model && cell.model.empty();
}

}  // namespace

CellTable::CellTable() : pool_(std::make_shared<CellPool>()) {}
CellTable::~CellTable() = default;

std::shared_ptr<Cell> CellTable::find_or_make(const CellKey& key, TimePoint now) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Target>& target = targets_[{key.provider, key.authority, key.base_path}];
  if (target == nullptr) target = std::make_shared<Target>(pool_);
  return std::shared_ptr<Cell>(target, &target->find_or_make(key, now));
}

void CellTable::prune() {
  const std::lock_guard lock(mutex_);
  std::erase_if(targets_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

std::size_t CellTable::targets() const {
  const std::lock_guard lock(mutex_);
  return targets_.size();
}

Cell& learn_model(Cell& base, std::string_view model, TimePoint now) {
  if (model.empty() || base.models == nullptr) return base;
  if (Cell* const known = base.models->find(model_hash(model))) return *known;
  if (base.models->full()) return base;
  return base.target.learn(base, model, now);
}

Evicted evict(Cell& cell, Scope scope, TimePoint until, TimePoint now, double restore_health,
              Cause cause) {
  if (stands_for_many(cell, scope)) return {};
  const Evicted evicted = cell.eviction(scope).evict(until, now, cause);
  if (!evicted) return evicted;
  for_each_in_scope(cell, scope, [restore_health](Cell& each) {
    each.restore_health.store(static_cast<float>(restore_health), std::memory_order_relaxed);
    each.attention.fetch_add(1, std::memory_order_acq_rel);
  });
  return evicted;
}

bool hold_back(Cell& cell, TimePoint until) {
  if (cell.model.empty()) return false;
  cell.hold_back(until);
  return true;
}

void restore(Cell& cell, Scope scope, TimePoint now) {
  if (cell.eviction(scope).state(now) == ServiceState::in_service) return;
  cell.eviction(scope).restore(now);
  begin_return_of(cell, scope, now);
}

void begin_return_of(Cell& cell, Scope scope, TimePoint now) {
  for_each_in_scope(cell, scope, [now](Cell& each) { each.begin_return(now); });
}

}  // namespace headgate::select
