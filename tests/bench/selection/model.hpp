#pragma once
// The world of the simulation: requests, and servers that take time to answer them. Times are
// milliseconds since the start of a run. A server serves so many requests at once, first come
// first served; the rest wait in front of it. So a request that goes to a busy server waits, and
// the wait is known at once, because what a server will do is decided when a request arrives.

#include <cstdint>
#include <limits>
#include <vector>

namespace headgate::simulation {

struct Request {
  double arrival_ms = 0;
  double prompt_tokens = 0;
  double output_tokens = 0;
  // This request is slower or faster than the mean by these factors, wherever it goes.
  double first_token_factor = 1;
  double pace_factor = 1;
  bool stream = true;  // otherwise the answer comes whole
  std::uint16_t gateway = 0;
};

// A part of the run in which a server is not what it usually is.
struct Phase {
  double from_ms = 0;
  double to_ms = std::numeric_limits<double>::infinity();
  double first_token_times = 1;  // so many times slower
  double pace_times = 1;
  bool dead = false;  // answers 503 at once
};

struct ServerPlan {
  std::uint32_t weight = 1;
  std::uint32_t slots = 16;     // requests that it serves at once
  double first_token_ms = 250;  // for an empty prompt
  double per_output_token_ms = 12;
  std::vector<Phase> phases = {};
  // Requests that it takes in each window; the rest get 429 with the seconds to the next window.
  double quota_per_window = std::numeric_limits<double>::infinity();
  double quota_window_ms = 20'000;
};

enum class Status : std::uint8_t { ok, error, limited };

struct Reply {
  Status status = Status::ok;
  double first_token_ms = 0;  // the moments, not the lengths
  double end_ms = 0;
  double retry_after_ms = 0;  // of a 429
};

class Server {
 public:
  explicit Server(const ServerPlan& plan) : plan_(plan), free_at_(plan.slots, 0.0) {}

  // Takes the request, and says what will come of it.
  Reply send(const Request& request, double now_ms);

  // When the answer would be complete; infinite where there would be none.
  double would_end(const Request& request, double now_ms) const;
  // How long the answer takes when nobody else is there; infinite where there is none.
  double idle_ms(const Request& request, double now_ms) const;

 private:
  const Phase& phase_at(double now_ms) const;
  bool over_quota(double now_ms) const;
  double first_token_after(const Request& request, double now_ms) const;
  double pace_ms(const Request& request, double now_ms) const;

  ServerPlan plan_;
  std::vector<double> free_at_;  // a heap, the earliest first
  double window_ = -1;
  double taken_in_window_ = 0;
};

}  // namespace headgate::simulation
