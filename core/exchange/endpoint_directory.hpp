#pragma once
// From the 64-bit ids that plugins hold to endpoints. An id is never used twice, so one that
// outlived its snapshot is found to be gone. Evictions are rare: a lock is good enough. [any]

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/base/clock.hpp"
#include "core/observe/gateway_metrics.hpp"
#include "core/select/cell_table.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/select/eviction.hpp"

namespace headgate::exchange {

class EndpointDirectory {
 public:
  // Ends the entry when it is destroyed.
  class Registration {
   public:
    Registration(EndpointDirectory& directory, std::uint64_t id)
        : directory_(&directory), id_(id) {}
    Registration(Registration&& other) noexcept : directory_(other.directory_), id_(other.id_) {
      other.directory_ = nullptr;
    }
    Registration& operator=(Registration&&) = delete;
    ~Registration() {
      if (directory_) directory_->remove(id_);
    }

   private:
    EndpointDirectory* directory_;
    std::uint64_t id_;
  };

  // Names an endpoint of a set. `id` is for plugins; the registration keeps it alive. `series`
  // counts its evictions and outlives the directory; null: they are not counted.
  Registration add(std::shared_ptr<const select::EndpointSet> set, std::uint16_t endpoint,
                   observe::EndpointSeries* series, std::uint64_t& id);

  // The id of the same endpoint for one model that it leaves to the request (model_place()).
  static std::uint64_t id_for(std::uint64_t id, std::size_t model_place) {
    return id | std::uint64_t{model_place} << kPlaceShift;
  }

  enum class Result : std::uint8_t { ok, gone, limit };

  // What is to be out, for how long and why.
  struct Order {
    select::Scope scope = select::Scope::endpoint;
    milliseconds length{0};
    std::uint32_t max_percent = 100;
    select::Cause cause = select::Cause::other;
    double restore_health = -1;  // what it returns with; below 0: its failures are forgotten
  };

  // As hg.endpoints/1 has it: extends only, and never puts out more than `max_percent` of the
  // group.
  Result evict(std::uint64_t id, const Order& order, TimePoint now);
  Result restore(std::uint64_t id, TimePoint now);

 private:
  struct Entry {
    std::shared_ptr<const select::EndpointSet> set;
    std::uint16_t endpoint = 0;
    observe::EndpointSeries* series = nullptr;
  };

  // Above the number of the endpoint stands the model's place, below 256.
  static constexpr int kPlaceShift = 56;
  static_assert(select::ModelCells::kPlaces < 256);

  void remove(std::uint64_t id);
  // With its cell for the model that the id is for.
  std::optional<std::pair<Entry, select::Cell*>> find_cell(std::uint64_t id);
  std::optional<Entry> find(std::uint64_t id);

  std::mutex mutex_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Entry> entries_;
};

}  // namespace headgate::exchange
