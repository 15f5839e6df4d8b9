#pragma once
// What all workers of a gateway share (shared.h), in a class that says kNeeds = hg::kShared:
//
//   explicit Limit(const hg::Config& config)
//       : bucket_(config["rate"], "requests", {100, 10, std::chrono::seconds(1)}) {}
//   hg::Action on_request(hg::Call& call) {
//     if (const auto taken = bucket_.take(); !taken) return refuse(call, taken.wait);
//     ...
//   hg::TokenBucket bucket_;
//
// What cannot be made is a fault of the configuration that it is made with, so the gateway does not
// go on without it.

#include <headgate/shared.h>
#include <headgate/config.hpp>
#include <headgate/host.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hg {
namespace detail {

inline void fault_of_shared(const Config& config, std::int32_t result, const char* what) {
  if (result == HG_OK) return;
  const char* const why = result == HG_LIMIT     ? "there are too many of them"
                          : result == HG_INVALID ? "its name or its bounds are out of range"
                                                 : "the gateway does not know the instance";
  config.fault(std::string(what) + " cannot be kept: " + why);
}

}  // namespace detail

// A number that begins at 0.
class SharedCounter {
 public:
  // The same name in the same configured use of the plugin is the same counter, also after a
  // reload. Takes a lock. [main]
  SharedCounter(const Config& config, std::string_view name) : host_(config.host()) {
    detail::fault_of_shared(
        config, hg::host().shared->counter(host_, config.instance(), str(name), &id_), "a counter");
  }

  // Adds, and returns what it is then. [any]
  std::int64_t add(std::int64_t amount = 1) const noexcept {
    std::int64_t now = 0;
    hg::host().shared->add(host_, id_, amount, &now);
    return now;
  }
  std::int64_t value() const noexcept { return add(0); }

 private:
  const hg_host* host_;
  std::uint64_t id_ = 0;
};

// So many tokens come back in each period, evenly, until there are `capacity`. It begins full.
class TokenBucket {
 public:
  struct Rate {
    std::uint64_t capacity = 0;
    std::uint64_t refill = 0;
    std::chrono::milliseconds period{0};
  };
  struct Taken {
    bool ok = false;
    // Until there are so many, if nobody else takes any. Nothing where they were taken, and where
    // there never are so many.
    std::optional<std::chrono::milliseconds> wait;
    explicit operator bool() const noexcept { return ok; }
  };

  // As SharedCounter. The bounds of a rate are those of hg_bucket. [main]
  TokenBucket(const Config& config, std::string_view name, const Rate& rate)
      : host_(config.host()) {
    hg_bucket in{};
    in.size = HG_END_OF(hg_bucket, period);
    in.capacity = rate.capacity;
    in.refill = rate.refill;
    in.period = rate.period.count() < 0 ? 0 : static_cast<std::uint64_t>(rate.period.count());
    detail::fault_of_shared(
        config, hg::host().shared->bucket(host_, config.instance(), str(name), &in, &id_),
        "a token bucket");
  }

  // All of them, or none. [any]
  Taken take(std::uint64_t tokens = 1) const noexcept {
    std::uint64_t wait = 0;
    const std::int32_t result = hg::host().shared->take(host_, id_, tokens, &wait);
    Taken taken;
    taken.ok = result == HG_OK;
    if (result == HG_LIMIT) taken.wait = std::chrono::milliseconds(static_cast<std::int64_t>(wait));
    return taken;
  }

 private:
  const hg_host* host_;
  std::uint64_t id_ = 0;
};

}  // namespace hg
