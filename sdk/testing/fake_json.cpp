#include "fake_json.hpp"

#include <headgate/abi.h>
#include <headgate/json_view.hpp>

#include <cstdio>

namespace hg::testing {
namespace {

// Cuts the first token off a pointer, decoded.
std::string take_token(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const std::string_view raw = pointer.substr(0, pointer.find('/'));
  pointer.remove_prefix(raw.size());
  std::string token;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '~' && i + 1 < raw.size()) {
      token += raw[++i] == '1' ? '/' : '~';
    } else {
      token += raw[i];
    }
  }
  return token;
}

// `value` wrapped in one object for each token that is left.
std::string wrap(std::string_view pointer, std::string_view value) {
  if (pointer.empty()) return std::string(value);
  const std::string name = json_quote(take_token(pointer));
  return "{" + name + ":" + wrap(pointer, value) + "}";
}

// Rebuilds `parent` with `change(name, old)` asked for each member or element: it returns the new
// text, or nothing to leave it out.
struct Edit {
  std::string_view pointer;  // behind the parent
  std::string_view value;    // empty: remove
  std::int32_t result = HG_OK;

  std::string apply(const JsonView& at, std::string_view rest) {
    if (rest.empty()) return std::string(value);
    if (rest.front() != '/') return fail(HG_INVALID, at);
    const std::string token = take_token(rest);
    if (at.is_object()) return in_object(at, token, rest);
    if (at.is_array()) return in_array(at, token, rest);
    return fail(value.empty() ? HG_NOT_FOUND : HG_INVALID, at);
  }

  std::string fail(std::int32_t code, const JsonView& at) {
    result = code;
    return std::string(at.raw());
  }

  std::string in_object(const JsonView& at, const std::string& token, std::string_view rest) {
    std::string out = "{";
    bool found = false;
    at.each_member([&](std::string_view name, JsonView member) {
      std::string text(member.raw());
      if (name == token && !found) {
        found = true;
        text = apply(member, rest);
        if (text.empty()) return;
      }
      out += (out.size() > 1 ? "," : "") + json_quote(name) + ":" + text;
    });
    if (!found && value.empty()) return fail(HG_NOT_FOUND, at);
    if (!found) out += (out.size() > 1 ? "," : "") + json_quote(token) + ":" + wrap(rest, value);
    return out + "}";
  }

  std::string in_array(const JsonView& at, const std::string& token, std::string_view rest) {
    std::string out = "[";
    const auto wanted = JsonView(token).unsigned_integer();
    std::uint64_t index = 0;
    bool found = false;
    at.each_element([&](JsonView element) {
      std::string text(element.raw());
      if (wanted && *wanted == index++) {
        found = true;
        text = apply(element, rest);
        if (text.empty()) return;
      }
      out += (out.size() > 1 ? "," : "") + text;
    });
    if (token == "-" && !value.empty()) {
      out += (out.size() > 1 ? "," : "") + wrap(rest, value);
      found = true;
    }
    if (!found) return fail(value.empty() ? HG_NOT_FOUND : HG_INVALID, at);
    return out + "]";
  }
};

std::int32_t edit(std::string& body, std::string_view pointer, std::string_view value) {
  if (!JsonView::valid(body)) return HG_INVALID;
  Edit change{pointer, value};
  std::string edited = change.apply(JsonView(body), pointer);
  if (change.result == HG_OK) body = std::move(edited);
  return change.result;
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::int32_t json_set(std::string& body, std::string_view pointer, std::string_view json) {
  return JsonView::valid(json) ? edit(body, pointer, json) : HG_INVALID;
}

namespace {

bool holds_reserved_within(const JsonView& value) {
  bool found = false;
  value.each_member([&](std::string_view name, JsonView member) {
    found = found || name == "headgate" || holds_reserved_within(member);
  });
  value.each_element([&](JsonView element) { found = found || holds_reserved_within(element); });
  return found;
}

}  // namespace

bool json_holds_reserved(std::string_view body) {
  return holds_reserved_within(JsonView(body));
}

std::int32_t json_remove(std::string& body, std::string_view pointer) {
  return pointer.empty() ? HG_INVALID : edit(body, pointer, {});
}

}  // namespace hg::testing
