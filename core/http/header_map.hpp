#pragma once
// The header list of a message that is being made: what policies and providers edit before the head
// is written. Memory comes from the request's arena. Nothing gets in that could not be written:
// names are tokens, values have no control bytes. [worker]

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/arena.hpp"
#include "core/http/byte_rules.hpp"
#include "core/http/head.hpp"

namespace headgate::http {

class HeaderMap {
 public:
  // Entries a message may have; more are refused.
  static constexpr std::size_t kHeadersMax = 256;

  // `arena` must outlive the map.
  explicit HeaderMap(Arena& arena) : arena_(arena), entries_(arena.resource()) {}
  HeaderMap(const HeaderMap&) = delete;
  HeaderMap& operator=(const HeaderMap&) = delete;

  // Adds a header whose texts outlive the map and were checked before: the parsed ones.
  // REQUIRES: is_token(name), is_field_value(value). False when there are too many.
  bool add_view(std::string_view name, std::string_view value);
  // The same with copies in the arena.
  bool add_copy(std::string_view name, std::string_view value);
  // The same, and checked: false when name or value cannot be written.
  bool add(std::string_view name, std::string_view value);
  // Replaces all headers of this name by one, in the place of the first. False as above, and then
  // nothing has changed.
  bool set(std::string_view name, std::string_view value);
  // The same for names that are known, which need no check and no copy.
  bool set_known(HeaderName name, std::string_view value);
  // Removes all headers of this name; how many there were.
  std::size_t remove(std::string_view name);

  // The value of the first header of this name, or nothing.
  std::optional<std::string_view> get(std::string_view name) const;
  bool contains(std::string_view name) const { return get(name).has_value(); }

  // All that may be passed on of a received message, as views: without the hop-by-hop headers and
  // without Content-Length, which belongs to whoever frames the body.
  bool add_end_to_end(const MessageHead& received);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }
  const Header& operator[](std::size_t index) const { return entries_[index]; }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  // Gives the first header of this name the value and drops the others. False: there is none.
  bool replace(std::string_view name, std::string_view value);

  Arena& arena_;
  std::pmr::vector<Header> entries_;
};

}  // namespace headgate::http
