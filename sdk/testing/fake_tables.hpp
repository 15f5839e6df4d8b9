#pragma once
// The host's tables over hg_call of fake_call.hpp. For fake_host.cpp.

#include <headgate/abi.h>

#include <string_view>

namespace hg::testing {

// The table of that extension, or nullptr. hg.endpoints/1 and wake are in fake_host.cpp: they
// belong to no call.
const void* call_table(std::string_view id);

bool same_name(std::string_view a, std::string_view b);

}  // namespace hg::testing
