#include "core/http/header_rules.hpp"

#include <cstdint>
#include <cstring>

#include "core/base/ascii.hpp"
#include "core/base/sixteen_bytes.hpp"
#include "core/http/byte_rules.hpp"

namespace headgate::http {
namespace {

bool eight_equal_ignoring_case(const char* a, const char* b) {
  std::uint64_t left;
  std::uint64_t right;
  std::memcpy(&left, a, 8);
  std::memcpy(&right, b, 8);
  const std::uint64_t different = left ^ right;
  if (different == 0) return true;
  // Letters differ from themselves in the other case by this bit only.
  constexpr std::uint64_t kCase = every_byte(0x20);
  if ((different & ~kCase) != 0) return false;
  // The top bit of each byte says whether it is a letter.
  const std::uint64_t lowered = left | kCase;
  const std::uint64_t seven_bits = lowered & every_byte(0x7f);
  const std::uint64_t from_a = seven_bits + every_byte(0x80 - 'a');
  const std::uint64_t behind_z = seven_bits + every_byte(0x80 - 'z' - 1);
  const std::uint64_t letters = (from_a ^ behind_z) & ~lowered & every_byte(0x80);
  return ((different << 2) & ~letters) == 0;
}

// What says where the message goes and how its body is to be read.
constexpr std::string_view kNotByName[] = {"host", "content-length", "content-type",
                                           "content-encoding"};

}  // namespace

bool same_size_equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() < 8) {
    for (std::size_t at = 0; at < a.size(); ++at)
      if (lower(a[at]) != lower(b[at])) return false;
    return true;
  }
  for (std::size_t at = 0; at + 8 <= a.size(); at += 8)
    if (!eight_equal_ignoring_case(a.data() + at, b.data() + at)) return false;
  // The rest, with some of it again.
  const std::size_t last = a.size() - 8;
  return eight_equal_ignoring_case(a.data() + last, b.data() + last);
}

bool is_token(std::string_view text) {
  for (const char c : text)
    if (!is_token_byte(c)) return false;
  return !text.empty();
}

bool is_field_value(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() >= sizeof(SixteenBytes)) {
    SixteenFlags found = controls_among(load_sixteen(end - sizeof(SixteenBytes)));
    // The last piece has some of the one before it again.
    for (const char* at = text.data(); end - at > 16; at += 16) {
      found |= controls_among(load_sixteen(at));
    }
    if (!any(found)) return true;
  } else if (text.size() >= 8) {
    std::uint64_t found = 0;
    const auto look = [&found](const char* at) {
      std::uint64_t eight;
      std::memcpy(&eight, at, 8);
      found |= control_bits(eight);
    };
    look(text.data());
    look(end - 8);  // the rest, with some of it again
    if (found == 0) return true;
  }
  return find_control(text.data(), end) == end;
}

bool is_hop_by_hop(std::string_view name) {
  // By length, for most names then need not be compared at all.
  switch (name.size()) {
    case 2:
      return equals_ignoring_case(name, "te");
    case 7:
      return equals_ignoring_case(name, "trailer") || equals_ignoring_case(name, "upgrade");
    case 10:
      return equals_ignoring_case(name, "connection") || equals_ignoring_case(name, "keep-alive");
    case 16:
      return equals_ignoring_case(name, "proxy-connection");
    case 17:
      return equals_ignoring_case(name, "transfer-encoding");
    case 18:
      return equals_ignoring_case(name, "proxy-authenticate");
    case 19:
      return equals_ignoring_case(name, "proxy-authorization");
    default:
      return false;
  }
}

bool HopByHop::ends_here(std::string_view name) const {
  if (is_hop_by_hop(name)) return true;
  if (!names_others_) return false;
  for (const std::string_view known : kNotByName)
    if (equals_ignoring_case(name, known)) return false;
  bool named = false;
  headers_.find_all("connection", [&](std::string_view list) {
    for_each_list_element(list, [&](std::string_view element) {
      named = named || equals_ignoring_case(element, name);
      return !named;
    });
  });
  return named;
}

}  // namespace headgate::http
