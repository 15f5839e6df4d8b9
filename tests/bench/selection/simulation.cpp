#include "tests/bench/selection/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <queue>

namespace headgate::simulation {
namespace {

constexpr std::size_t kAttemptsMax = 3;
// The share that tells whether a server is in use is taken over so many seconds.
constexpr std::size_t kShareSeconds = 5;

// Distributions of our own: those of the standard library differ between implementations.
double exponential(Rng& rng, double mean) {
  return -mean * std::log(1 - rng.uniform());
}
double log_normal(Rng& rng, double sigma) {
  const double normal =
      std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(2 * std::numbers::pi * rng.uniform());
  return std::exp(sigma * normal - sigma * sigma / 2);  // with a mean of 1
}

double mean_output_tokens(const Scenario& scenario) {
  return scenario.output_tokens * (1 - scenario.long_share) +
         scenario.long_output_tokens * scenario.long_share;
}

constexpr double kMeanPromptTokens = 800;

// Requests per millisecond that all servers together can serve.
double capacity(const Scenario& scenario) {
  double capacity = 0;
  Request mean;
  mean.prompt_tokens = kMeanPromptTokens;
  mean.output_tokens = mean_output_tokens(scenario);
  for (ServerPlan plan : scenario.servers) {
    plan.phases.clear();
    capacity += plan.slots / Server(plan).idle_ms(mean, 0);
  }
  return capacity;
}

class Run {
 public:
  Run(const Scenario& scenario, const Formula& formula, const std::vector<Request>& arrivals,
      std::uint64_t seed)
      : scenario_(scenario), arrivals_(arrivals) {
    for (const ServerPlan& plan : scenario.servers) servers_.emplace_back(plan);
    for (std::uint64_t gateway = 0; gateway < scenario.gateways; ++gateway)
      choosers_.push_back(formula.make(
          {scenario.servers, servers_, scenario.lent_eviction, seed * 1'000 + gateway}));
    attempts_by_server_.resize(servers_.size());
    const auto seconds = static_cast<std::size_t>(scenario.length_ms / 1'000) + 1;
    all_in_second_.resize(seconds);
    odd_in_second_.resize(seconds);
  }

  Measured measure() {
    for (const Request& request : arrivals_) {
      while (!events_.empty() && events_.top().at_ms <= request.arrival_ms) next_event();
      open(request);
    }
    while (!events_.empty()) next_event();
    return summary();
  }

 private:
  struct Open {
    Outcome outcome;
    std::vector<std::uint16_t> tried;
  };
  struct Event {
    double at_ms;
    std::size_t slot;
    bool end;
    bool operator<(const Event& other) const { return at_ms > other.at_ms; }
  };

  void open(const Request& request) {
    std::size_t slot = open_.size();
    if (free_.empty()) {
      open_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    open_[slot].tried.clear();
    open_[slot].outcome = {request.arrival_ms, &request, slot, 0, 0, {}};
    attempt(slot, request.arrival_ms);
  }

  Chooser& chooser(std::size_t slot) { return *choosers_[open_[slot].outcome.request->gateway]; }
  bool counts(const Request& request) const { return request.arrival_ms >= scenario_.warm_up_ms; }

  void attempt(std::size_t slot, double now_ms) {
    Open& open = open_[slot];
    const Request& request = *open.outcome.request;
    const std::optional<std::size_t> server =
        chooser(slot).choose({now_ms, &request, open.tried, slot});
    if (!server) return finish(slot, false, now_ms);
    open.outcome.server = *server;
    open.outcome.sent_ms = now_ms;
    open.outcome.reply = servers_[*server].send(request, now_ms);
    const auto second = static_cast<std::size_t>(now_ms / 1'000);
    if (second < all_in_second_.size()) {
      ++all_in_second_[second];
      if (scenario_.odd_server == *server) ++odd_in_second_[second];
    }
    if (counts(request)) ++attempts_by_server_[*server];
    if (open.outcome.reply.status == Status::ok && request.stream)
      events_.push({open.outcome.reply.first_token_ms, slot, false});
    events_.push({open.outcome.reply.end_ms, slot, true});
  }

  void next_event() {
    const Event event = events_.top();
    events_.pop();
    Outcome& outcome = open_[event.slot].outcome;
    outcome.now_ms = event.at_ms;
    if (!event.end) return chooser(event.slot).first_token(outcome);
    chooser(event.slot).ended(outcome);
    if (outcome.reply.status == Status::ok) return finish(event.slot, true, event.at_ms);
    if (counts(*outcome.request)) ++failed_attempts_;
    std::vector<std::uint16_t>& tried = open_[event.slot].tried;
    tried.push_back(static_cast<std::uint16_t>(outcome.server));
    if (tried.size() == kAttemptsMax) return finish(event.slot, false, event.at_ms);
    attempt(event.slot, event.at_ms);
  }

  void finish(std::size_t slot, bool success, double now_ms) {
    const Request& request = *open_[slot].outcome.request;
    free_.push_back(slot);
    if (!counts(request)) return;
    ++requests_;
    if (!success) {
      ++client_errors_;
      return;
    }
    double best_ms = std::numeric_limits<double>::infinity();
    for (const Server& server : servers_)
      best_ms = std::min(best_ms, server.idle_ms(request, request.arrival_ms));
    added_.push_back(static_cast<float>(now_ms - request.arrival_ms - best_ms));
  }

  double odd_share(std::size_t from_second, std::size_t seconds) const {
    double odd = 0;
    double all = 0;
    for (std::size_t i = from_second; i < from_second + seconds; ++i) {
      odd += odd_in_second_[i];
      all += all_in_second_[i];
    }
    return all == 0 ? 0 : odd / all;
  }

  // The first second since then from which the share stays below, or at and above, half a fair
  // share for a while.
  std::optional<double> until(double since_ms, bool below) const {
    const double half = 0.5 / static_cast<double>(servers_.size());
    const auto since = static_cast<std::size_t>(since_ms / 1'000);
    for (std::size_t i = since; i + kShareSeconds < all_in_second_.size(); ++i)
      if ((odd_share(i, kShareSeconds) < half) == below) return static_cast<double>(i - since);
    return std::nullopt;
  }

  Measured summary() {
    Measured measured;
    std::sort(added_.begin(), added_.end());
    const auto at = [this](double share) {
      return added_.empty()
                 ? 0.0
                 : added_[static_cast<std::size_t>(share * static_cast<double>(added_.size() - 1))];
    };
    measured.p50_ms = at(0.5);
    measured.p99_ms = at(0.99);
    const double answered = std::max(1.0, static_cast<double>(added_.size()));
    measured.mean_ms = std::accumulate(added_.begin(), added_.end(), 0.0) / answered;
    const double attempts =
        std::accumulate(attempts_by_server_.begin(), attempts_by_server_.end(), 0.0);
    for (const double count : attempts_by_server_) measured.shares.push_back(count / attempts);
    measured.client_errors = client_errors_ / requests_;
    measured.wasted_attempts = failed_attempts_ / requests_;
    if (scenario_.worse_at_ms) measured.left_s = until(*scenario_.worse_at_ms, true);
    if (scenario_.well_at_ms) measured.back_s = until(*scenario_.well_at_ms, false);
    for (std::size_t i = 0; i + 1 < all_in_second_.size(); ++i)
      measured.odd_share.push_back(odd_share(i, 1));
    return measured;
  }

  const Scenario& scenario_;
  const std::vector<Request>& arrivals_;
  std::vector<Server> servers_;
  std::vector<std::unique_ptr<Chooser>> choosers_;
  std::vector<Open> open_;
  std::vector<std::size_t> free_;
  std::priority_queue<Event> events_;
  std::vector<float> added_;
  std::vector<double> attempts_by_server_;
  std::vector<double> all_in_second_;
  std::vector<double> odd_in_second_;
  double requests_ = 0;
  double client_errors_ = 0;
  double failed_attempts_ = 0;
};

}  // namespace

std::vector<Request> make_arrivals(const Scenario& scenario, std::uint64_t seed) {
  const std::unique_ptr<Rng> rng = make_rng(seed);
  const double gap_ms = 1 / (capacity(scenario) * scenario.utilisation);
  std::vector<Request> arrivals;
  for (double at_ms = exponential(*rng, gap_ms); at_ms < scenario.length_ms;
       at_ms += exponential(*rng, gap_ms)) {
    Request request;
    request.arrival_ms = at_ms;
    if (scenario.burst_ms > 0) {
      // The same requests, pressed together at the beginning of their period.
      const double period = std::floor(at_ms / scenario.burst_period_ms);
      const double within = at_ms / scenario.burst_period_ms - period;
      request.arrival_ms = period * scenario.burst_period_ms + within * scenario.burst_ms;
    }
    request.prompt_tokens = kMeanPromptTokens * log_normal(*rng, 1);
    const bool is_long = rng->uniform() < scenario.long_share;
    request.output_tokens = std::ceil(is_long ? scenario.long_output_tokens * log_normal(*rng, 0.5)
                                              : exponential(*rng, scenario.output_tokens));
    request.first_token_factor = log_normal(*rng, 0.3);
    request.pace_factor = log_normal(*rng, 0.15);
    request.stream = rng->uniform() >= scenario.whole_share;
    request.gateway = static_cast<std::uint16_t>(rng->below(scenario.gateways));
    arrivals.push_back(request);
  }
  return arrivals;
}

Measured run(const Scenario& scenario, const Formula& formula, const std::vector<Request>& arrivals,
             std::uint64_t seed) {
  return Run(scenario, formula, arrivals, seed).measure();
}

}  // namespace headgate::simulation
