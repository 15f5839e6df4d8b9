#include "core/exchange/request_context.hpp"

#include <array>
#include <charconv>

namespace headgate::exchange {

void RequestContext::rebase(const char* from, const char* to) {
  const auto move = [&](std::string_view& view) {
    if (!view.empty()) view = std::string_view(to + (view.data() - from), view.size());
  };
  move(path);
  move(query);
  move(dialect.model);
}

void append_attempt(std::string& text, const AttemptNote& note) {
  const auto append_number = [&text](auto number) {
    std::array<char, 20> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  };
  if (!text.empty()) text += ';';
  text += note.endpoint;
  text += ':';
  if (note.status != 0) {
    append_number(note.status);
  } else {
    text += note.code;
  }
  text += '/';
  append_number(note.duration.count());
  text += "ms";
}

void append_attempts(std::string& text, std::span<const AttemptNote> notes) {
  for (const AttemptNote& note : notes) append_attempt(text, note);
}

std::string describe_attempts(std::span<const AttemptNote> notes) {
  std::string text;
  append_attempts(text, notes);
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
