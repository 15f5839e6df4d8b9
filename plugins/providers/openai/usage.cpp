#include "usage.hpp"

namespace headgate_openai {

hg::Usage read_usage(const hg::JsonView& object) {
  hg::Usage usage;
  object.each_member([&](std::string_view name, hg::JsonView value) {
    if (name == "prompt_tokens") {
      usage.input = value.unsigned_integer();
    } else if (name == "completion_tokens") {
      usage.output = value.unsigned_integer();
    } else if (name == "prompt_tokens_details") {
      usage.cache_read = value["cached_tokens"].unsigned_integer();
      usage.cache_write = value["cache_write_tokens"].unsigned_integer();
    } else if (name == "completion_tokens_details") {
      usage.reasoning = value["reasoning_tokens"].unsigned_integer();
    }
  });
  return usage;
}

hg::JsonView find_usage(std::string_view body) {
  // In text this name would have its quotes escaped, so a hit is a member. Where the last one is
  // not the answer's own (a vendor's extension behind it), the whole is walked.
  constexpr std::string_view kName = "\"usage\"";
  constexpr std::size_t kTail = 16 * 1024;
  const std::string_view tail = body.size() > kTail ? body.substr(body.size() - kTail) : body;
  const std::size_t at = tail.rfind(kName);
  if (at != std::string_view::npos) {
    const hg::JsonView rest(tail.substr(at + kName.size()));
    if (!rest.raw().empty() && rest.raw().front() == ':') {
      const hg::JsonView value(rest.raw().substr(1));
      if (value.is_object() && value["prompt_tokens"].exists()) return value;
    }
  }
  return hg::JsonView(body)["usage"];
}

}  // namespace headgate_openai
