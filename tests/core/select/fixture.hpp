#pragma once
// Endpoint sets in one line, over a table and a clock of the test's own.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/select/cell_table.hpp"
#include "core/select/endpoint_set.hpp"
#include "core/select/milliseconds.hpp"
#include "core/select/picker.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_rng.hpp"

namespace headgate::select {

// One request of so many tokens is in flight there, and stays.
inline void occupy(Cell& cell, std::int64_t tokens) {
  cell.load.add(tokens, to_stamp(TimePoint()));
}

struct World {
  CellTable table;
  ManualClock clock;

  // An endpoint with a cell of its own, past its slow start unless the test asks for it.
  EndpointSpec spec(const std::string& name, std::uint32_t weight = 1,
                    std::uint32_t concurrency_max = 0, bool cold = false) {
    EndpointSpec spec;
    spec.name = name;
    spec.weight = weight;
    spec.concurrency_max = concurrency_max;
    spec.cell = table.find_or_make({"plugin", name + ":443", "/v1", "key", "model"}, clock.now());
    if (!cold) spec.cell->slow_start_since = 0;
    return spec;
  }

  std::shared_ptr<const EndpointSet> set(std::vector<std::vector<EndpointSpec>> groups,
                                         const Settings& settings = {}) {
    auto made = EndpointSet::make(std::move(groups), settings);
    EXPECT_TRUE(made.ok());
    return *made;
  }

  // One group of equal endpoints, named e0, e1, ...
  std::shared_ptr<const EndpointSet> equal(std::size_t count) {
    std::vector<EndpointSpec> specs;
    for (std::size_t i = 0; i < count; ++i) specs.push_back(spec("e" + std::to_string(i)));
    return set({std::move(specs)});
  }

  PickQuery query() const {
    PickQuery query;
    query.now = clock.now();
    query.estimated_tokens = 100;
    query.expected_output_tokens = 100;
    return query;
  }

  void sample(Cell& cell, double ttft_ms, double tpot_ms = 1) {
    cell.ttft.add(ttft_ms, to_stamp(clock.now()), kLatencyHalfLifeMs);
    cell.tpot.add(tpot_ms, to_stamp(clock.now()), kLatencyHalfLifeMs);
    cell.last_sample = to_stamp(clock.now());
  }
};

inline Cell& cell_of(const EndpointSet& set, std::size_t index) {
  return set.endpoint(index).base_cell();
}

}  // namespace headgate::select
