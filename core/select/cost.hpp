#pragma once
// What a request would cost on an endpoint, in milliseconds of expected waiting. Of two endpoints
// the cheaper one is taken; the score shown to people is 1 / cost.
//
//   cost = (noiseless(r + ttft + tpot * n) + C * (1 - h) / h) * (1 + load / (20 * weight))
//
// ttft is the time to the first token, tpot the time per output token, n the output tokens that
// are expected, h the health, C what the request costs on the group's median endpoint, load the
// requests of mean size that are in flight. Each term is a function here with a test of its own.
// The constants are those that did best in the simulation under tests/bench/selection.

namespace headgate::select {

// Prompt tokens that double the time to the first token of a small prompt: hosted models take some
// 0.3 s to begin and read 10,000 tokens in about a second.
inline constexpr double kPromptTokensToDouble = 4'000;

// By how much this prompt is slower to answer than an empty one. Samples are divided by it, the
// estimate for a request is multiplied by it: a long prompt says nothing about the endpoint.
constexpr double prompt_factor(double prompt_tokens) {
  return 1 + (prompt_tokens > 0 ? prompt_tokens : 0) / kPromptTokensToDouble;
}

// r: differences of a few milliseconds are noise of the network and of this machine. Endpoints that
// answer faster than anybody can tell apart share by weight and by load alone.
inline constexpr double kResolutionMs = 10;

// What a request occupies, in output tokens: those that it writes, and the time before the first of
// them. Prompts count little, because they are read some hundred times as fast as answers are
// written: by its tokens a long prompt would look like many requests, and make a noise of the load.
inline constexpr double kFirstTokenInTokens = 25;
constexpr double occupied_tokens(double prompt_tokens, double output_tokens) {
  return kFirstTokenInTokens * prompt_factor(prompt_tokens) + output_tokens;
}

// Milliseconds to serve a request that neither waits nor fails.
constexpr double service_cost(double ttft_ms, double tpot_ms, double output_tokens) {
  return ttft_ms + tpot_ms * output_tokens;
}

// Measured times differ from one request to the next by much more than equal endpoints differ from
// each other. Within this share of the group's median an endpoint counts as the median, so that
// equal ones are told apart by their load alone; from there on differences count.
inline constexpr double kNoiseShare = 0.25;
constexpr double noiseless(double cost_ms, double median_cost_ms) {
  constexpr double kEdge = 1 + kNoiseShare;
  if (cost_ms > median_cost_ms * kEdge) return cost_ms / kEdge;
  if (cost_ms * kEdge < median_cost_ms) return cost_ms * kEdge;
  return median_cost_ms;
}

// Milliseconds that failures add: so many are to be expected for one success, and each costs what
// the request costs elsewhere. So answering errors fast never looks attractive.
constexpr double failure_cost(double median_cost_ms, double failures_per_success) {
  return median_cost_ms * failures_per_success;
}

// By how much what is in flight stretches the answer. `load` is in requests of mean size, `weight`
// is relative to the group's mean weight. Upstreams serve many requests at once: one more is a
// reason among equals, and none to wait for one that is several times slower.
inline constexpr double kRequestsToDouble = 20;
constexpr double load_factor(double load, double weight) {
  return 1 + load / (weight * kRequestsToDouble);
}

// The share of its weight that an endpoint has `age_ms` after it came (or came back): it grows
// evenly from `least` to 1 over the window, so that a cold endpoint is not flooded.
constexpr double slow_start_share(double age_ms, double window_ms, double least) {
  if (age_ms >= window_ms) return 1;
  const double share = age_ms / window_ms;
  return share < least ? least : share;
}

}  // namespace headgate::select
