#include "core/exchange/request_context.hpp"

#include <algorithm>
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

bool RequestContext::hold_made(std::size_t more) {
  return made.hold(worker.bodies, arena.block_bytes() + more);
}

void RequestContext::note_credential(std::string_view value) {
  if (value.empty() ||
      std::find(credentials.begin(), credentials.end(), value) != credentials.end())
    return;
  credentials.push_back(value);
}

bool RequestContext::mentions_credential(std::string_view text) const {
  return std::any_of(credentials.begin(), credentials.end(), [text](std::string_view credential) {
    return text.find(credential) != std::string_view::npos;
  });
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
  // What failed inside a good answer, an error event say, must not look like a success.
  const bool failed_inside = note.status < 300 && !note.code.empty();
  if (note.status != 0 && !failed_inside) {
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

}  // namespace headgate::exchange
