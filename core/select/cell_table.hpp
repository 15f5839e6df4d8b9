#pragma once
// All statistics cells of the process, by what they are about. A new configuration asks for its
// cells by key and finds what the old one learned.
//
// Where an endpoint leaves the model to the request, each model gets a cell of its own at its first
// success; until then, and beyond kModelsMax of them, requests use the base cell. So a client that
// invents model names fills nothing. The mutex is taken when a configuration is built and when a
// model is met for the first time, never by a pick.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "core/base/clock.hpp"
#include "core/select/cell.hpp"

namespace headgate::select {

class CellPool;

struct CellKey {
  std::string provider;   // the provider plugin's id
  std::string authority;  // host and port
  std::string base_path;
  std::string key_fingerprint;  // never the key itself; empty: no key, or the client's own
  std::string model;            // empty: whatever the request names
};

// Names a model in a query. 0: no model, and no model has it.
std::uint64_t model_hash(std::string_view model);

// The cells of one target and key by model. Read without a lock. [any]
class ModelCells {
 public:
  static constexpr std::size_t kModelsMax = 64;
  static constexpr std::size_t kPlaces = 2 * kModelsMax;

  // The cell of that model, or nothing if it has none.
  Cell* find(std::uint64_t hash) const { return at(place_of(hash)); }
  // Where it lies, for as long as the target lives: 1 to kPlaces, or 0 if it has none.
  std::size_t place_of(std::uint64_t hash) const;
  // The cell that lies there, or nothing.
  Cell* at(std::size_t place) const;
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  bool full() const { return size() == kModelsMax; }

 private:
  friend class Target;
  // REQUIRES: not full; the target's mutex is held.
  void insert(std::uint64_t hash, Cell& cell);

  std::array<std::atomic<std::uint64_t>, kPlaces> hashes_{};
  std::array<std::atomic<Cell*>, kPlaces> cells_{};
  std::atomic<std::size_t> size_{0};
};

class CellTable {
 public:
  CellTable();
  ~CellTable();
  CellTable(const CellTable&) = delete;
  CellTable& operator=(const CellTable&) = delete;

  // The same key gives the same cell for as long as the table remembers it. The pointer keeps the
  // cell and all others of its target alive, after the table too. [main]
  std::shared_ptr<Cell> find_or_make(const CellKey& key, TimePoint now);

  // Forgets the targets that nothing but the table holds. Called some time after a reload. [main]
  void prune();

  std::size_t targets() const;  // [any]

 private:
  using TargetKey = std::tuple<std::string, std::string, std::string>;
  const std::shared_ptr<CellPool> pool_;  // shared with the targets, which may outlive the table
  mutable std::mutex mutex_;
  std::map<TargetKey, std::shared_ptr<Target>> targets_;
};

// The cell of a model that just answered on `base`, made if there is room; otherwise `base`. [any]
Cell& learn_model(Cell& base, std::string_view model, TimePoint now);

// Puts one scope of the cell out of service until then, or extends it; never shortens. All cells
// of the scope are out with it. `restore_health`: the health it returns with, below 0 for a clean
// slate. Changes nothing for the model scope of a base cell, which stands for many models. [any]
Evicted evict(Cell& cell, Scope scope, TimePoint until, TimePoint now, double restore_health = -1,
              Cause cause = Cause::other);

// What the cell's upstream said of a rate limit of this key for this model; see Cell::hold_back().
// Returns false for a cell that stands for many models. [any]
bool hold_back(Cell& cell, TimePoint until);

// Back in service at once. [any]
void restore(Cell& cell, Scope scope, TimePoint now);

// A probe has brought the scope back: all its cells begin anew. [any]
void begin_return_of(Cell& cell, Scope scope, TimePoint now);

}  // namespace headgate::select
