#include "usage.hpp"

#include <cstring>

namespace headgate_openai {

hg::Usage read_usage(const hg::JsonView& object) {
  hg::Usage usage;
  object.each_member([&](std::string_view name, hg::JsonView value) {
    if (name == "prompt_tokens") {
      usage.input = value.unsigned_integer();
    } else if (name == "completion_tokens") {
      usage.output = value.unsigned_integer();
    } else if (name == "prompt_tokens_details") {
      value.each_member([&](std::string_view detail, hg::JsonView count) {
        if (detail == "cached_tokens") usage.cache_read = count.unsigned_integer();
        if (detail == "cache_write_tokens") usage.cache_write = count.unsigned_integer();
      });
    } else if (name == "completion_tokens_details") {
      usage.reasoning = value["reasoning_tokens"].unsigned_integer();
    }
  });
  return usage;
}

namespace {

constexpr std::string_view kUsage = "\"usage\"";
constexpr std::string_view kChoices = "\"choices\"";

// Where the last kUsage in `text` begins. By its second letter, which is rarer than its first.
std::size_t find_last_usage(std::string_view text) {
  if (text.empty()) return std::string_view::npos;
  std::size_t bound = text.size();  // the letter stands before it
  while (const void* const found = memrchr(text.data(), kUsage[1], bound)) {
    bound = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (bound > 0 && text.substr(bound - 1, kUsage.size()) == kUsage) return bound - 1;
  }
  return std::string_view::npos;
}

}  // namespace

// In text this name would have its quotes escaped, so a hit is a member.
hg::JsonView find_usage_in_tail(std::string_view tail) {
  const std::size_t at = find_last_usage(tail);
  if (at == std::string_view::npos) return hg::JsonView();
  const hg::JsonView rest(tail.substr(at + kUsage.size()));
  if (rest.raw().empty() || rest.raw().front() != ':') return hg::JsonView();
  const hg::JsonView value(rest.raw().substr(1));
  return value.is_object() && value["prompt_tokens"].exists() ? value : hg::JsonView();
}

hg::JsonView find_usage(std::string_view body) {
  // Where the last one is not the answer's own (a vendor's extension behind it), the whole is
  // walked.
  constexpr std::size_t kTail = 16 * 1024;
  const std::string_view tail = body.size() > kTail ? body.substr(body.size() - kTail) : body;
  const hg::JsonView last = find_usage_in_tail(tail);
  return last.exists() ? last : hg::JsonView(body)["usage"];
}

// By its third letter, which is rarer than the first two.
bool has_choices(std::string_view body) {
  for (std::size_t at = 0; (at = body.find(kChoices[2], at)) != std::string_view::npos; ++at)
    if (at >= 2 && body.substr(at - 2, kChoices.size()) == kChoices) return true;
  return false;
}

}  // namespace headgate_openai
