#include "core/admin/select_query.hpp"

#include <gtest/gtest.h>

namespace headgate::admin {
namespace {

std::string refusal(std::string_view query) {
  const auto read = read_select_query(query, {});
  return read.ok() ? "" : read.error().message;
}

TEST(SelectQuery, TakesEveryParameterDecoded) {
  const auto read = read_select_query(
      "path=%2Fv1%2Fchat%3Fx%3D1&model=gpt+4o&host=api.example.com&method=PUT&port=3001"
      "&header=X-Team:%20a%20&header=y:b:c&prompt_tokens=12&max_tokens=34&format=text",
      "");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->path, "/v1/chat?x=1");
  EXPECT_EQ(read->model, "gpt 4o");
  EXPECT_EQ(read->host, "api.example.com");
  EXPECT_EQ(read->method, "PUT");
  EXPECT_EQ(read->port, 3001);
  ASSERT_EQ(read->headers.size(), 2u);
  EXPECT_EQ(read->headers[0], std::pair(std::string("x-team"), std::string("a")));
  EXPECT_EQ(read->headers[1], std::pair(std::string("y"), std::string("b:c")));
  EXPECT_EQ(read->prompt_tokens, 12u);
  EXPECT_EQ(read->max_tokens, 34u);
  EXPECT_TRUE(read->text);
}

TEST(SelectQuery, AsksAsAClientOnThisMachineWouldUnlessToldOtherwise) {
  const auto read = read_select_query("path=/v1", "");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->method, "POST");
  EXPECT_EQ(read->host, "localhost");
  EXPECT_EQ(read->port, std::nullopt);
  EXPECT_FALSE(read->text);
}

TEST(SelectQuery, GivesTextToWhoAcceptsItAndNamesNoFormat) {
  EXPECT_TRUE(read_select_query("path=/v1", "text/plain")->text);
  EXPECT_FALSE(read_select_query("path=/v1&format=json", "text/plain")->text);
  EXPECT_FALSE(read_select_query("path=/v1", "*/*")->text);
}

TEST(SelectQuery, RefusesWhatItDoesNotKnowByName) {
  EXPECT_NE(refusal("path=/v1&modell=x").find("'modell' is no parameter"), std::string::npos);
  EXPECT_NE(refusal("").find("'path' is missing"), std::string::npos);
  EXPECT_NE(refusal("path=v1").find("'path'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&port=65536").find("'port'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&port=").find("'port'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&max_tokens=-1").find("'max_tokens'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&prompt_tokens=99999999").find("'prompt_tokens'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&method=G%20T").find("'method'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&method=").find("'method'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&header=x").find("no header"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&header=:x").find("no header"), std::string::npos);
  EXPECT_NE(refusal("path=/v1&format=xml").find("'format'"), std::string::npos);
  EXPECT_NE(refusal("path=/v1%2").find("escape"), std::string::npos);
}

TEST(SelectQuery, HasAnEndOfHeaders) {
  std::string query = "path=/v1";
  for (std::size_t i = 0; i < SelectQuery::kHeadersMax; ++i) query += "&header=a:b";
  EXPECT_EQ(refusal(query), "");
  EXPECT_NE(refusal(query + "&header=a:b"), "");
}

TEST(SelectQuery, IsReadAsItWasWritten) {
  SelectQuery query;
  query.path = "/v1/a b?x=1&y=+%41";
  query.method = "GET";
  query.host = "[::1]:80";
  query.port = 0;
  query.model = "org/model:7b+x&y=z#";
  query.headers = {{"a", "b: c"}, {"d", ""}};
  query.body = R"({"a": "b&c+d"})";
  query.max_tokens = 7;
  query.text = true;
  const std::string target = select_target(query);
  EXPECT_EQ(target.find_first_of(" #\""), std::string::npos) << target;
  const auto read = read_select_query(target.substr(target.find('?') + 1), "");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->path, query.path);
  EXPECT_EQ(read->method, query.method);
  EXPECT_EQ(read->host, query.host);
  EXPECT_EQ(read->port, query.port);
  EXPECT_EQ(read->model, query.model);
  EXPECT_EQ(read->headers, query.headers);
  EXPECT_EQ(read->body, query.body);
  EXPECT_EQ(read->prompt_tokens, 0u);
  EXPECT_EQ(read->max_tokens, 7u);
  EXPECT_TRUE(read->text);
}

}  // namespace
}  // namespace headgate::admin
