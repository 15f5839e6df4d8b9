// Models of how others choose, after their public source and documentation: the formula, and the
// rule by which a failing server is left out. None of them is a measurement of a product.

#include <array>
#include <cmath>
#include <numeric>

#include "tests/bench/selection/chooser.hpp"
#include "tests/bench/selection/exclusion.hpp"

namespace headgate::simulation {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

// What the models have in common: pending requests, exclusion, and a choice among those that are
// neither tried nor out; among the tried and the out when there are no others.
class Modelled : public Chooser {
 public:
  Modelled(const Setting& setting, const ExclusionRule& own)
      : plans_(setting.plans.begin(), setting.plans.end()),
        exclusion_(plans_.size(), setting.lent_eviction ? kEngineExclusion : own),
        rng_(make_rng(setting.seed)),
        pending_(plans_.size()) {}

  std::optional<std::size_t> choose(const Ask& ask) final {
    std::size_t server = select(ask, /*with_out=*/false);
    if (server == kNobody) server = select(ask, /*with_out=*/true);
    if (server == kNobody) return std::nullopt;
    ++pending_[server];
    exclusion_.sent(server);
    return server;
  }
  void first_token(const Outcome&) override {}
  void ended(const Outcome& outcome) final {
    --pending_[outcome.server];
    exclusion_.ended(outcome.server, outcome.reply.status, outcome.reply.retry_after_ms,
                     outcome.now_ms);
    learn(outcome);
  }

 protected:
  static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);
  static constexpr int kDrawsMax = 30;

  virtual std::size_t select(const Ask& ask, bool with_out) = 0;
  virtual void learn(const Outcome&) {}

  std::size_t size() const { return plans_.size(); }
  bool usable(const Ask& ask, std::size_t server, bool with_out) const {
    if (std::find(ask.tried.begin(), ask.tried.end(), server) != ask.tried.end()) return false;
    return with_out || !exclusion_.out(server, ask.now_ms);
  }
  std::size_t draw() { return rng_->below(static_cast<std::uint32_t>(size())); }

  // The cheaper of two that are drawn; the one there is; or nobody.
  template <class Cost>
  std::size_t two_choices(const Ask& ask, bool with_out, Cost cost) {
    const std::size_t first = draw_usable(ask, with_out, kNobody);
    if (first == kNobody) return kNobody;
    const std::size_t second = draw_usable(ask, with_out, first);
    if (second == kNobody) return first;
    return cost(second) < cost(first) ? second : first;
  }

  // The cheapest of all, drawn among equals.
  template <class Cost>
  std::size_t cheapest(const Ask& ask, bool with_out, Cost cost) {
    std::size_t best = kNobody;
    double best_cost = kNever;
    std::uint32_t equals = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!usable(ask, i, with_out)) continue;
      const double cost_here = cost(i);
      if (best != kNobody && cost_here > best_cost) continue;
      equals = best == kNobody || cost_here < best_cost ? 1 : equals + 1;
      if (rng_->below(equals) == 0) best = i;
      best_cost = cost_here;
    }
    return best;
  }

  double pending(std::size_t server) const { return pending_[server]; }
  double weight(std::size_t server) const { return plans_[server].weight; }
  Rng& rng() { return *rng_; }

 private:
  std::size_t draw_usable(const Ask& ask, bool with_out, std::size_t other) {
    for (int i = 0; i < kDrawsMax; ++i) {
      const std::size_t server = draw();
      if (server != other && usable(ask, server, with_out)) return server;
    }
    for (std::size_t server = 0; server < size(); ++server)
      if (server != other && usable(ask, server, with_out)) return server;
    return kNobody;
  }

  std::vector<ServerPlan> plans_;
  Exclusion exclusion_;
  std::unique_ptr<Rng> rng_;
  std::vector<int> pending_;
};

// nginx's smooth weighted round robin.
class RoundRobin final : public Modelled {
 public:
  explicit RoundRobin(const Setting& setting)
      : Modelled(setting, kNginxExclusion), current_(setting.plans.size()) {}

 private:
  std::size_t select(const Ask& ask, bool with_out) override {
    std::size_t best = kNobody;
    double total = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!usable(ask, i, with_out)) continue;
      current_[i] += weight(i);
      total += weight(i);
      if (best == kNobody || current_[i] > current_[best]) best = i;
    }
    if (best != kNobody) current_[best] -= total;
    return best;
  }
  std::vector<double> current_;
};

// The server with the fewest requests for its weight, of all.
class LeastPending final : public Modelled {
 public:
  explicit LeastPending(const Setting& setting) : Modelled(setting, kNginxExclusion) {}

 private:
  std::size_t select(const Ask& ask, bool with_out) override {
    return cheapest(ask, with_out, [this](std::size_t i) { return pending(i) / weight(i); });
  }
};

// nginx's `random two least_conn`.
class RandomTwoLeast final : public Modelled {
 public:
  explicit RandomTwoLeast(const Setting& setting) : Modelled(setting, kNginxExclusion) {}

 private:
  std::size_t select(const Ask& ask, bool with_out) override {
    return two_choices(ask, with_out, [this](std::size_t i) { return pending(i) / weight(i); });
  }
};

// agentgateway: means per sample, no decay with time, a 429 counts as a fast success, and a second
// attempt may go to the server that just failed.
class SampleMeanTwo final : public Modelled {
 public:
  explicit SampleMeanTwo(const Setting& setting)
      : Modelled(setting, kNoExclusion), latency_(size()), health_(size(), 1) {}

 private:
  static constexpr double kNewest = 0.3;
  std::size_t select(const Ask& ask, bool with_out) override {
    Ask any = ask;
    any.tried = {};
    return two_choices(any, with_out, [this](std::size_t i) {
      return -health_[i] / (1 + latency_[i] * (1 + 0.1 * pending(i)));
    });
  }
  void learn(const Outcome& outcome) override {
    const std::size_t i = outcome.server;
    const bool success = outcome.reply.status != Status::error;
    health_[i] += kNewest * ((success ? 1 : 0) - health_[i]);
    // Of the whole request, attempts before it too, in seconds.
    if (success)
      latency_[i] +=
          kNewest * ((outcome.now_ms - outcome.request->arrival_ms) / 1'000 - latency_[i]);
  }
  std::vector<double> latency_;
  std::vector<double> health_;
};

// Finagle: up at once, down with time; to the end of the answer, or to its head as tower has it.
class PeakEwmaTwo final : public Modelled {
 public:
  PeakEwmaTwo(const Setting& setting, bool to_head)
      : Modelled(setting, kFinagleExclusion), to_head_(to_head), means_(size()), waiting_(size()) {}

  void first_token(const Outcome& outcome) override {
    if (to_head_) observe(outcome);
  }

 private:
  static constexpr double kTauMs = 10'000;
  static constexpr double kPenaltyMs = 1e9;  // of one that nothing is known of and that is busy
  struct Mean {
    double cost = 0;
    double stamp_ms = 0;
    double decayed(double sample, double now_ms) const {
      if (sample > cost) return sample;
      const double kept = std::exp(-(now_ms - stamp_ms) / kTauMs);
      return cost * kept + sample * (1 - kept);
    }
  };

  std::size_t select(const Ask& ask, bool with_out) override {
    const std::size_t found = two_choices(ask, with_out, [this, &ask](std::size_t i) {
      const double cost = means_[i].decayed(0, ask.now_ms);
      const double load = to_head_ ? waiting_[i] : pending(i);
      return cost == 0 && load > 0 ? kPenaltyMs + load : cost * (load + 1);
    });
    if (found != kNobody) waiting_[found] += 1;
    return found;
  }
  void observe(const Outcome& outcome) {
    Mean& mean = means_[outcome.server];
    mean.cost = mean.decayed(outcome.now_ms - outcome.sent_ms, outcome.now_ms);
    mean.stamp_ms = outcome.now_ms;
    waiting_[outcome.server] -= 1;
  }
  void learn(const Outcome& outcome) override {
    // What was told at the first token is not told again.
    const bool told = outcome.reply.status == Status::ok && outcome.request->stream;
    if (!to_head_ || !told) observe(outcome);
  }

  bool to_head_;
  std::vector<Mean> means_;
  std::vector<double> waiting_;
};

// Kong's lowest-latency: the time per output token of whole answers, decayed with time also while
// nothing comes; the lowest of all wins. What is under way does not count.
class LowestPace final : public Modelled {
 public:
  explicit LowestPace(const Setting& setting)
      : Modelled(setting, kNoExclusion), mean_(size()), stamp_ms_(size()) {}

 private:
  static constexpr double kTauMs = 10'000;
  double decayed(std::size_t i, double sample, double now_ms) const {
    const double kept = std::exp(-(now_ms - stamp_ms_[i]) / kTauMs);
    return mean_[i] * kept + sample * (1 - kept);
  }
  std::size_t select(const Ask& ask, bool with_out) override {
    return cheapest(ask, with_out,
                    [this, &ask](std::size_t i) { return decayed(i, 0, ask.now_ms) / weight(i); });
  }
  void learn(const Outcome& outcome) override {
    const std::size_t i = outcome.server;
    const bool success = outcome.reply.status == Status::ok;
    const double tokens = success ? std::max(outcome.request->output_tokens, 1.0) : 1;
    mean_[i] = decayed(i, (outcome.now_ms - outcome.sent_ms) / tokens, outcome.now_ms);
    stamp_ms_[i] = outcome.now_ms;
  }
  std::vector<double> mean_;
  std::vector<double> stamp_ms_;
};

// LiteLLM's latency-based routing: the mean of the nine oldest samples and the newest; the lowest
// of all wins, and one without a sample counts 0. Time to the first token where that is known.
class OldestSamples final : public Modelled {
 public:
  explicit OldestSamples(const Setting& setting)
      : Modelled(setting, kCooldownExclusion), first_(size()), per_token_(size()) {}

 private:
  static constexpr std::size_t kKept = 10;
  struct Samples {
    std::array<double, kKept> values{};
    std::size_t count = 0;
    void add(double value) {
      if (count < kKept) ++count;
      values[count - 1] = value;
    }
    double mean() const {
      return count == 0 ? 0
                        : std::accumulate(values.begin(), values.begin() + count, 0.0) /
                              static_cast<double>(count);
    }
  };
  std::size_t select(const Ask& ask, bool with_out) override {
    const std::vector<Samples>& samples = ask.request->stream ? first_ : per_token_;
    return cheapest(ask, with_out, [&samples](std::size_t i) { return samples[i].mean(); });
  }
  void learn(const Outcome& outcome) override {
    if (outcome.reply.status != Status::ok) return;
    if (outcome.request->stream)
      first_[outcome.server].add(outcome.reply.first_token_ms - outcome.sent_ms);
    per_token_[outcome.server].add((outcome.now_ms - outcome.sent_ms) /
                                   std::max(outcome.request->output_tokens, 1.0));
  }
  std::vector<Samples> first_;
  std::vector<Samples> per_token_;
};

// The bound: it sees every queue of every server and the length of every answer to come.
class Omniscient final : public Chooser {
 public:
  explicit Omniscient(const Setting& setting) : servers_(setting.servers) {}

  std::optional<std::size_t> choose(const Ask& ask) override {
    std::optional<std::size_t> best;
    double best_end = kNever;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const double end = servers_[i].would_end(*ask.request, ask.now_ms);
      if (best && end >= best_end) continue;
      best = i;
      best_end = end;
    }
    return best;
  }
  void first_token(const Outcome&) override {}
  void ended(const Outcome&) override {}

 private:
  std::span<const Server> servers_;
};

template <class Kind>
std::unique_ptr<Chooser> make(const Setting& setting) {
  return std::make_unique<Kind>(setting);
}

}  // namespace

const std::vector<Formula>& all_formulas() {
  static const std::vector<Formula> formulas = {
      {"headgate", "headgate", make_engine},
      {"round robin", "round robin", make<RoundRobin>},
      {"least pending of all", "least pending", make<LeastPending>},
      {"least pending of two (nginx)", "nginx", make<RandomTwoLeast>},
      {"mean per sample, of two (agentgateway)", "agentgateway", make<SampleMeanTwo>},
      {"peak EWMA, of two (Finagle)", "Finagle",
       [](const Setting& setting) { return std::make_unique<PeakEwmaTwo>(setting, false); }},
      {"peak EWMA to the head, of two (tower)", "tower",
       [](const Setting& setting) { return std::make_unique<PeakEwmaTwo>(setting, true); }},
      {"lowest time per token (Kong)", "Kong", make<LowestPace>},
      {"lowest of ten samples (LiteLLM)", "LiteLLM", make<OldestSamples>},
      {"omniscient", "omniscient", make<Omniscient>, true}};
  return formulas;
}

}  // namespace headgate::simulation
