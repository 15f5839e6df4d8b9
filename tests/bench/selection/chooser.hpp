#pragma once
// Who chooses the server of a request: one instance per gateway, which knows what its own requests
// showed and nothing else. An attempt has a slot while it is open, in which a chooser keeps what it
// wants to know at its end.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/rng.hpp"
#include "tests/bench/selection/model.hpp"

namespace headgate::simulation {

struct Ask {
  double now_ms = 0;
  const Request* request = nullptr;
  std::span<const std::uint16_t> tried;  // servers that failed this request before
  std::size_t slot = 0;
};

struct Outcome {
  double now_ms = 0;
  const Request* request = nullptr;
  std::size_t slot = 0;
  std::size_t server = 0;
  double sent_ms = 0;
  Reply reply;
};

class Chooser {
 public:
  virtual ~Chooser() = default;
  // Nothing: nobody can be asked.
  virtual std::optional<std::size_t> choose(const Ask& ask) = 0;
  // A stream has begun.
  virtual void first_token(const Outcome& outcome) = 0;
  // An answer is complete, or an error has come.
  virtual void ended(const Outcome& outcome) = 0;
};

// What a chooser is made of: the servers as they are configured. `servers` is for the one that
// knows everything.
struct Setting {
  std::span<const ServerPlan> plans;
  std::span<const Server> servers;
  bool lent_eviction = false;  // exclude as the engine does, whatever the formula's own system does
  std::uint64_t seed = 1;
};

struct Formula {
  std::string name;
  std::string short_name;  // of fifteen letters at most
  std::function<std::unique_ptr<Chooser>(const Setting&)> make;
  bool omniscient = false;
};

// The engine's own code.
std::unique_ptr<Chooser> make_engine(const Setting& setting);

// The engine first, models of the formulas of others, and the bound last.
const std::vector<Formula>& all_formulas();

}  // namespace headgate::simulation
