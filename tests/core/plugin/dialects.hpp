#pragma once
// Dialects that are no more than what their manifests say.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/plugin/dialect_instance.hpp"
#include "core/plugin/manifest.hpp"
#include "core/plugin/plugin.hpp"

namespace headgate::plugin {

// `routes` as in a manifest's list.
inline Plugin dialect_plugin(const std::string& id, const std::string& routes) {
  Plugin made;
  ReadManifest read = read_manifest(R"({"id":")" + id + R"(","kind":"dialect","version":"1.0.0",
                                       "summary":"s","routes":[)" +
                                        routes + "]}",
                                    Kind::dialect);
  EXPECT_TRUE(read.manifest) << ::testing::PrintToString(read.faults);
  made.manifest = *read.manifest;
  return made;
}
inline std::shared_ptr<DialectInstance> dialect_instance(const Plugin& plugin) {
  InstanceSpec spec;
  spec.plugin = &plugin;
  return std::make_shared<DialectInstance>(spec, nullptr, 1u);
}

}  // namespace headgate::plugin
