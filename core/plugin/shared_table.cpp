// hg.shared/1

#include "core/plugin/services.hpp"
#include "core/plugin/shared_objects.hpp"
#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

std::int32_t counter(const hg_host* host, std::uint64_t instance, hg_str name,
                     std::uint64_t* counter) noexcept {
  if (host == nullptr || counter == nullptr || !valid(name)) return HG_INVALID;
  return shared_of(host).counter(instance, view(name), *counter);
}

std::int32_t bucket(const hg_host* host, std::uint64_t instance, hg_str name, const hg_bucket* in,
                    std::uint64_t* bucket) noexcept {
  if (host == nullptr || in == nullptr || bucket == nullptr || !valid(name)) return HG_INVALID;
  if (!HG_HAS(in, hg_bucket, period)) return HG_INVALID;
  return shared_of(host).bucket(instance, view(name), {in->capacity, in->refill, in->period},
                                *bucket);
}

std::int32_t add(const hg_host* host, std::uint64_t counter, std::int64_t amount,
                 std::int64_t* now) noexcept {
  if (host == nullptr) return HG_INVALID;
  std::int64_t then = 0;
  const std::int32_t result = shared_of(host).add(counter, amount, then);
  if (result == HG_OK && now != nullptr) *now = then;
  return result;
}

std::int32_t take(const hg_host* host, std::uint64_t bucket, std::uint64_t tokens,
                  std::uint64_t* wait) noexcept {
  if (host == nullptr) return HG_INVALID;
  std::uint64_t wait_ms = 0;
  const std::int32_t result =
      shared_of(host).take(bucket, tokens, services_of(host).now(), wait_ms);
  if (wait != nullptr) *wait = wait_ms;
  return result;
}

}  // namespace

const hg_shared_ext kSharedTable = {
    .size = HG_END_OF(hg_shared_ext, take),
    .reserved = 0,
    .counter = counter,
    .bucket = bucket,
    .add = add,
    .take = take,
};

}  // namespace headgate::plugin
