#pragma once
// What plugins reach that belongs to no single request, tied to the parts that do it. [any]

#include "core/base/clock.hpp"
#include "core/exchange/endpoint_directory.hpp"
#include "core/exchange/wakers.hpp"
#include "core/plugin/services.hpp"

namespace headgate::cli {

class GatewayServices final : public plugin::Services {
 public:
  GatewayServices(exchange::EndpointDirectory& directory, exchange::Wakers& wakers, Clock& clock)
      : directory_(directory), wakers_(wakers), clock_(clock) {}

  std::int32_t evict(const hg_eviction& order) override;
  std::int32_t restore(std::uint64_t endpoint) override;
  std::int32_t wake(std::uint64_t waker) override;
  TimePoint now() override { return clock_.now(); }

 private:
  exchange::EndpointDirectory& directory_;
  exchange::Wakers& wakers_;
  Clock& clock_;
};

}  // namespace headgate::cli
