// hg.credential/1

#include "core/plugin/tables.hpp"

namespace headgate::plugin {

namespace {

// The plugin's struct as a whole one, or false where it says something impossible.
bool read_credential(const hg_credential* from, hg_credential& credential) {
  if (from == nullptr) return false;
  hg_credential none{};
  none.size = HG_END_OF(hg_credential, prefix);
  credential = read_struct(from, none);
  if (!valid(credential.value) || !valid(credential.name) || !valid(credential.prefix)) {
    return false;
  }
  if (credential.kind > HG_CREDENTIAL_CLOUD) credential.kind = HG_CREDENTIAL_NONE;
  if (credential.place > HG_PLACE_COOKIE) return false;
  return credential.place == HG_PLACE_DEFAULT || credential.name.len != 0;
}

std::int32_t set(hg_call* call, const hg_credential* from) noexcept {
  expect_own(call, "credential set");
  hg_credential credential{};
  if (!read_credential(from, credential)) return HG_INVALID;
  return call->credential_set(credential);
}

std::int32_t consume(hg_call* call, hg_str header) noexcept {
  expect_own(call, "credential consume");
  if (!valid(header) || header.len == 0) return HG_INVALID;
  return call->credential_consume(view(header));
}

std::int32_t place(hg_call* call, const hg_credential* from) noexcept {
  expect_own(call, "credential place");
  hg_credential credential{};
  if (!read_credential(from, credential)) return HG_INVALID;
  return call->credential_place(credential);
}

}  // namespace

const hg_credential_ext kCredentialTable = {
    .size = HG_END_OF(hg_credential_ext, place),
    .reserved = 0,
    .set = set,
    .consume = consume,
    .place = place,
};

}  // namespace headgate::plugin
