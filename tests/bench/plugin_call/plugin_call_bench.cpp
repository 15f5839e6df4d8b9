// What it costs to ask a plugin, beside what the plugin does: a policy from a shared library that
// does nothing, called as the gateway calls it, through the C table and with the note of who runs.

#include <benchmark/benchmark.h>

#include <cstdio>

#include "core/plugin/host.hpp"
#include "core/plugin/instance_store.hpp"
#include "core/plugin/registry.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace headgate::plugin {
namespace {

const PolicyInstance* asked = nullptr;

void policy_that_does_nothing(benchmark::State& state) {
  FakeCall call;
  for (auto _ : state) benchmark::DoNotOptimize(asked->on_request(nullptr, call));
}

BENCHMARK(policy_that_does_nothing)->Threads(1)->Threads(2);

int run() {
  FakeServices services;
  Host host(services, "1.2.3");
  Registry registry(host);
  registry.add_file(std::string(PLUGIN_FIXTURES) + "two_policies.so");
  InstanceSpec spec;
  spec.plugin = registry.find("two.first");
  if (spec.plugin == nullptr) {
    std::fputs("the policy is not there\n", stderr);
    return 1;
  }
  InstanceStore store(2);
  const Created<PolicyInstance> made = store.policy(spec);
  if (!made.ok()) {
    std::fputs("the policy does not start\n", stderr);
    return 1;
  }
  asked = made.instance.get();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace headgate::plugin

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  return headgate::plugin::run();
}
