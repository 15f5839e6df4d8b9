#pragma once
// What all connections share: the knobs as they are now, the rules, and the memory of what arrived.
// Everything here may be called from any thread.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/tools/upstream-sim/answer.hpp"
#include "tests/tools/upstream-sim/behaviour.hpp"
#include "tests/tools/upstream-sim/http_message.hpp"

namespace sim {

// Knobs for some requests: those that match, after `skip` of them, for the next `times`, until
// `until`.
struct Rule {
  std::string match;       // part of the target; empty = every request
  std::string match_body;  // part of the body; empty = every request
  std::optional<std::chrono::steady_clock::time_point> until;
  std::vector<std::pair<const Knob*, std::string>> knobs;
  mutable std::atomic<std::int64_t> skip{0};
  mutable std::atomic<std::int64_t> times{kOff};  // kOff = all
};

struct Settings {
  Behaviour base;
  std::vector<std::shared_ptr<const Rule>> rules;
};

struct Arrival {
  std::string listener;
  std::string server_name;  // what TLS's SNI said
  std::uint64_t connection = 0;
};

// One request that arrived, and what became of it.
struct Record {
  std::uint64_t number = 0;
  Arrival arrival;
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // its first kRecordedBodyMax bytes
  std::uint64_t body_bytes = 0;
  std::int64_t at_ms = 0;  // since the start of the simulator
  std::int64_t ended_at_ms = kOff;
  std::int64_t status = 0;
  std::string outcome = "open";  // open | complete | client_left | faulted
  std::int64_t tokens_sent = 0;
  std::uint64_t bytes_sent = 0;
};

inline constexpr std::size_t kRecordedBodyMax = std::size_t{256} << 10;

class Simulator {
 public:
  Simulator(Identity identity, Behaviour start, std::size_t records_max);

  const Identity& identity() const { return identity_; }

  // Changes when the settings do: a cached answer is good for one generation.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::shared_ptr<const Settings> settings() const;

  // Merges a JSON object of knobs into the settings. Returns what is wrong with it, or nothing; a
  // wrong object changes nothing.
  std::optional<std::string> configure(std::string_view json);

  // The memory as JSON, and forgetting it.
  std::string stats_json() const;
  void forget();

  std::uint64_t connection_opened();
  void connection_closed();

  // Returns the record's number, 0 when none are kept.
  std::uint64_t arrived(const RequestHead& head, std::string_view body, const Arrival& arrival);
  void ended(std::uint64_t number, std::int64_t status, std::string_view outcome,
             std::int64_t tokens_sent, std::uint64_t bytes_sent);

 private:
  std::int64_t now_ms() const;

  const Identity identity_;
  const Behaviour start_;
  const std::size_t records_max_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> generation_{1};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::int64_t> connections_open_{0};

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Settings> settings_;
  std::uint64_t requests_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> requests_by_path_;
  std::deque<Record> records_;
};

}  // namespace sim
