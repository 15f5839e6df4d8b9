#include "core/select/candidates.hpp"

namespace headgate::select {

bool Candidates::may_probe(Candidate& candidate) {
  if (candidate.endpoint->probed()) {
    if (query_.probe_due) query_.probe_due(*candidate.endpoint, *candidate.cell);
  } else if (query_.may_probe) {
    candidate.leases = take_leases(*candidate.cell, query_.now);
  }
  if (candidate.leases != 0) return true;
  misses_.returns(*candidate.endpoint, query_.now + kProbeRecheck);
  return miss(Shortage::evicted);
}

// By weight among all that can serve; one that wants its probe goes before them.
Candidate Candidates::scan(const Endpoint* other) {
  Candidate chosen;
  double total = 0;
  for (std::size_t index = 0; index < group_.endpoints().size(); ++index) {
    Candidate candidate = candidate_at(index);
    if (candidate.endpoint == other || !usable(candidate)) continue;
    if (candidate.leases != 0) return candidate;
    const double weight = candidate.endpoint->weight();
    total += weight;
    // Each replaces the choice with the chance of its share so far: by weight in one pass.
    if (total == weight || rng_.uniform() * total < weight) chosen = candidate;
  }
  return chosen;
}

}  // namespace headgate::select
