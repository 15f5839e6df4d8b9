#pragma once
// The probe leases of one cell, one bit per scope. A cell may be out for several causes at once;
// its probe needs the lease of each. [any]

#include <chrono>
#include <cstdint>

#include "core/select/cell.hpp"

namespace headgate::select {

using Leases = std::uint8_t;

constexpr Leases lease_bit(Scope scope) {
  return static_cast<Leases>(1u << static_cast<unsigned>(scope));
}

// The leases of all scopes that are not in service, or none: then another probe is under way, or a
// deadline has not passed.
Leases take_leases(Cell& cell, TimePoint now);

// The probe was answered: what it had the leases of is back in service. False: it has been put out
// anew meanwhile.
bool probe_answered(Cell& cell, Leases leases, TimePoint now);

// It was not, and is asked again after `wait`.
void probe_unanswered(Cell& cell, Leases leases, TimePoint now, std::chrono::milliseconds wait);

// Undecided, so that the next request may probe.
void give_back_leases(Cell& cell, Leases leases);

}  // namespace headgate::select
