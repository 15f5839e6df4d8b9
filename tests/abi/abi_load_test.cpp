// Every plugin of the tree is one that the gateway takes: its tables, its manifest, and no id, key
// or role that two of them claim.

#include <gtest/gtest.h>

#include "core/plugin/host.hpp"
#include "core/plugin/registry.hpp"
#include "tests/core/plugin/fake_call.hpp"

namespace {

TEST(AbiLoad, TheGatewayTakesEveryPluginOfTheTree) {
  headgate::plugin::FakeServices services;
  headgate::plugin::Host host(services, "1.2.3");
  headgate::plugin::Registry registry(host);
  registry.add_folder(PLUGIN_FOLDER);
  for (const headgate::plugin::LoadFault& fault : registry.take_faults()) {
    ADD_FAILURE() << fault.message;
  }
  EXPECT_FALSE(registry.all().empty());
}

}  // namespace
