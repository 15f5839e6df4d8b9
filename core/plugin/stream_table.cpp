// hg.stream/1

#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

std::int32_t emit(hg_call* call, hg_str type, hg_str data) noexcept {
  expect_own(call, "emit");
  if (!valid(type) || !valid(data)) return HG_INVALID;
  return call->emit(view(type), view(data));
}

}  // namespace

const hg_stream_ext kStreamTable = {
    .size = HG_END_OF(hg_stream_ext, emit),
    .reserved = 0,
    .emit = emit,
};

}  // namespace headgate::plugin
