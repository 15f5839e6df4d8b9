#include "core/select/permit.hpp"

#include "core/select/cell_table.hpp"

namespace headgate::select {

void Permit::release() {
  if (grant_.cell == nullptr) return;
  if (grant_.leases != 0) give_back_leases(*grant_.cell, grant_.leases);
  grant_.leases = 0;
  Load::remove(*grant_.load, grant_.tokens);
  if (grant_.cell_load != nullptr) Load::remove(*grant_.cell_load, grant_.tokens);
  grant_.cell = nullptr;
}

void Permit::decide_probe(bool success, TimePoint now) {
  if (grant_.cell == nullptr || caller_credential_) return;
  Cell& cell = *grant_.cell;
  for (const Scope scope : kAllScopes) {
    if ((grant_.leases & lease_bit(scope)) == 0) continue;
    if (!success)
      cell.eviction(scope).probe_failed(now);
    else if (cell.eviction(scope).probe_succeeded(now))
      begin_return_of(cell, scope, now);
  }
  grant_.leases = 0;

  if (success && grant_.last_resort)
    for (const Scope scope : kAllScopes) restore(cell, scope, now);
  grant_.last_resort = false;
}

void Permit::fail_probe_of(Scope scope, TimePoint now) {
  if (grant_.cell == nullptr || caller_credential_) return;
  if ((grant_.leases & lease_bit(scope)) == 0) return;
  grant_.cell->eviction(scope).probe_failed(now);
  grant_.leases = static_cast<Leases>(grant_.leases & ~lease_bit(scope));
}

}  // namespace headgate::select
