#include "core/exchange/request_context.hpp"

namespace headgate::exchange {

void RequestContext::rebase(const char* from, const char* to) {
  const auto move = [&](std::string_view& view) {
    if (!view.empty()) view = std::string_view(to + (view.data() - from), view.size());
  };
  move(path);
  move(query);
  move(dialect.model);
}

std::string describe_attempt(const AttemptNote& note) {
  std::string text(note.endpoint);
  text += ':';
  text += note.status != 0 ? std::to_string(note.status) : std::string(note.code);
  text += '/';
  text += std::to_string(note.duration.count());
  text += "ms";
  return text;
}

std::string describe_attempts(const std::vector<AttemptNote>& notes) {
  std::string text;
  for (const AttemptNote& note : notes) {
    if (!text.empty()) text += ';';
    text += describe_attempt(note);
  }
  return text;
}

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
