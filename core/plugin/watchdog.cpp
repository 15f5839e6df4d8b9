#include "core/plugin/watchdog.hpp"

namespace headgate::plugin {

std::vector<StuckCallback> Watchdog::check(TimePoint now) {
  std::vector<StuckCallback> stuck;
  std::uint32_t worker = 0;
  for (const RunningSlot& slot : slots_.slots()) {
    Seen& seen = seen_[worker];
    const RunningPlugin running = slot.read();
    // A sequence never comes again, so what is known of the last callback cannot be mistaken for
    // what is known of the next.
    if (running.plugin_id != nullptr && running.sequence != seen.sequence) {
      // First seen: when it began is not known, so it counts from now on.
      seen = Seen{running.sequence, now, kTooLong};
    } else if (running.plugin_id != nullptr) {
      const auto ran = std::chrono::duration_cast<std::chrono::milliseconds>(now - seen.since);
      if (ran >= seen.report_after) {
        stuck.push_back(StuckCallback{worker, running.plugin_id, running.callback, ran});
        seen.report_after = ran * kAgainFactor;
      }
    }
    ++worker;
  }
  return stuck;
}

std::string describe(const StuckCallback& stuck) {
  return std::string(stuck.plugin_id) + ": " + stuck.callback + " holds up worker " +
         std::to_string(stuck.worker) + " for at least " + std::to_string(stuck.at_least.count()) +
         " ms";
}

}  // namespace headgate::plugin
