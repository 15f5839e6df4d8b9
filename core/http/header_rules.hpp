#pragma once
// What is true of header fields whatever they are called: how names compare, which bytes may stand
// in them, and which ones end at this hop. [any]

#include <cstddef>
#include <string_view>

#include "core/base/trim.hpp"
#include "core/http/head.hpp"

namespace headgate::http {

// REQUIRES: of one size. What equals_ignoring_case() is made of.
bool same_size_equals_ignoring_case(std::string_view a, std::string_view b);

// Equal but for the case of ASCII letters. Most names differ in length: that much is inline.
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && same_size_equals_ignoring_case(a, b);
}

// One or more token characters: a valid method or header name.
bool is_token(std::string_view text);

// No control byte but tab: can stand as a header value.
bool is_field_value(std::string_view text);

// Calls `use(element)` for each element of a comma-separated list, trimmed, the empty ones left
// out. Stops when it returns false.
template <class Use>
void for_each_list_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trimmed(list.substr(0, comma), " \t");
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (!element.empty() && !use(element)) return;
  }
}

// Connection, Keep-Alive, Proxy-Connection, Proxy-Authenticate, Proxy-Authorization, TE, Trailer,
// Transfer-Encoding, Upgrade: never passed on.
bool is_hop_by_hop(std::string_view name);

// Tells which headers of one received message end here: the ones above and those that its
// Connection headers name. Host and what describes the body cannot be taken away by naming them.
// Lives no longer than the headers it was made from.
class HopByHop {
 public:
  explicit HopByHop(const MessageHead& head)
      : headers_(head.headers), names_others_(head.connection_names) {}
  bool ends_here(std::string_view name) const;

 private:
  const Headers& headers_;
  bool names_others_ = false;  // the usual "keep-alive" and "close" name nothing else
};

}  // namespace headgate::http
