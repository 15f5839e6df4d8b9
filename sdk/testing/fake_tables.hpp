#pragma once
// The host's tables over hg_call of fake_call.hpp. For fake_host.cpp.

#include <headgate/abi.h>
#include <headgate/async.h>

#include <string_view>

namespace hg::testing {

// The table of that extension, or nullptr. hg.endpoints/1 and wake are in fake_host.cpp: they
// belong to no call.
const void* call_table(std::string_view id);

// hg.metrics/1, of a FakeHost.
const void* metrics_table();
// hg.shared/1, likewise.
const void* shared_table();

// Of hg.async/1.
std::int32_t http_of_call(hg_call* call, const hg_http_request* request,
                          std::uint64_t* id) noexcept;
std::int32_t http_answer_of_call(hg_call* call, hg_http_answer* answer) noexcept;

bool same_name(std::string_view a, std::string_view b);

}  // namespace hg::testing
