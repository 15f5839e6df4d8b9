// selection-simulation [--quick] [--check] [--write FOLDER]
//
//   --quick         shorter runs and no thousand servers, for the tests
//   --check         exit 1 when the engine is worse than it should be, and say where
//   --write FOLDER  the page and its pictures

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/selection/chart.hpp"
#include "tests/bench/selection/report.hpp"
#include "tests/bench/selection/results.hpp"

namespace {

using namespace std::string_view_literals;
namespace simulation = headgate::simulation;

struct Options {
  bool quick = false;
  bool check = false;
  std::optional<std::string> folder;
};

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (argv[i] == "--quick"sv) {
      options.quick = true;
    } else if (argv[i] == "--check"sv) {
      options.check = true;
    } else if (argv[i] == "--write"sv && i + 1 < argc) {
      options.folder = argv[++i];
    } else {
      return std::nullopt;
    }
  }
  return options;
}

bool write(const std::string& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  out.close();
  if (!out) std::fprintf(stderr, "cannot write %s\n", file.c_str());
  return bool(out);
}

bool write_all(const std::string& folder, const std::vector<simulation::Result>& results,
               std::uint64_t seeds) {
  const std::string base = folder + "/selection-simulation";
  bool done = write(base + ".md", simulation::as_page(results, seeds)) &&
              write(base + ".svg", simulation::overview_svg(results));
  for (const simulation::Result& result : results)
    if (result.scenario.name == "degrades and recovers")
      done = write(base + "-return.svg", simulation::return_svg(result)) && done;
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Options> options = parse(argc, argv);
  if (!options) {
    std::fprintf(stderr, "usage: selection-simulation [--quick] [--check] [--write FOLDER]\n");
    return 2;
  }
  const std::uint64_t seeds = options->quick ? 2 : 6;
  const auto results = simulation::run_all(options->quick ? 0.25 : 1, options->quick, seeds);
  std::fputs(simulation::as_text(results).c_str(), stdout);
  if (options->folder && !write_all(*options->folder, results, seeds)) return 1;
  if (!options->check) return 0;
  const std::vector<std::string> faults = simulation::find_faults(results);
  for (const std::string& fault : faults) std::fprintf(stderr, "%s\n", fault.c_str());
  return faults.empty() ? 0 : 1;
}
