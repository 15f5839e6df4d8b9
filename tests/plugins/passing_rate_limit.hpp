#pragma once
// A 429 of a path that passes, which every provider plugin takes the same way: limits are those of
// a model, so it counts only where the request names the one that is configured.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "testing/fake_host.hpp"

// `path`: one that passes, where %s in it stands for a model.
inline void expect_rate_limits_count_for_the_configured_model(hg::testing::FakeHost& host,
                                                              std::string_view id,
                                                              const std::string& path) {
  const auto seen = [&](std::string_view config, const std::string& model) {
    hg::testing::Instance provider(host, id, config);
    hg_call call(R"({"model":")" + model + "\"}");
    call.operation = "";
    hg::testing::ProviderRun run(provider, call);
    hg_build in{};
    in.size = HG_END_OF(hg_build, max_tokens);
    std::string of_model = path;
    if (const std::size_t at = path.find("%s"); at != std::string::npos)
      of_model.replace(at, 2, model);
    in.path = hg::str(of_model);
    EXPECT_EQ(run.build(in), HG_CONTINUE);
    return run.classify(HG_FAILURE_STATUS, 429, "");
  };
  for (const auto& other : {seen("{}", "m"), seen(R"({"model":"m"})", "n")}) {
    EXPECT_EQ(other.next, static_cast<std::uint32_t>(HG_NEXT_ELSEWHERE));
    EXPECT_EQ(other.health, static_cast<std::uint32_t>(HG_HEALTH_NEUTRAL));
    EXPECT_EQ(other.scope, static_cast<std::uint32_t>(HG_SCOPE_NONE));
  }
  const auto own = seen(R"({"model":"m"})", "m");
  EXPECT_EQ(own.health, static_cast<std::uint32_t>(HG_HEALTH_FAILURE));
  EXPECT_EQ(own.scope, static_cast<std::uint32_t>(HG_SCOPE_KEY_MODEL));
}
