#include "core/plugin/shared_objects.hpp"

#include <headgate/abi.h>

#include <algorithm>
#include <utility>

namespace headgate::plugin {
namespace {

constexpr std::uint64_t kNanosPerMilli = 1'000'000;
constexpr std::int64_t kTokenNanosMin = 1'000;  // 1,000,000 tokens a second
constexpr std::int64_t kFullNanosMax = std::int64_t{10} * 365 * 24 * 3600 * 1'000'000'000;

void append_part(std::string& out, std::string_view part) {
  out.append(std::to_string(part.size())).append(":").append(part);
}

// Rounded up, so that never more comes back than was said. 0: out of bounds.
std::int64_t token_time(const BucketRates& rates) {
  constexpr auto kMax = static_cast<std::uint64_t>(kFullNanosMax);
  if (rates.capacity == 0 || rates.refill == 0 || rates.period == 0) return 0;
  if (rates.period > kMax / kNanosPerMilli) return 0;
  const std::uint64_t period = rates.period * kNanosPerMilli;
  const std::uint64_t each = period / rates.refill + (period % rates.refill != 0 ? 1 : 0);
  if (period / rates.refill < static_cast<std::uint64_t>(kTokenNanosMin)) return 0;
  if (rates.capacity > kMax / each) return 0;
  return static_cast<std::int64_t>(each);
}

}  // namespace

std::int64_t TokenLevel::take(std::int64_t now, std::int64_t cost, std::int64_t room) {
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  while (true) {
    const std::int64_t taken = std::max(full_at, now) + cost;
    if (taken - now > room) return taken - now - room;
    if (full_at_.compare_exchange_weak(full_at, taken, std::memory_order_relaxed)) return 0;
  }
}

std::uint64_t SharedObjects::open(std::string_view plugin, std::string_view place,
                                  std::string_view name) {
  Holder holder;
  for (const std::string_view part : {plugin, place, name}) append_part(holder.identity, part);
  const std::lock_guard lock(mutex_);
  holders_.emplace(++last_instance_, std::move(holder));
  return last_instance_;
}

void SharedObjects::close(std::uint64_t instance) {
  const std::lock_guard lock(mutex_);
  const auto found = holders_.find(instance);
  if (found == holders_.end()) return;
  for (const std::uint32_t index : found->second.objects) {
    Object& object = at(index);
    if (--object.users != 0) continue;
    object.use.fetch_add(1, std::memory_order_release);
    by_key_.erase(object.key);
    free_.push_back(index);
  }
  holders_.erase(found);
}

std::uint64_t SharedObjects::id_of(std::uint32_t index) {
  const std::uint64_t use = at(index).use.load(std::memory_order_relaxed);
  return use << 32 | index;
}

std::uint32_t SharedObjects::make(std::string key, Kind kind, std::uint64_t capacity,
                                  std::int64_t token_ns) {
  std::uint32_t index = made_.load(std::memory_order_relaxed);
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (index == kAllMax) {
    return index;
  } else {
    if (index % kChunk == 0) chunks_[index / kChunk] = std::make_unique<Object[]>(kChunk);
    made_.store(index + 1, std::memory_order_release);
  }
  Object& object = at(index);
  object.kind.store(kind, std::memory_order_relaxed);
  object.capacity.store(capacity, std::memory_order_relaxed);
  object.token_ns.store(token_ns, std::memory_order_relaxed);
  object.count.store(0, std::memory_order_relaxed);
  object.level.reset();
  object.key = std::move(key);
  object.use.fetch_add(1, std::memory_order_release);
  by_key_.emplace(object.key, index);
  return index;
}

std::int32_t SharedObjects::hold(std::uint64_t instance, std::string_view name, Kind kind,
                                 const BucketRates& rates, std::int64_t token_ns,
                                 std::uint64_t& id) {
  if (name.empty() || name.size() > kNameMax) return HG_INVALID;
  const std::lock_guard lock(mutex_);
  const auto found = holders_.find(instance);
  if (found == holders_.end()) return HG_GONE;
  Holder& holder = found->second;
  std::string key = holder.identity;
  append_part(key, name);
  append_part(key, kind == Kind::counter ? "counter" : "bucket");
  for (const std::uint64_t rate : {rates.capacity, rates.refill, rates.period}) {
    append_part(key, std::to_string(rate));
  }
  const auto known = by_key_.find(key);
  const bool there = known != by_key_.end();
  const bool held = there && std::find(holder.objects.begin(), holder.objects.end(),
                                       known->second) != holder.objects.end();
  if (!held && holder.objects.size() == kPerInstanceMax) return HG_LIMIT;
  const std::uint32_t index =
      there ? known->second : make(std::move(key), kind, rates.capacity, token_ns);
  if (index == kAllMax) return HG_LIMIT;
  if (!held) {
    holder.objects.push_back(index);
    ++at(index).users;
  }
  id = id_of(index);
  return HG_OK;
}

std::int32_t SharedObjects::counter(std::uint64_t instance, std::string_view name,
                                    std::uint64_t& id) {
  return hold(instance, name, Kind::counter, {}, 0, id);
}

std::int32_t SharedObjects::bucket(std::uint64_t instance, std::string_view name,
                                   const BucketRates& rates, std::uint64_t& id) {
  const std::int64_t token_ns = token_time(rates);
  return token_ns == 0 ? HG_INVALID : hold(instance, name, Kind::bucket, rates, token_ns, id);
}

SharedObjects::Object* SharedObjects::find(std::uint64_t id, Kind kind) {
  const auto index = static_cast<std::uint32_t>(id);
  if (index >= made_.load(std::memory_order_acquire)) return nullptr;
  Object& object = at(index);
  const std::uint32_t use = object.use.load(std::memory_order_acquire);
  if (use != id >> 32 || use % 2 != 1) return nullptr;
  return object.kind.load(std::memory_order_relaxed) == kind ? &object : nullptr;
}

std::int32_t SharedObjects::add(std::uint64_t id, std::int64_t amount, std::int64_t& now) {
  Object* const object = find(id, Kind::counter);
  if (object == nullptr) return HG_GONE;
  // Atomic integers wrap around.
  const std::int64_t before = object->count.fetch_add(amount, std::memory_order_relaxed);
  now = static_cast<std::int64_t>(static_cast<std::uint64_t>(before) +
                                  static_cast<std::uint64_t>(amount));
  return HG_OK;
}

std::int32_t SharedObjects::take(std::uint64_t id, std::uint64_t tokens, TimePoint now,
                                 std::uint64_t& wait_ms) {
  Object* const object = find(id, Kind::bucket);
  if (object == nullptr) return HG_GONE;
  const std::uint64_t capacity = object->capacity.load(std::memory_order_relaxed);
  const std::int64_t token_ns = object->token_ns.load(std::memory_order_relaxed);
  if (tokens > capacity) return HG_INVALID;
  const auto at = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch());
  const std::int64_t cost = static_cast<std::int64_t>(tokens) * token_ns;
  const std::int64_t room = static_cast<std::int64_t>(capacity) * token_ns;
  const auto wait = static_cast<std::uint64_t>(object->level.take(at.count(), cost, room));
  if (wait == 0) return HG_OK;
  wait_ms = (wait + kNanosPerMilli - 1) / kNanosPerMilli;
  return HG_LIMIT;
}

}  // namespace headgate::plugin
