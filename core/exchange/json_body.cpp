#include "core/exchange/json_body.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "core/base/json_text.hpp"
#include "core/base/read_buffer.hpp"
#include "core/exchange/json_skim.hpp"

namespace headgate::exchange {
namespace {

// The first token of a JSON pointer, unescaped (RFC 6901, section 4), and what is behind it.
struct PointerStep {
  std::string_view token;
  std::string_view rest;
};

// Takes the escapes out of a token that has some.
std::optional<std::string> unescaped(std::string_view raw) {
  std::string token;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '~') {
      token += raw[i];
      continue;
    }
    if (i + 1 == raw.size() || (raw[i + 1] != '0' && raw[i + 1] != '1')) return {};
    token += raw[++i] == '0' ? '~' : '/';
  }
  return token;
}

// The token lives as long as the pointer and the arena.
std::optional<PointerStep> first_step(std::string_view pointer, Arena& arena) {
  if (pointer.empty() || pointer.front() != '/') return {};
  pointer.remove_prefix(1);
  // Pointers are short: a search by library function costs more than this loop.
  std::size_t end = 0;
  bool escaped = false;
  for (; end < pointer.size() && pointer[end] != '/'; ++end) escaped |= pointer[end] == '~';
  PointerStep step;
  step.token = pointer.substr(0, end);
  step.rest = pointer.substr(end);
  if (!escaped) return step;
  const auto token = unescaped(step.token);
  if (!token) return {};
  step.token = arena.copy(*token);
  return step;
}

std::optional<std::size_t> array_index(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size()) return {};
  if (token.size() > 1 && token.front() == '0') return {};
  return index;
}

}  // namespace

void JsonBody::assign(std::string_view text) {
  ++version_;
  text_ = text;
  scanned_ = false;
  members_.clear();
  splices_.clear();
  added_.clear();
}

void JsonBody::assign_copy(std::string_view text) {
  assign(padded_copy(arena_, text));
}

void JsonBody::share(JsonBody& other) {
  ++version_;
  text_ = other.text_;
  scanned_ = other.scanned_;
  seen_ = other.seen_;
  shape_ = other.shape_;
  members_ = other.members_;
  splices_ = other.splices_;
  added_ = other.added_;
}

bool JsonBody::is_json() {
  scan();
  return shape_ != JsonShape::invalid;
}

bool JsonBody::is_object() {
  scan();
  return shape_ == JsonShape::object;
}

JsonBody::Named JsonBody::named(std::string_view key) {
  Named found;
  if (!is_object()) return found;
  for (const JsonMember& member : members_) {
    if (!scanner_.is_named(member, key)) continue;
    found.twice = found.value.has_value();
    if (found.twice) break;
    found.value = member.value;
  }
  if (!found.value && !added_.empty()) found.value = top(key);
  return found;
}

bool JsonBody::holds_reserved() {
  scan();
  if (!seen_.reserved || !edited()) return seen_.reserved;
  flatten();  // an edit may have taken it out
  scan();
  return seen_.reserved;
}

bool JsonBody::may_hold_watched() {
  scan();
  return seen_.watched;
}

std::optional<std::string_view> JsonBody::get(std::string_view pointer) {
  if (pointer.empty()) return text();
  const auto step = first_step(pointer, arena_);
  if (!step || !is_object()) return {};
  const auto value = top(step->token);
  if (!value || step->rest.empty()) return value;
  return descend(*value, step->rest);
}

EditResult JsonBody::set(std::string_view pointer, std::string_view json) {
  json = padded_copy(arena_, json);
  SeenNames seen;
  if (!exchange::is_json(json, scanner_.watched, seen)) return EditResult::invalid;
  const EditResult result = set_checked(pointer, json);
  seen_.add(seen);  // behind the scan that an edit may begin with
  return result;
}

EditResult JsonBody::set_checked(std::string_view pointer, std::string_view json) {
  if (pointer.empty()) {
    assign(json);
    return EditResult::ok;
  }
  const auto step = first_step(pointer, arena_);
  if (!step || !is_object()) return EditResult::invalid;
  if (step->rest.empty()) {
    set_top(step->token, json);
    return EditResult::ok;
  }
  std::string_view value;
  const EditResult result = rebuilt(top(step->token).value_or("{}"), step->rest, json, value);
  if (result == EditResult::ok) set_top(step->token, value);
  return result;
}

EditResult JsonBody::remove(std::string_view pointer) {
  const auto step = first_step(pointer, arena_);
  if (!step || !is_object()) return EditResult::invalid;
  const auto current = top(step->token);
  if (!current) return EditResult::not_found;
  if (step->rest.empty()) {
    remove_top(step->token);
    return EditResult::ok;
  }
  std::string_view value;
  const EditResult result = rebuilt(*current, step->rest, {}, value);
  if (result == EditResult::ok) set_top(step->token, value);
  return result;
}

std::string_view JsonBody::text() {
  if (edited()) flatten();
  return text_;
}

std::size_t JsonBody::size() const {
  std::size_t total = text_.size();
  for (const Splice& splice : splices_) total = total - splice.erase + splice.insert.size();
  // A colon each, and commas between them and what follows.
  for (const Added& added : added_) total += added.key.size() + added.value.size() + 1;
  if (!added_.empty()) total += added_.size() - (members_.empty() ? 1 : 0);
  return total;
}

void JsonBody::append_pieces(std::pmr::vector<std::string_view>& out) const {
  std::size_t at = 0;
  if (!added_.empty()) {
    at = text_.find('{') + 1;
    out.push_back(text_.substr(0, at));
    for (std::size_t i = 0; i < added_.size(); ++i) {
      out.push_back(added_[i].key);
      out.push_back(":");
      out.push_back(added_[i].value);
      if (i + 1 < added_.size() || !members_.empty()) out.push_back(",");
    }
  }
  for (const Splice& splice : splices_) {
    if (splice.at > at) out.push_back(text_.substr(at, splice.at - at));
    out.push_back(splice.insert);
    at = splice.at + splice.erase;
  }
  if (at < text_.size()) out.push_back(text_.substr(at));
}

void JsonBody::scan() {
  if (scanned_) return;
  scanned_ = true;
  seen_ = SeenNames();
  shape_ = scanner_.scan(text_, members_, seen_);
  if (shape_ == JsonShape::invalid) members_.clear();
}

// Of a member that an edit makes.
void JsonBody::note_name(std::string_view key) {
  if (key == kReservedMember) seen_.reserved = true;
  if (scanner_.watched.has(key)) seen_.watched = true;
}

JsonMember* JsonBody::find(std::string_view key) {
  for (JsonMember& member : members_) {
    if (scanner_.is_named(member, key)) return &member;
  }
  return nullptr;
}

std::optional<std::string_view> JsonBody::top(std::string_view key) {
  if (const JsonMember* member = find(key)) return member->value;
  for (const Added& added : added_) {
    if (added.key == json_quote(key)) return added.value;
  }
  return {};
}

// After a splice the member's value is the new text, and no longer lies in text_.
void JsonBody::set_top(std::string_view key, std::string_view json) {
  ++version_;
  note_name(key);
  const auto inside = [this](std::string_view view) {
    return view.data() >= text_.data() && view.data() < text_.data() + text_.size();
  };
  if (JsonMember* member = find(key)) {
    if (inside(member->value)) {
      const auto at = static_cast<std::size_t>(member->value.data() - text_.data());
      const Splice splice{at, member->value.size(), json};
      const auto place = std::upper_bound(
          splices_.begin(), splices_.end(), at,
          [](std::size_t offset, const Splice& other) { return offset < other.at; });
      splices_.insert(place, splice);
    } else {
      for (Splice& splice : splices_) {
        if (splice.insert.data() == member->value.data()) splice.insert = json;
      }
    }
    member->value = json;
    return;
  }
  const std::string quoted = json_quote(key);
  for (Added& added : added_) {
    if (added.key == quoted) {
      added.value = json;
      return;
    }
  }
  added_.push_back(Added{arena_.copy(quoted), json});
}

// Removing is rare: the text is made anew without the member.
void JsonBody::remove_top(std::string_view key) {
  flatten();
  scan();
  std::string made = "{";
  for (const JsonMember& member : members_) {
    if (scanner_.is_named(member, key)) continue;
    if (made.size() > 1) made += ',';
    made += '"';
    made += member.key;
    made += "\":";
    made += member.value;
  }
  made += '}';
  assign_copy(made);
  scan();
}

void JsonBody::flatten() {
  if (!edited()) return;
  std::pmr::vector<std::string_view> pieces;
  append_pieces(pieces);
  std::string made;
  made.reserve(size());
  for (const std::string_view piece : pieces) made += piece;
  assign_copy(made);
}

std::optional<std::string_view> JsonBody::descend(std::string_view json, std::string_view pointer) {
  JsonMembers level;
  while (!pointer.empty()) {
    const auto step = first_step(pointer, arena_);
    if (!step) return {};
    const JsonShape shape = scanner_.scan(json, level);
    const JsonMember* hit = nullptr;
    if (shape == JsonShape::object) {
      for (const JsonMember& member : level) {
        if (scanner_.is_named(member, step->token)) hit = &member;
      }
    } else if (shape == JsonShape::array) {
      const auto index = array_index(step->token);
      if (index && *index < level.size()) hit = &level[*index];
    }
    if (hit == nullptr) return {};
    json = hit->value;
    pointer = step->rest;
  }
  return json;
}

EditResult JsonBody::rebuilt_array(std::string_view token, std::string_view rest,
                                   std::string_view value, JsonMembers& elements) {
  if (token == "-" && rest.empty() && !value.empty()) {
    elements.push_back(JsonMember{{}, value, false});
    return EditResult::ok;
  }
  const auto index = array_index(token);
  if (!index) return EditResult::invalid;
  if (*index >= elements.size()) return value.empty() ? EditResult::not_found : EditResult::invalid;
  if (!rest.empty()) return rebuilt(elements[*index].value, rest, value, elements[*index].value);
  if (value.empty()) {
    elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(*index));
  } else {
    elements[*index].value = value;
  }
  return EditResult::ok;
}

EditResult JsonBody::rebuilt(std::string_view json, std::string_view pointer,
                             std::string_view value, std::string_view& out) {
  const auto step = first_step(pointer, arena_);
  JsonMembers level;
  const JsonShape shape = step ? scanner_.scan(json, level) : JsonShape::invalid;
  std::string added_key;
  if (shape == JsonShape::array) {
    const EditResult result = rebuilt_array(step->token, step->rest, value, level);
    if (result != EditResult::ok) return result;
  } else if (shape == JsonShape::object) {
    const auto hit = std::find_if(level.begin(), level.end(), [&](const JsonMember& member) {
      return scanner_.is_named(member, step->token);
    });
    if (hit == level.end()) {
      if (value.empty()) return EditResult::not_found;
      std::string_view made = value;
      if (!step->rest.empty()) {
        const EditResult result = rebuilt(padded_copy(arena_, "{}"), step->rest, value, made);
        if (result != EditResult::ok) return result;
      }
      added_key = json_quote(step->token);
      note_name(step->token);
      level.push_back(
          JsonMember{std::string_view(added_key).substr(1, added_key.size() - 2), made, false});
    } else if (!step->rest.empty()) {
      const EditResult result = rebuilt(hit->value, step->rest, value, hit->value);
      if (result != EditResult::ok) return result;
    } else if (value.empty()) {
      level.erase(hit);
    } else {
      hit->value = value;
    }
  } else {
    return EditResult::invalid;
  }
  std::string made(1, shape == JsonShape::array ? '[' : '{');
  for (const JsonMember& member : level) {
    if (made.size() > 1) made += ',';
    if (shape == JsonShape::object) made.append(1, '"').append(member.key).append("\":");
    made += member.value;
  }
  made += shape == JsonShape::array ? ']' : '}';
  out = padded_copy(arena_, made);
  return EditResult::ok;
}

}  // namespace headgate::exchange
