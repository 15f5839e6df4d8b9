#include "tests/bench/selection/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace headgate::simulation {
namespace {

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

std::string milliseconds_of(double ms) {
  if (std::abs(ms) < 0.5) return "0";
  return ms < 10'000 ? format("%.0f", ms) : format("%.0f s", ms / 1'000);
}

std::string percent(double share) {
  if (share == 0) return "0";
  return format(share < 0.01 ? "%.2f %%" : "%.1f %%", share * 100);
}

std::string seconds_of(const std::optional<double>& seconds) {
  return seconds ? format("%.0f s", *seconds) : "never";
}

// Of the server that is different, or the smallest and the largest over what is fair.
std::string share_of(const Scenario& scenario, const Measured& measured) {
  if (scenario.odd_server) return percent(measured.shares[*scenario.odd_server]);
  double weights = 0;
  for (const ServerPlan& plan : scenario.servers) weights += plan.weight;
  double least = 1e9;
  double most = 0;
  for (std::size_t i = 0; i < measured.shares.size(); ++i) {
    const double over_fair = measured.shares[i] * weights / scenario.servers[i].weight;
    least = std::min(least, over_fair);
    most = std::max(most, over_fair);
  }
  return format("%.2f", least) + " to " + format("%.2f", most);
}

const char* share_title(const Scenario& scenario) {
  return scenario.odd_server ? "share of the odd one" : "share over fair";
}

using Cells = std::vector<std::string>;

std::vector<Cells> table_of(const Result& result) {
  const Scenario& scenario = result.scenario;
  Cells head = {"", "p50", "p99", "mean", share_title(scenario), "failed attempts", "errors"};
  if (scenario.worse_at_ms) {
    head.push_back("left after");
    head.push_back("back after");
  }
  std::vector<Cells> rows = {head};
  for (std::size_t i = 0; i < result.by_formula.size(); ++i) {
    const Measured& measured = result.by_formula[i];
    Cells row = {all_formulas()[i].name,           milliseconds_of(measured.p50_ms),
                 milliseconds_of(measured.p99_ms), milliseconds_of(measured.mean_ms),
                 share_of(scenario, measured),     percent(measured.wasted_attempts),
                 percent(measured.client_errors)};
    if (scenario.worse_at_ms) {
      row.push_back(seconds_of(measured.left_s));
      row.push_back(seconds_of(measured.back_s));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string markdown(const std::vector<Cells>& rows) {
  std::string text;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    text += "|";
    for (const std::string& cell : rows[row])
      text += row == 1 && !cell.empty() ? " **" + cell + "** |" : " " + cell + " |";
    text += "\n";
    if (row > 0) continue;
    for (std::size_t i = 0; i < rows[row].size(); ++i) text += i == 0 ? "|---|" : "---:|";
    text += "\n";
  }
  return text;
}

std::string where_behind(const std::vector<Result>& results) {
  std::string text;
  for (const Result& result : results) {
    for (std::size_t i = 1; i < result.by_formula.size(); ++i) {
      const Measured& engine = result.by_formula[0];
      const Measured& other = result.by_formula[i];
      if (all_formulas()[i].omniscient || standing(engine, other) != Standing::behind) continue;
      text += "* " + result.scenario.name + ": " + milliseconds_of(engine.p99_ms) + " ms, " +
              all_formulas()[i].name + " " + milliseconds_of(other.p99_ms) + " ms.\n";
    }
  }
  return text;
}

std::size_t count(const std::vector<Result>& results, Standing wanted) {
  std::size_t found = 0;
  for (const Result& result : results)
    for (std::size_t i = 1; i < result.by_formula.size(); ++i)
      if (!all_formulas()[i].omniscient &&
          standing(result.by_formula[0], result.by_formula[i]) == wanted)
        ++found;
  return found;
}

constexpr const char* kIntroduction = R"(# How well the choice chooses: a simulation

A discrete-event simulation puts the gateway's own code, the one that [selection](selection.md)
describes, and models of how others choose before the same requests and the same servers.
`script/simulate` runs it and writes this page; a quick form of it is one of the tests, so that a
change that makes the choice worse fails.

A server serves 16 requests at once, first come first served, and the others wait in front of it. It
takes 250 ms to the first token, more for a long prompt, and 12 ms for each token; both vary from
request to request (by a factor of 1.35 and 1.16, one standard deviation). Prompts have 800 tokens in
the mean and answers 120, both very unequally; three answers in ten come whole, the others as
streams. A chooser knows what a gateway knows: when it sent what, when the first token and when the
last one came, and errors. **Added wait** is what a request took, other attempts included, over what
the same request would take on the best server while nobody else is there; in milliseconds where no
unit is given. An attempt that fails is followed by another one elsewhere, up to three.

**None of the others is a measurement of a product.** They are formulas and default rules for leaving
servers out, as their source and documentation have them: nginx with `max_fails=1`,
`fail_timeout=10s` and errors and 429 in `proxy_next_upstream` (the same for round robin and least
pending of all); agentgateway without a health policy; Finagle with its failure accrual; tower's peak
EWMA to the head of the answer with the same; Kong's lowest-latency over time per output token;
LiteLLM's latency-based routing with its cooldown of 5 s. *Omniscient* is the bound: it sees every
queue and the length of every answer to come, and takes the server where this request ends soonest.
)";

constexpr const char* kWhy = R"(
*Least pending of all* compares every server at each choice, two draws compare two: where servers
are equal and few, the third one counts. It costs a look at every server per request, and one slow
server is enough to undo it, as the other scenarios show. With *eviction lent* and one dead server,
what is left are two equal ones and the noise of short runs.

*Agentgateway's* formula gives a slow server nothing ever again, which costs nothing as long as the
server stays slow, and loses it when it recovers. The gateway asks a server of which nothing was heard
for 25 s whether it still is slow, and each of four gateways does so on its own: hence the few
requests in a thousand that it keeps.

## What the simulation changed

The first run put the score behind plain least pending wherever servers were equal, and behind
agentgateway's with one slow server. Each of these is a named constant now:

* Measured times differ from request to request by more than equal servers do, so that noise
  unbalanced the load. Up to a factor of 1.25 above or below the median a server counts as the median.
  Tried: none, 1.15, 1.2, 1.25, 1.3, 1.5; the smaller ones lose in bursts, the larger ones treat
  servers that differ by a third as equal and lose with mixed speeds.
* Load was tokens in flight, prompts included: a long prompt looked like many requests. It is expected
  time now. This alone halved the 99th percentile among equal servers.
* One request in flight doubled the cost, so that an idle server ten times as slow looked better than
  one with an ordinary load. Now 20 do. Tried: 1, 5, 10, 20, 50.
* The first draw stayed unless the second cost less than 0.8 of it, which ignored differences of load
  that count among equals. Now the cheaper one is taken. Tried: 0.8, 0.95, 1.
* Latency forgets with a half-life of 5 s instead of 10, and a silent server is asked after 25 s
  instead of 20, when its answer counts for nearly everything: one good answer is enough to be back.

99th percentiles of the added wait in ms, with the same arrivals (one seed):

| | first | now |
|---|---:|---:|
| two equal | 684 | 233 |
| three equal | 553 | 79 |
| three, one 10x slower | 5,083 | 380 |
| three, one with slow tokens | 8,313 | 377 |
| degrades and recovers | 921 | 246 |
| bursts | 1,232 | 789 |
| long streams among short | 685 | 173 |
| four gateways, three equal | 458 | 217 |
| rate limit | 627 | 96 |
)";

}  // namespace

std::string as_text(const std::vector<Result>& results) {
  std::string text;
  for (const Result& result : results) {
    text += "\n" + result.scenario.name + "\n  " + result.scenario.words + "\n";
    for (const Cells& row : table_of(result)) {
      char line[256];
      int used = std::snprintf(line, sizeof line, "  %-40s", row[0].c_str());
      text += std::string(line, static_cast<std::size_t>(used));
      for (std::size_t i = 1; i < row.size(); ++i) {
        used = std::snprintf(line, sizeof line, i == 4 ? "%22s" : "%16s", row[i].c_str());
        text += std::string(line, static_cast<std::size_t>(used));
      }
      text += "\n";
    }
  }
  return text;
}

std::string as_page(const std::vector<Result>& results, std::uint64_t seeds) {
  std::string text = kIntroduction;
  text +=
      "\n![The 99th percentile of the added wait in every scenario](selection-simulation.svg)\n";
  text +=
      "\n## Where it stands\n\nBy the 99th percentile of the added wait and the errors that "
      "clients see, over " +
      std::to_string(results.size()) + " scenarios and " +
      std::to_string(all_formulas().size() - 2) + " formulas of others: ahead in " +
      std::to_string(count(results, Standing::ahead)) + ", level (within 5 % or 20 ms) in " +
      std::to_string(count(results, Standing::level)) + ", behind in " +
      std::to_string(count(results, Standing::behind)) + ".\n";
  if (const std::string behind = where_behind(results); !behind.empty())
    text += "\nBehind it is here:\n\n" + behind;
  text += kWhy;
  text += "\n## All figures\n\nMeans over " + std::to_string(seeds) +
          " seeds (of a thousand servers, one). *never*: not in every one of the runs.\n";
  for (const Result& result : results) {
    text += "\n### " + result.scenario.name + "\n\n" + result.scenario.words + ".\n\n" +
            markdown(table_of(result));
    if (result.scenario.name == "degrades and recovers")
      text += "\n![Its share over time](selection-simulation-return.svg)\n";
  }
  return text;
}

}  // namespace headgate::simulation
