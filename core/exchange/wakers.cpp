#include "core/exchange/wakers.hpp"

#include <utility>

#include "core/net/worker.hpp"

namespace headgate::exchange {

std::uint64_t Wakers::add(net::Worker& worker, std::function<void()> on_wake) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kWakersMax) return 0;
  entries_.emplace(next_id_, Entry{&worker, std::move(on_wake)});
  return next_id_++;
}

void Wakers::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

bool Wakers::wake(std::uint64_t id) {
  // Posted under the lock: a worker ends only after its entries were removed.
  const std::lock_guard lock(mutex_);
  const auto known = entries_.find(id);
  if (known == entries_.end()) return false;
  // The entry may be removed before the worker gets to it: it is looked up again there.
  known->second.worker->post([this, id] {
    std::function<void()> on_wake;
    {
      const std::lock_guard lock(mutex_);
      const auto hit = entries_.find(id);
      if (hit == entries_.end()) return;
      on_wake = std::move(hit->second.on_wake);
      entries_.erase(hit);
    }
    on_wake();
  });
  return true;
}

}  // namespace headgate::exchange
