#include "core/cli/admin_client.hpp"

#include <gtest/gtest.h>

namespace headgate::cli {
namespace {

TEST(AdminPlace, IsReadWithAndWithoutScheme) {
  EXPECT_EQ(parse_admin_place("http://127.0.0.1:15000")->host, "127.0.0.1");
  EXPECT_EQ(parse_admin_place("http://127.0.0.1:15000/")->port, 15000);
  EXPECT_EQ(parse_admin_place("localhost:1")->host, "localhost");
  EXPECT_EQ(parse_admin_place("http://[::1]:80")->host, "::1");
  EXPECT_EQ(parse_admin_place("unix:/run/x.sock")->unix_path, "/run/x.sock");
}

TEST(AdminPlace, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "http://", "localhost", ":1", "http://h:0", "http://h:65536", "h:1x",
                           "unix:", "http://h/x:1", "https://h:1"}) {
    EXPECT_FALSE(parse_admin_place(text).ok()) << text;
  }
}

TEST(AdminAnswer, IsTakenWholeOnly) {
  const auto answer = parse_admin_answer("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "no\n");
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\nx",
                            "SSH-2.0\r\n\r\n", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nno\n"}) {
    EXPECT_FALSE(parse_admin_answer(bytes).ok()) << bytes;
  }
}

TEST(AskAdmin, SaysWhereNobodyListens) {
  RealClock clock;
  AdminPlace place;
  place.unix_path = "/nonexistent/headgate.sock";
  const auto answer = ask_admin(place, "/", clock);
  ASSERT_FALSE(answer.ok());
  EXPECT_FALSE(answer.error().message.empty());
}

}  // namespace
}  // namespace headgate::cli
