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

// The text that the client has in front is a block of its own, or the beginning of the first one.
// That one is marked in no chunk, so a block that holds something beside its text is another.
void write_blocks(const JsonView& blocks, std::uint64_t text_before, std::string& out) {
  char before = '[';
  blocks.each_element([&](JsonView block) {
    const bool first = before == '[';
    const auto length = block["length"].unsigned_integer();
    const bool goes_on = first && block["kind"].equals("text") && length &&
                         !block["opaque"].exists() && !block["extra"].exists();
    out += before;
    before = ',';
    if (goes_on) {
      rewrite(block, out, [&](std::string_view name, JsonView value) {
        out += name == "length" ? std::to_string(*length + text_before) : std::string(value.raw());
      });
      return;
    }
    if (first) out += R"({"kind":"text","length":)" + std::to_string(text_before) + "},";
    out += block.raw();
  });
  if (before == '[') out += before;
  out += ']';
}

void write_message_headgate(const JsonView& headgate, std::uint64_t text_before, std::string& out) {
  rewrite(headgate, out, [&](std::string_view name, JsonView value) {
    if (name == "blocks" && !value.empty()) {
      write_blocks(value, text_before, out);
    } else {
      out += value.raw();
    }
  });
}

// The index of the block that a chunk belongs to, where a block of text came in front of all.
void write_choice_headgate(const JsonView& headgate, std::string& out) {
  rewrite(headgate, out, [&](std::string_view name, JsonView value) {
    if (name != "block" || !value.is_object()) {
      out += value.raw();
      return;
    }
    rewrite(value, out, [&](std::string_view member, JsonView of_block) {
      const auto index = of_block.unsigned_integer();
      out += member == "index" && index ? std::to_string(*index + 1) : std::string(of_block.raw());
    });
  });
}

void write_delta(const JsonView& delta, const hg::Joined& in, std::string& out) {
  bool written = false;
  std::string made;
  rewrite(delta, made, [&](std::string_view name, JsonView value) {
    if (name == "content" && in.text) {
      written = true;
      hg::llm::append_quoted(made, *in.text);
    } else if (name == "headgate" && in.text_before > 0 && value.is_object()) {
      write_message_headgate(value, in.text_before, made);
    } else {
      made += value.raw();
    }
  });
  if (!written && in.text && !in.text->empty()) {
    made.pop_back();
    if (made.size() > 1) made += ',';
    made += "\"content\":";
    hg::llm::append_quoted(made, *in.text);
    made += '}';
  }
  out += made;
}

void write_choices(const JsonView& choices, const hg::Joined& in, std::string& out) {
  const bool moved = in.text_before > 0 && in.other_first;
  char before = '[';
  choices.each_element([&](JsonView choice) {
    out += before;
    before = ',';
    rewrite(choice, out, [&](std::string_view name, JsonView value) {
      if (name == "delta") {
        write_delta(value, in, out);
      } else if (name == "headgate" && moved && value.is_object()) {
        write_choice_headgate(value, out);
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
    } else if (name == "choices" && value.is_array() && (in.text || in.text_before > 0)) {
      write_choices(value, in, out);
    } else if (name == "usage" && value.is_object()) {
      write_usage(value, in.usage, out);
    } else {
      out += value.raw();
    }
  });
  return out;
}

}  // namespace headgate_openai_chat
