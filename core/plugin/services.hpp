#pragma once
// What plugins reach that belongs to no single request. core/plugin offers it to them; the layers
// above implement it and hand it over at start-up.

#include <headgate/endpoints.h>

#include <cstdint>

#include "core/base/clock.hpp"

namespace headgate::plugin {

class Services {
 public:
  virtual ~Services() = default;

  // hg.endpoints/1; ids and codes as in sdk/include/headgate/endpoints.h. [worker]
  // REQUIRES: the order is whole, and its values are known ones.
  virtual std::int32_t evict(const hg_eviction& order) = 0;
  virtual std::int32_t restore(std::uint64_t endpoint) = 0;

  // hg.async/1: ends the pause that `waker` was made for. [any]
  virtual std::int32_t wake(std::uint64_t waker) = 0;

  // hg.shared/1: what buckets are refilled by. [any]
  virtual TimePoint now() = 0;
};

}  // namespace headgate::plugin
