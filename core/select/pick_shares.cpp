#include "core/select/pick_shares.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/select/candidates.hpp"

namespace headgate::select {
namespace {

double& share_of(std::vector<ReasonShares>& shares, std::size_t index, PickReason reason) {
  return shares[index][static_cast<std::size_t>(reason)];
}

// What serves of two that were drawn, each with its part of 1.
struct Outcome {
  bool second = false;
  PickReason reason = PickReason::first;
  double part = 0;
};
struct Outcomes {
  std::array<Outcome, 2> all;
  std::size_t size = 0;
  void add(bool second, PickReason reason, double part) { all[size++] = {second, reason, part}; }
};

Outcomes outcomes_of(const Drawn& first, const Drawn& second, const Settings& settings) {
  Outcomes outcomes;
  double left = 1;
  if (first.stale || second.stale) {
    const double part = first.stale && second.stale ? 1.0 / kStaleOdds : 1;
    outcomes.add(second_in_turn(first, second), PickReason::out_of_turn, part);
    left -= part;
  }
  if (left <= 0) return outcomes;
  const bool swap = second_is_cheaper(first, second, settings);
  outcomes.add(swap, swap ? PickReason::cheaper : PickReason::first, left);
  return outcomes;
}

class ExactShares {
 public:
  ExactShares(const Group& group, const std::vector<Chance>& chances)
      : group_(group), chances_(chances), shares_(chances.size()) {
    for (const Chance& chance : chances) weights_ += chance.weight;
  }

  std::vector<ReasonShares> run() {
    const std::vector<double> first = found(std::nullopt);
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (first[i] <= 0) continue;
      if (chances_[i].probe) {
        share_of(shares_, i, PickReason::probe) += first[i];
      } else {
        add_pairs(i, first[i]);
      }
    }
    return std::move(shares_);
  }

 private:
  void add_pairs(std::size_t i, double chance) {
    double alone = chance;
    const std::vector<double> second = found(i);
    for (std::size_t j = 0; j < second.size(); ++j) {
      const double pair = chance * second[j];
      if (pair <= 0) continue;
      alone -= pair;
      if (chances_[j].probe) {
        share_of(shares_, j, PickReason::probe) += pair;
        continue;
      }
      const Outcomes outcomes =
          outcomes_of(chances_[i].drawn, chances_[j].drawn, group_.settings());
      for (std::size_t k = 0; k < outcomes.size; ++k) {
        const Outcome& outcome = outcomes.all[k];
        share_of(shares_, outcome.second ? j : i, outcome.reason) += pair * outcome.part;
      }
    }
    // There is a second one always or never.
    if (alone > chance / 2) share_of(shares_, i, PickReason::only) += chance;
  }

  // The chance of each to be what Candidates::find(other) returns.
  std::vector<double> found(std::optional<std::size_t> other) const {
    const std::size_t size = chances_.size();
    std::vector<double> chance(size, 0);
    const std::size_t choices = size - (other ? 1 : 0);
    double missed = 1;
    if (choices > 1 && !group_.aliases().empty()) {
      double hit = 0;
      for (std::size_t i = 0; i < size; ++i) {
        if (!usable(i, other)) continue;
        chance[i] = drawn(i, other);
        hit += chance[i];
      }
      if (hit > 0) {
        missed = std::pow(std::max(0.0, 1 - hit), Candidates::kDrawsMax);
        for (double& each : chance) each *= (1 - missed) / hit;
      }
    }
    if (missed > 0) add_scan(chance, other, missed);
    return chance;
  }

  // One that wants its probe goes first, then by weight; of one there is nothing to draw.
  void add_scan(std::vector<double>& chance, std::optional<std::size_t> other, double part) const {
    double weights = 0;
    for (std::size_t i = 0; i < chance.size(); ++i) {
      if (!usable(i, other)) continue;
      if (chances_[i].probe) {
        chance[i] += part;
        return;
      }
      weights += chances_[i].weight;
    }
    for (std::size_t i = 0; i < chance.size(); ++i)
      if (usable(i, other)) chance[i] += part * chances_[i].weight / weights;
  }

  bool usable(std::size_t i, std::optional<std::size_t> other) const {
    return chances_[i].usable && i != other;
  }
  // Of one draw. Where all weights are equal the second one is drawn among the others.
  double drawn(std::size_t i, std::optional<std::size_t> other) const {
    if (other && group_.aliases().uniform()) return 1.0 / static_cast<double>(chances_.size() - 1);
    return chances_[i].weight / weights_;
  }

  const Group& group_;
  const std::vector<Chance>& chances_;
  std::vector<ReasonShares> shares_;
  double weights_ = 0;
};

// A pick as the picker makes it, over what is known beforehand.
class DrawnShares {
 public:
  DrawnShares(const Group& group, const std::vector<Chance>& chances, Rng& rng)
      : group_(group), chances_(chances), rng_(rng), shares_(chances.size()) {}

  std::vector<ReasonShares> run(std::size_t draws) {
    const double part = 1.0 / static_cast<double>(draws);
    for (std::size_t i = 0; i < draws; ++i) draw(part);
    return std::move(shares_);
  }

 private:
  void draw(double part) {
    const std::optional<std::size_t> first = find(std::nullopt);
    if (!first) return;
    if (chances_[*first].probe) return add(*first, PickReason::probe, part);
    const std::optional<std::size_t> second = find(first);
    if (!second) return add(*first, PickReason::only, part);
    if (chances_[*second].probe) return add(*second, PickReason::probe, part);
    const Outcomes outcomes =
        outcomes_of(chances_[*first].drawn, chances_[*second].drawn, group_.settings());
    for (std::size_t k = 0; k < outcomes.size; ++k) {
      const Outcome& outcome = outcomes.all[k];
      add(outcome.second ? *second : *first, outcome.reason, part * outcome.part);
    }
  }

  void add(std::size_t index, PickReason reason, double part) {
    share_of(shares_, index, reason) += part;
  }

  std::optional<std::size_t> find(std::optional<std::size_t> other) {
    if (!group_.aliases().empty()) {
      for (int draw = 0; draw < Candidates::kDrawsMax; ++draw) {
        const std::size_t index = draw_index(other);
        if (chances_[index].usable && index != other) return index;
      }
    }
    return scan(other);
  }

  std::size_t draw_index(std::optional<std::size_t> other) {
    if (!other || !group_.aliases().uniform()) return group_.aliases().draw(rng_);
    const std::size_t index = rng_.below(static_cast<std::uint32_t>(chances_.size() - 1));
    return index < *other ? index : index + 1;
  }

  std::optional<std::size_t> scan(std::optional<std::size_t> other) {
    std::optional<std::size_t> chosen;
    double total = 0;
    for (std::size_t i = 0; i < chances_.size(); ++i) {
      if (!chances_[i].usable || i == other) continue;
      if (chances_[i].probe) return i;
      total += chances_[i].weight;
      if (rng_.uniform() * total < chances_[i].weight) chosen = i;
    }
    return chosen;
  }

  const Group& group_;
  const std::vector<Chance>& chances_;
  Rng& rng_;
  std::vector<ReasonShares> shares_;
};

}  // namespace

std::vector<ReasonShares> exact_shares(const Group& group, const std::vector<Chance>& chances) {
  return ExactShares(group, chances).run();
}

std::vector<ReasonShares> drawn_shares(const Group& group, const std::vector<Chance>& chances,
                                       std::size_t draws, Rng& rng) {
  return DrawnShares(group, chances, rng).run(draws);
}

}  // namespace headgate::select
