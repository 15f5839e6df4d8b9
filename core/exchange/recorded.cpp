#include "core/exchange/recorded.hpp"

namespace headgate::exchange {

void Usage::take(const hg_usage& report) {
  const auto set = [](std::optional<std::uint64_t>& field, std::uint64_t value) {
    if (value != HG_UNKNOWN_COUNT) field = value;
  };
  set(input, report.input);
  set(output, report.output);
  set(cache_read, report.cache_read);
  set(cache_write, report.cache_write);
  set(reasoning, report.reasoning);
}

hg_usage Usage::to_c() const {
  hg_usage made{};
  made.size = HG_END_OF(hg_usage, reasoning);
  made.input = input.value_or(HG_UNKNOWN_COUNT);
  made.output = output.value_or(HG_UNKNOWN_COUNT);
  made.cache_read = cache_read.value_or(HG_UNKNOWN_COUNT);
  made.cache_write = cache_write.value_or(HG_UNKNOWN_COUNT);
  made.reasoning = reasoning.value_or(HG_UNKNOWN_COUNT);
  return made;
}

}  // namespace headgate::exchange
