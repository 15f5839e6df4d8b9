#include "tests/bench/selection/model.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace headgate::simulation {
namespace {

// An error, and the answer of a server that is over its quota, come without work.
constexpr double kRefusalMs = 20;
// Prompt tokens that a server reads in the time of its first token: not the constant of the
// engine, which cannot know what is true of a server.
constexpr double kPromptTokensPerFirstToken = 6'000;
constexpr double kNever = std::numeric_limits<double>::infinity();
const Phase kUsual;

}  // namespace

const Phase& Server::phase_at(double now_ms) const {
  for (const Phase& phase : plan_.phases)
    if (phase.from_ms <= now_ms && now_ms < phase.to_ms) return phase;
  return kUsual;
}

bool Server::over_quota(double now_ms) const {
  const bool same_window = std::floor(now_ms / plan_.quota_window_ms) == window_;
  return same_window && taken_in_window_ >= plan_.quota_per_window;
}

double Server::first_token_after(const Request& request, double now_ms) const {
  return plan_.first_token_ms * (1 + request.prompt_tokens / kPromptTokensPerFirstToken) *
         request.first_token_factor * phase_at(now_ms).first_token_times;
}

double Server::pace_ms(const Request& request, double now_ms) const {
  return plan_.per_output_token_ms * request.pace_factor * phase_at(now_ms).pace_times;
}

Reply Server::send(const Request& request, double now_ms) {
  if (phase_at(now_ms).dead) return {Status::error, now_ms + kRefusalMs, now_ms + kRefusalMs, 0};
  const double window = std::floor(now_ms / plan_.quota_window_ms);
  if (window != window_) {
    window_ = window;
    taken_in_window_ = 0;
  }
  if (over_quota(now_ms)) {
    const double left_ms = (window + 1) * plan_.quota_window_ms - now_ms;
    return {Status::limited, now_ms + kRefusalMs, now_ms + kRefusalMs,
            std::ceil(left_ms / 1'000) * 1'000};
  }
  ++taken_in_window_;
  std::pop_heap(free_at_.begin(), free_at_.end(), std::greater<>());
  const double begin_ms = std::max(now_ms, free_at_.back());
  Reply reply;
  reply.first_token_ms = begin_ms + first_token_after(request, begin_ms);
  reply.end_ms = reply.first_token_ms + request.output_tokens * pace_ms(request, begin_ms);
  free_at_.back() = reply.end_ms;
  std::push_heap(free_at_.begin(), free_at_.end(), std::greater<>());
  return reply;
}

double Server::idle_ms(const Request& request, double now_ms) const {
  if (phase_at(now_ms).dead) return kNever;
  return first_token_after(request, now_ms) + request.output_tokens * pace_ms(request, now_ms);
}

double Server::would_end(const Request& request, double now_ms) const {
  if (over_quota(now_ms)) return kNever;
  const double begin_ms = std::max(now_ms, free_at_.front());
  return begin_ms + idle_ms(request, begin_ms);
}

}  // namespace headgate::simulation
