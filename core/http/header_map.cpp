#include "core/http/header_map.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/http/header_rules.hpp"

namespace headgate::http {

bool HeaderMap::add_view(std::string_view name, std::string_view value) {
  assert(is_token(name) && is_field_value(value));
  if (entries_.size() == kHeadersMax) return false;
  // The arena frees nothing before its end: growing from one by doubling would waste as much again.
  constexpr std::size_t kUsual = 16;
  if (entries_.capacity() == 0) entries_.reserve(kUsual);
  entries_.push_back(Header{name, value});
  return true;
}

bool HeaderMap::add(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value) || entries_.size() == kHeadersMax) return false;
  return add_copy(name, value);
}

bool HeaderMap::add_copy(std::string_view name, std::string_view value) {
  char* const place = static_cast<char*>(arena_.allocate(name.size() + value.size() + 1, 1));
  std::memcpy(place, name.data(), name.size());
  if (!value.empty()) std::memcpy(place + name.size(), value.data(), value.size());
  return add_view({place, name.size()}, {place + name.size(), value.size()});
}

bool HeaderMap::replace(std::string_view name, std::string_view value) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!equals_ignoring_case(entries_[i].name, name)) continue;
    entries_[i].value = arena_.copy(value);
    const auto others = entries_.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    entries_.erase(std::remove_if(others, entries_.end(),
                                  [name](const Header& header) {
                                    return equals_ignoring_case(header.name, name);
                                  }),
                   entries_.end());
    return true;
  }
  return false;
}

bool HeaderMap::set(std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return false;
  return replace(name, value) || (entries_.size() < kHeadersMax && add_copy(name, value));
}

bool HeaderMap::set_known(HeaderName name, std::string_view value) {
  if (!is_field_value(value)) return false;
  return replace(name.text(), value) ||
         (entries_.size() < kHeadersMax && add_view(name.text(), arena_.copy(value)));
}

std::size_t HeaderMap::remove(std::string_view name) {
  return std::erase_if(
      entries_, [name](const Header& header) { return equals_ignoring_case(header.name, name); });
}

std::optional<std::string_view> HeaderMap::get(std::string_view name) const {
  for (const Header& header : entries_)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return std::nullopt;
}

bool HeaderMap::add_end_to_end(const MessageHead& received) {
  const HopByHop rules(received);
  for (const Header& header : received.headers) {
    if (rules.ends_here(header.name) || equals_ignoring_case(header.name, "content-length"))
      continue;
    if (!add_view(header.name, header.value)) return false;
  }
  return true;
}

}  // namespace headgate::http
