#include "continuation.hpp"

#include <headgate/llm/json_writer.hpp>

namespace headgate_openai_chat {
namespace {

using hg::JsonView;

// Vendors send members that they have no value for as null, "" or empty lists.
bool says_something(const JsonView& value) {
  if (value.is_null() || value.equals("")) return false;
  return !((value.is_object() || value.is_array()) && value.empty());
}

// False: there is more than text in it.
bool read_delta(const JsonView& delta, std::string& text) {
  bool only_text = true;
  delta.each_member([&](std::string_view name, JsonView value) {
    if (name == "content" && value.is_string()) {
      only_text = only_text && value.append_text(text);
    } else if (name != "role" && says_something(value)) {
      only_text = false;
    }
  });
  return only_text;
}

bool read_choice(const JsonView& choice, std::string& text) {
  bool only_text = true;
  choice.each_member([&](std::string_view name, JsonView value) {
    if (name == "index") only_text = only_text && value.raw() == "0";
    if (name == "delta") only_text = only_text && read_delta(value, text);
    // Text that the answer begins with is not marked as a block.
    if (name == "headgate") only_text = only_text && !value["block"].exists();
    if (name == "logprobs") only_text = only_text && !says_something(value);
  });
  return only_text;
}

// Members of an object, written anew one by one: write(name, value) appends the value.
template <class Write>
void rewrite(const JsonView& object, std::string& out, Write&& write) {
  char before = '{';
  object.each_member([&](std::string_view name, JsonView value) {
    out += before;
    before = ',';
    hg::llm::append_quoted(out, name);
    out += ':';
    write(name, value);
  });
  if (before == '{') out += before;
  out += '}';
}

void write_delta(const JsonView& delta, std::string_view text, std::string& out) {
  bool written = false;
  std::string made;
  rewrite(delta, made, [&](std::string_view name, JsonView value) {
    if (name != "content") {
      made += value.raw();
      return;
    }
    written = true;
    hg::llm::append_quoted(made, text);
  });
  if (!written && !text.empty()) {
    made.pop_back();
    if (made.size() > 1) made += ',';
    made += "\"content\":";
    hg::llm::append_quoted(made, text);
    made += '}';
  }
  out += made;
}

void write_choices(const JsonView& choices, std::string_view text, std::string& out) {
  char before = '[';
  choices.each_element([&](JsonView choice) {
    out += before;
    before = ',';
    rewrite(choice, out, [&](std::string_view name, JsonView value) {
      if (name == "delta") {
        write_delta(value, text, out);
      } else {
        out += value.raw();
      }
    });
  });
  if (before == '[') out += before;
  out += ']';
}

void write_sum(const JsonView& value, std::optional<std::uint64_t> more, std::string& out) {
  const std::optional<std::uint64_t> count = value.unsigned_integer();
  if (count && more) {
    out += std::to_string(*count + *more);
  } else {
    out += value.raw();
  }
}

void write_usage(const JsonView& usage, const hg::Usage& before, std::string& out) {
  std::optional<std::uint64_t> total;
  if (before.input || before.output) {
    total = before.input.value_or(0) + before.output.value_or(0);
  }
  rewrite(usage, out, [&](std::string_view name, JsonView value) {
    if (name == "prompt_tokens") return write_sum(value, before.input, out);
    if (name == "completion_tokens") return write_sum(value, before.output, out);
    if (name == "total_tokens") return write_sum(value, total, out);
    const bool prompt = name == "prompt_tokens_details";
    if (!value.is_object() || (!prompt && name != "completion_tokens_details")) {
      out += value.raw();
      return;
    }
    rewrite(value, out, [&](std::string_view detail, JsonView count) {
      std::optional<std::uint64_t> more;
      if (prompt && detail == "cached_tokens") more = before.cache_read;
      if (prompt && detail == "cache_write_tokens") more = before.cache_write;
      if (!prompt && detail == "reasoning_tokens") more = before.reasoning;
      write_sum(count, more, out);
    });
  });
}

}  // namespace

std::optional<std::string> text_said(std::string_view chunk) {
  std::string text;
  bool only_text = true;
  const bool valid = JsonView(chunk).each_valid_member([&](auto name, auto value) {
    if (name != "choices") return;
    value.each_element(
        [&](JsonView choice) { only_text = only_text && read_choice(choice, text); });
  });
  if (!valid || !only_text) return std::nullopt;
  return text;
}

std::optional<std::string> with_prefill(std::string_view messages, std::string_view text) {
  const JsonView list(messages);
  if (!list.is_array() || list.raw().back() != ']') return std::nullopt;
  JsonView last;
  list.each_element([&](JsonView message) { last = message; });
  if (last["role"].equals("assistant")) return std::nullopt;
  std::string made(list.raw());
  made.pop_back();
  if (last.exists()) made += ',';
  made += R"({"role":"assistant","content":)";
  hg::llm::append_quoted(made, text);
  made += "}]";
  return made;
}

std::uint64_t lowered(std::uint64_t limit, std::uint64_t said) {
  return limit > said + 1 ? limit - said : 1;
}

std::string joined(const hg::Joined& in) {
  const JsonView first(in.first);
  std::string out;
  rewrite(JsonView(in.data), out, [&](std::string_view name, JsonView value) {
    if (name == "id" || name == "model" || name == "created") {
      const JsonView ours = first[name];
      out += ours.exists() ? ours.raw() : value.raw();
    } else if (name == "choices" && in.text) {
      write_choices(value, *in.text, out);
    } else if (name == "usage" && value.is_object()) {
      write_usage(value, in.usage, out);
    } else {
      out += value.raw();
    }
  });
  return out;
}

}  // namespace headgate_openai_chat
