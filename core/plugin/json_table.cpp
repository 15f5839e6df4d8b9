// hg.json/1

#include "core/plugin/tables.hpp"

namespace headgate::plugin {

bool valid_pointer(hg_str pointer) {
  if (!valid(pointer)) return false;
  const std::string_view text = view(pointer);
  if (text.empty()) return true;
  if (text.front() != '/') return false;
  for (std::size_t i = text.find('~'); i != text.npos; i = text.find('~', i + 1)) {
    if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return false;
  }
  return true;
}

namespace {

std::int32_t get(hg_call* call, std::uint32_t message, hg_str pointer, hg_str* json) noexcept {
  expect_own(call, "json get");
  if (!valid_message(message) || !valid_pointer(pointer) || json == nullptr) return HG_INVALID;
  std::string_view found;
  const std::int32_t result = call->json_get(message, view(pointer), found);
  *json = str(found);
  return result;
}

std::int32_t set(hg_call* call, std::uint32_t message, hg_str pointer, hg_str json) noexcept {
  expect_own(call, "json set");
  if (!valid_message(message) || !valid_pointer(pointer)) return HG_INVALID;
  if (!valid(json) || json.len == 0) return HG_INVALID;
  return call->json_set(message, view(pointer), view(json));
}

std::int32_t remove(hg_call* call, std::uint32_t message, hg_str pointer) noexcept {
  expect_own(call, "json remove");
  if (!valid_message(message) || !valid_pointer(pointer) || pointer.len == 0) return HG_INVALID;
  return call->json_remove(message, view(pointer));
}

std::int32_t holds_reserved(hg_call* call, std::uint32_t message) noexcept {
  expect_own(call, "json holds_reserved");
  return valid_message(message) ? call->json_holds_reserved(message) : HG_INVALID;
}

std::int32_t text(hg_call* call, hg_str json, hg_str* decoded) noexcept {
  expect_own(call, "json text");
  if (!valid(json) || decoded == nullptr) return HG_INVALID;
  std::string_view found;
  const std::int32_t result = call->json_text(view(json), found);
  *decoded = str(found);
  return result;
}

hg_str quote(hg_call* call, hg_str text) noexcept {
  expect_own(call, "json quote");
  return str(call->json_quote(valid(text) ? view(text) : std::string_view()));
}

}  // namespace

const hg_json_ext kJsonTable = {
    .size = HG_END_OF(hg_json_ext, holds_reserved),
    .reserved = 0,
    .get = get,
    .set = set,
    .remove = remove,
    .text = text,
    .quote = quote,
    .holds_reserved = holds_reserved,
};

}  // namespace headgate::plugin
