// The table answers every request: it must not allocate for it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "core/route/route_table.hpp"

namespace {
std::size_t g_allocations = 0;
}

void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace headgate::route {
namespace {

class OneHeader final : public HeaderSource {
 public:
  std::optional<std::string_view> find(std::string_view name) const override {
    if (name != "x-team") return std::nullopt;
    return "a";
  }
};

TEST(RouteTable, MatchesWithoutAllocating) {
  const config::LoadedConfig loaded = config::load_config(
      "binds: [{port: 1, listeners: [{hostname: '*.example.com', routes: ["
      "{matches: [{path: {exact: /a}}]}, {matches: [{path: {pathPrefix: /b}}]},"
      "{name: wanted, hostnames: [a.example.com], matches: [{path: {regex: '/c/.*'}, method: POST,"
      " headers: [{name: x-team, value: {exact: a}}],"
      " query: [{name: a long name of a parameter, value: {exact: a long value of it}}]}]}]}]}]",
      "f", {}, config::process_environment());
  ASSERT_EQ(config::to_string(loaded.faults), "");
  const RouteTable table(loaded.config);
  const OneHeader headers;
  const MatchRequest request{0,
                             "POST",
                             "a.example.com:1",
                             "/c/a/long/path/that/fits/no/small/string",
                             "a+long+name+of+a+parameter=a%20long%20value%20of%20it",
                             headers};
  table.match(request);  // a regular expression builds its tables when it is first used

  const std::size_t before = g_allocations;
  const std::optional<std::size_t> listener = table.select_listener(1, "a.example.com");
  const RouteEntry* route = table.match(request);
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(listener, 0u);
  ASSERT_TRUE(route);
  EXPECT_EQ(route->name(), "wanted");
}

}  // namespace
}  // namespace headgate::route
