#include "core/plugin/manifest_object.hpp"

#include <algorithm>
#include <utility>

namespace headgate::plugin {
namespace {

namespace json = boost::json;

json::string_view key(std::string_view name) {
  return {name.data(), name.size()};
}

std::string describe(const std::string& where, const std::string& message) {
  return "manifest" + (where.empty() ? "" : ", member '" + where + "'") + ": " + message;
}

}  // namespace

ManifestObject::ManifestObject(const json::value& value, std::string where,
                               std::vector<std::string>& faults)
    : object_(value.if_object()), where_(std::move(where)), faults_(faults) {
  if (object_ == nullptr) fault("must be an object");
}

void ManifestObject::finish() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
      member_fault(name, "is unknown: a typing mistake, or it needs a newer gateway");
    }
  }
}

const json::value* ManifestObject::find(std::string_view name) {
  asked_.push_back(name);
  return object_ == nullptr ? nullptr : object_->if_contains(key(name));
}

bool ManifestObject::has(std::string_view name) const {
  return object_ != nullptr && object_->contains(key(name));
}

std::string ManifestObject::text(std::string_view name, bool required) {
  const json::value* value = find(name);
  if (value == nullptr) {
    if (required) member_fault(name, "is missing");
    return {};
  }
  if (const json::string* found = value->if_string()) {
    if (required && found->empty()) member_fault(name, "is empty");
    return std::string(found->data(), found->size());
  }
  member_fault(name, "must be a string");
  return {};
}

bool ManifestObject::flag(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  if (const bool* found = value->if_bool()) return *found;
  member_fault(name, "must be true or false");
  return false;
}

const json::array* ManifestObject::array(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return nullptr;
  const json::array* items = value->if_array();
  if (items == nullptr) {
    member_fault(name, "must be a list");
  } else if (items->size() > kListMax) {
    member_fault(name, "has too many items");
    return nullptr;
  }
  return items;
}

std::vector<std::string> ManifestObject::texts(std::string_view name) {
  std::vector<std::string> result;
  list(name, [&](const json::value& item, const std::string& where) {
    const json::string* text = item.if_string();
    if (text == nullptr || text->empty()) {
      faults_.push_back(describe(where, "must be a string that is not empty"));
    } else {
      result.emplace_back(text->data(), text->size());
    }
  });
  return result;
}

std::uint32_t ManifestObject::word(std::string_view name, std::span<const ManifestWord> words,
                                   std::uint32_t otherwise, bool required) {
  const std::size_t before = faults_.size();
  const std::string found = text(name, required);
  if (found.empty() && (faults_.size() != before || !has(name))) return otherwise;
  return lookup(found, words, path(name)).value_or(otherwise);
}

std::uint32_t ManifestObject::bits(std::string_view name, std::span<const ManifestWord> words) {
  std::uint32_t result = 0;
  std::size_t index = 0;
  for (const std::string& text : texts(name)) {
    result |= lookup(text, words, path(name) + "/" + std::to_string(index++)).value_or(0);
  }
  return result;
}

void ManifestObject::fault(const std::string& message) {
  faults_.push_back(describe(where_, message));
}

void ManifestObject::member_fault(std::string_view name, const std::string& message) {
  faults_.push_back(describe(path(name), message));
}

std::optional<std::uint32_t> ManifestObject::lookup(std::string_view text,
                                                    std::span<const ManifestWord> words,
                                                    const std::string& where) {
  std::string known;
  for (const ManifestWord& word : words) {
    if (word.text == text) return word.value;
    known += (known.empty() ? "" : ", ") + std::string(word.text);
  }
  faults_.push_back(describe(where, "'" + std::string(text) + "' is not one of " + known));
  return std::nullopt;
}

}  // namespace headgate::plugin
