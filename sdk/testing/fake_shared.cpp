// hg.shared/1 of the fake host: buckets do not refill by themselves.

#include <headgate/shared.h>

#include "fake_host.hpp"
#include "fake_tables.hpp"

namespace hg::testing {
namespace {

// The object of that id; null: there is none of that kind.
FakeShared* find(const hg_host* host, std::uint64_t id, bool bucket) {
  std::vector<FakeShared>& all = FakeHost::behind(host).shared;
  if (id == 0 || id > all.size() || all[id - 1].bucket != bucket) return nullptr;
  return &all[id - 1];
}

std::int32_t make(const hg_host* host, std::uint64_t instance, FakeShared made, std::uint64_t* id) {
  FakeHost& fake = FakeHost::behind(host);
  if (instance == 0) return HG_GONE;
  if (made.name.empty() || made.name.size() > 128) return HG_INVALID;
  for (*id = 1; *id <= fake.shared.size(); ++*id) {
    const FakeShared& known = fake.shared[*id - 1];
    if (known.name == made.name && known.bucket == made.bucket) return HG_OK;
  }
  if (fake.shared.size() >= fake.shared_max) return HG_LIMIT;
  fake.shared.push_back(std::move(made));
  return HG_OK;
}

std::int32_t counter(const hg_host* host, std::uint64_t instance, hg_str name,
                     std::uint64_t* id) noexcept {
  FakeShared made;
  made.name = view(name);
  return make(host, instance, std::move(made), id);
}

std::int32_t bucket(const hg_host* host, std::uint64_t instance, hg_str name, const hg_bucket* in,
                    std::uint64_t* id) noexcept {
  if (in->capacity == 0 || in->refill == 0 || in->period == 0) return HG_INVALID;
  FakeShared made;
  made.name = view(name);
  made.bucket = true;
  made.capacity = in->capacity;
  made.value = static_cast<std::int64_t>(in->capacity);
  made.token_ms = in->period / in->refill;
  return make(host, instance, std::move(made), id);
}

std::int32_t add(const hg_host* host, std::uint64_t id, std::int64_t amount,
                 std::int64_t* now) noexcept {
  FakeShared* const found = find(host, id, false);
  if (found == nullptr) return HG_GONE;
  found->value += amount;
  if (now != nullptr) *now = found->value;
  return HG_OK;
}

std::int32_t take(const hg_host* host, std::uint64_t id, std::uint64_t tokens,
                  std::uint64_t* wait) noexcept {
  FakeShared* const found = find(host, id, true);
  if (found == nullptr) return HG_GONE;
  if (tokens > found->capacity) return HG_INVALID;
  const auto left = static_cast<std::uint64_t>(found->value);
  if (tokens <= left) {
    found->value -= static_cast<std::int64_t>(tokens);
    return HG_OK;
  }
  if (wait != nullptr) *wait = (tokens - left) * found->token_ms;
  return HG_LIMIT;
}

}  // namespace

const void* shared_table() {
  static constexpr hg_shared_ext kShared = {
      HG_END_OF(hg_shared_ext, take), 0, counter, bucket, add, take};
  return &kShared;
}

}  // namespace hg::testing
