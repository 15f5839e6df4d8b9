#pragma once
// Says in the program's log which policy failed, in which callback and why: clients are only told
// that one did. Of one plugin a line a second at most, with a count of those between. [worker]

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"

namespace headgate::exchange {

struct PolicyFault {
  std::string_view plugin;
  std::string_view place;  // in the configuration
  std::string_view callback;
  std::string_view reason;
  std::string_view request;  // id
  bool passed_over = false;  // the request goes on without it
};

class PolicyFaults {
 public:
  static constexpr std::size_t kPluginsMax = 64;  // that are told apart; the others share a place
  static constexpr std::chrono::seconds kPeriod{1};

  void tell(const PolicyFault& fault, TimePoint now);

 private:
  struct Told {
    std::string plugin;
    TimePoint next;
    std::uint64_t untold = 0;
  };
  Told& told(std::string_view plugin);

  std::vector<Told> told_;
};

}  // namespace headgate::exchange
