#pragma once
// hg.json/1 over a std::string, the plain way: for the fake host only.

#include <cstdint>
#include <string>
#include <string_view>

namespace hg::testing {

std::string json_quote(std::string_view text);
// HG_* codes, as json.h has them.
std::int32_t json_set(std::string& body, std::string_view pointer, std::string_view json);
std::int32_t json_remove(std::string& body, std::string_view pointer);
bool json_holds_reserved(std::string_view body);

}  // namespace hg::testing
