#include "core/select/candidates.hpp"

namespace headgate::select {
namespace {

// While another request is the probe, nobody knows when it is decided; asking again after this is
// soon enough.
constexpr std::chrono::milliseconds kProbeRecheck{250};

bool contains(std::span<const std::uint16_t> indexes, std::uint16_t index) {
  return std::find(indexes.begin(), indexes.end(), index) != indexes.end();
}

}  // namespace

Candidate Candidates::find(const Endpoint* other) {
  const std::span<const Endpoint> endpoints = group_.endpoints();
  const std::size_t choices = endpoints.size() - (other == nullptr ? 0 : 1);
  if (choices > 1 && !group_.aliases().empty()) {
    Misses passing;  // the scan will see them all
    for (int draw = 0; draw < kDrawsMax; ++draw) {
      const Endpoint& endpoint = endpoints[draw_index(other)];
      if (&endpoint == other) continue;
      Candidate candidate{&endpoint, &endpoint.cell_for(query_.model)};
      if (usable(candidate, passing)) return candidate;
    }
  }
  return choices == 0 ? Candidate() : scan(other);
}

std::size_t Candidates::draw_index(const Endpoint* other) {
  const AliasTable& aliases = group_.aliases();
  if (other == nullptr || !aliases.uniform()) return aliases.draw(rng_);
  // One of the others: shifting past the first keeps it uniform.
  const auto first = static_cast<std::size_t>(other - group_.endpoints().data());
  const std::size_t index = rng_.below(static_cast<std::uint32_t>(group_.endpoints().size() - 1));
  return index < first ? index : index + 1;
}

// By weight among all that can serve; one that wants its probe goes before them.
Candidate Candidates::scan(const Endpoint* other) {
  Candidate chosen;
  double total = 0;
  for (const Endpoint& endpoint : group_.endpoints()) {
    if (&endpoint == other) continue;
    Candidate candidate{&endpoint, &endpoint.cell_for(query_.model)};
    if (!usable(candidate, misses_)) continue;
    if (candidate.leases != 0) return candidate;
    const double weight = endpoint.weight();
    total += weight;
    // Each replaces the choice with the chance of its share so far: by weight in one pass.
    if (total == weight || rng_.uniform() * total < weight) chosen = candidate;
  }
  return chosen;
}

bool Candidates::willing(const Endpoint& endpoint, Misses& misses) const {
  if (endpoint.weight() == 0 || (query_.eligible && !query_.eligible(endpoint))) {
    misses.add(Shortage::incapable);
    return false;
  }
  if (contains(query_.excluded, endpoint.index())) {
    misses.add(Shortage::excluded);
    return false;
  }
  return true;
}

// Takes the leases of one that is half-open.
bool Candidates::usable(Candidate& candidate, Misses& misses) const {
  const Endpoint& endpoint = *candidate.endpoint;
  if (!willing(endpoint, misses)) return false;

  const ServiceState state = candidate.cell->quick_state(query_.now);
  if (state == ServiceState::out) {
    misses.add(Shortage::evicted);
    misses.returns(candidate.cell->returns_at());
    return false;
  }
  if (endpoint.base_cell().gate.full(endpoint.concurrency_max())) {
    misses.add(Shortage::full);
    return false;
  }
  if (state == ServiceState::in_service) return true;

  if (query_.may_probe) candidate.leases = take_leases(*candidate.cell, query_.now);
  if (candidate.leases != 0) return true;
  misses.add(Shortage::evicted);
  misses.returns(query_.now + kProbeRecheck);
  return false;
}

}  // namespace headgate::select
