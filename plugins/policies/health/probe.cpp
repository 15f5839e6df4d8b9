#include "probe.hpp"

namespace headgate_health {
namespace {

constexpr std::chrono::milliseconds kIntervalMin = std::chrono::milliseconds(100);
constexpr std::chrono::milliseconds kTimeMax = std::chrono::hours(1);

std::chrono::milliseconds read_time(const hg::Config& config, std::chrono::milliseconds otherwise,
                                    std::chrono::milliseconds least) {
  const std::chrono::milliseconds time = config.duration(otherwise);
  if (time < least || time > kTimeMax)
    config.fault("must be from " + std::to_string(least.count()) + "ms to 1h");
  return time;
}

}  // namespace

ProbeSettings read_probe(const hg::Config& config) {
  ProbeSettings probe;
  probe.path = config["path"].text("");
  probe.method = config["method"].text(probe.method);
  const hg::Config body = config["body"];
  if (body.exists()) probe.body = body.json().raw();
  config["expect"].each_element([&](const hg::Config& status) {
    probe.expect.push_back(static_cast<std::uint32_t>(status.count(0)));
  });
  probe.interval = read_time(config["interval"], probe.interval, kIntervalMin);
  probe.timeout = read_time(config["timeout"], probe.timeout, std::chrono::milliseconds(1));
  if (body.exists()) {
    for (const char* name : {"expect", "method"})
      if (config[name].exists())
        config[name].fault("is for a probe without a body: a request is judged as any other is");
  }
  return probe;
}

}  // namespace headgate_health
