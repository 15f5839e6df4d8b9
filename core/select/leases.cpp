#include "core/select/leases.hpp"

#include "core/select/cell_table.hpp"

namespace headgate::select {

Leases take_leases(Cell& cell, TimePoint now) {
  Leases taken = 0;
  for (const Scope scope : kAllScopes) {
    Eviction& eviction = cell.eviction(scope);
    if (eviction.state(now) == ServiceState::in_service) continue;
    if (!eviction.try_lease(now)) {
      give_back_leases(cell, taken);
      return 0;
    }
    taken |= lease_bit(scope);
  }
  return taken;
}

bool probe_answered(Cell& cell, Leases leases, TimePoint now) {
  bool back = false;
  for (const Scope scope : kAllScopes) {
    if ((leases & lease_bit(scope)) == 0 || !cell.eviction(scope).probe_succeeded(now)) continue;
    begin_return_of(cell, scope, now);
    back = true;
  }
  return back;
}

void probe_unanswered(Cell& cell, Leases leases, TimePoint now, std::chrono::milliseconds wait) {
  for (const Scope scope : kAllScopes)
    if ((leases & lease_bit(scope)) != 0) cell.eviction(scope).probe_failed(now, wait);
}

void give_back_leases(Cell& cell, Leases leases) {
  for (const Scope scope : kAllScopes)
    if ((leases & lease_bit(scope)) != 0) cell.eviction(scope).give_back_lease();
}

}  // namespace headgate::select
