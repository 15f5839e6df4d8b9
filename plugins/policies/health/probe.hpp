#pragma once
// The settings of a probe, as the user wrote them.

#include <headgate/config.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace headgate_health {

struct ProbeSettings {
  std::string path;  // empty: there is no probe
  std::string method = "GET";
  std::string body;                   // JSON; empty: the path is asked
  std::vector<std::uint32_t> expect;  // empty: any 2xx
  std::chrono::milliseconds interval = std::chrono::seconds(5);
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
};

// What is wrong is told to the configuration.
ProbeSettings read_probe(const hg::Config& config);

}  // namespace headgate_health
