#include "core/exchange/policy_faults.hpp"

#include <algorithm>

#include "core/base/log.hpp"

namespace headgate::exchange {
namespace {

constexpr std::size_t kLineMax = 1024;

}  // namespace

PolicyFaults::Told& PolicyFaults::told(std::string_view plugin) {
  const auto is_it = [&](const Told& entry) { return entry.plugin == plugin; };
  const auto found = std::find_if(told_.begin(), told_.end(), is_it);
  if (found != told_.end()) return *found;
  if (told_.size() >= kPluginsMax) return told_.back();
  told_.push_back(Told{std::string(plugin), TimePoint::min(), 0});
  return told_.back();
}

void PolicyFaults::tell(const PolicyFault& fault, TimePoint now) {
  Told& entry = told(fault.plugin);
  if (now < entry.next) {
    ++entry.untold;
    return;
  }
  entry.next = now + kPeriod;
  std::string line = "policy " + std::string(fault.plugin);
  if (!fault.place.empty()) line.append(" at ").append(fault.place);
  line.append(" failed: ").append(fault.callback).append(" ").append(fault.reason);
  if (fault.passed_over) line += "; it goes on without this policy";
  line.append(" (request ").append(fault.request).append(")");
  if (entry.untold != 0) {
    line.append("; ").append(std::to_string(entry.untold)).append(" more since the last line");
  }
  entry.untold = 0;
  if (line.size() > kLineMax) line.resize(kLineMax);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  log::error(line);
}

}  // namespace headgate::exchange
