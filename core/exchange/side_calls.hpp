#pragma once
// The HTTP calls that plugins make beside one request and whose answers are still to be told. Those
// that nobody waits for any more are cancelled. [worker]

#include <headgate/async.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/exchange/side_call.hpp"

namespace headgate::exchange {

class SideCalls {
 public:
  static constexpr std::size_t kCallsMax = 8;

  SideCalls(WorkerContext& worker, std::shared_ptr<const Snapshot> snapshot)
      : worker_(worker), snapshot_(std::move(snapshot)) {}
  ~SideCalls() { cancel(); }
  SideCalls(const SideCalls&) = delete;
  SideCalls& operator=(const SideCalls&) = delete;

  // Codes of http() of hg.async/1. Called from inside a callback, whose plugin is made answerable.
  std::int32_t start(const hg_http_request& request, std::uint64_t& id);

  // Some are not over, or over and not told.
  bool any() const { return !calls_.empty(); }
  bool any_done() const { return !done_.empty(); }
  // Called from the loop whenever one is over. Null: nobody waits.
  void set_on_done(std::function<void()> on_done) { on_done_ = std::move(on_done); }

  // The one that was over first is at hand from now on; false: none is.
  bool take_done();
  void drop_taken() { taken_.reset(); }
  // The answer of the one at hand.
  std::int32_t read_taken(hg_http_answer& answer) const;

  void cancel();

 private:
  struct Entry {
    std::uint64_t id;
    std::shared_ptr<SideCall> call;
  };

  void note_done(std::uint64_t id);
  void tell_of_unknown(std::string_view alias, std::string_view plugin);

  WorkerContext& worker_;
  const std::shared_ptr<const Snapshot> snapshot_;
  std::vector<Entry> calls_;
  std::vector<std::uint64_t> done_;  // of them, in the order of ending
  std::uint64_t taken_id_ = 0;
  std::shared_ptr<SideCall> taken_;
  std::function<void()> on_done_;
};

}  // namespace headgate::exchange
