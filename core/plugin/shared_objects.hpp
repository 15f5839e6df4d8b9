#pragma once
// Counters and token buckets that all workers share, behind hg.shared/1. Making one takes a lock,
// using one does not: an id names a place in a table of fixed size and the use that is made of it,
// so one that has gone is found out.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"

namespace headgate::plugin {

// A token bucket as one number: when it would be full again. What that is ahead of now is what has
// been taken. [any]
class TokenLevel {
 public:
  // Takes `cost` where no more than `room` would be taken then. 0, or how long until there is room;
  // all in ns. REQUIRES: cost <= room.
  std::int64_t take(std::int64_t now, std::int64_t cost, std::int64_t room);
  void reset() { full_at_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> full_at_{0};
};

struct BucketRates {
  std::uint64_t capacity = 0;
  std::uint64_t refill = 0;
  std::uint64_t period = 0;  // ms
};

class SharedObjects {
 public:
  static constexpr std::size_t kPerInstanceMax = 256;
  static constexpr std::size_t kAllMax = 16'384;
  static constexpr std::size_t kNameMax = 128;

  // An instance, which keeps what it asks for until close(). Those with the same plugin, place and
  // name see the same objects. Never 0. [any]
  std::uint64_t open(std::string_view plugin, std::string_view place, std::string_view name);
  void close(std::uint64_t instance);

  // HG_* codes, as shared.h says. [any]
  std::int32_t counter(std::uint64_t instance, std::string_view name, std::uint64_t& id);
  std::int32_t bucket(std::uint64_t instance, std::string_view name, const BucketRates& rates,
                      std::uint64_t& id);
  std::int32_t add(std::uint64_t id, std::int64_t amount, std::int64_t& now);
  std::int32_t take(std::uint64_t id, std::uint64_t tokens, TimePoint now, std::uint64_t& wait_ms);

 private:
  enum class Kind : std::uint32_t { none, counter, bucket };
  struct Object {
    std::atomic<std::uint32_t> use{0};  // another one each time it is made; even while it is free
    // Set under the lock; whoever holds an id that is just going may read while they are set anew.
    std::atomic<Kind> kind{Kind::none};
    std::atomic<std::uint64_t> capacity{0};
    std::atomic<std::int64_t> token_ns{0};
    std::atomic<std::int64_t> count{0};
    TokenLevel level;
    // Under the lock.
    std::size_t users = 0;
    std::string key;
  };
  struct Holder {
    std::string identity;
    std::vector<std::uint32_t> objects;
  };
  static constexpr std::size_t kChunk = 256;

  Object& at(std::uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  Object* find(std::uint64_t id, Kind kind);
  std::int32_t hold(std::uint64_t instance, std::string_view name, Kind kind,
                    const BucketRates& rates, std::int64_t token_ns, std::uint64_t& id);
  // Under the lock; kAllMax when there is no room.
  std::uint32_t make(std::string key, Kind kind, std::uint64_t capacity, std::int64_t token_ns);
  std::uint64_t id_of(std::uint32_t index);

  std::mutex mutex_;
  std::uint64_t last_instance_ = 0;
  std::map<std::uint64_t, Holder> holders_;
  std::map<std::string, std::uint32_t, std::less<>> by_key_;
  std::vector<std::uint32_t> free_;
  // Who has an id of an object sees its chunk.
  std::array<std::unique_ptr<Object[]>, kAllMax / kChunk> chunks_;
  std::atomic<std::uint32_t> made_{0};
};

}  // namespace headgate::plugin
