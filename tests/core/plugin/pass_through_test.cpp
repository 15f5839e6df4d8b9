#include "core/plugin/pass_through.hpp"

#include <gtest/gtest.h>

namespace headgate::plugin {
namespace {

const PassThrough kPaths({"/v1/embeddings", "/v1/files/...", "/v1/files", "/v2/rerank",
                          "/v1/files/special/..."},
                         "/v1");

TEST(PassThrough, TakesThePartBehindTheBasePath) {
  EXPECT_EQ(kPaths.match("/v1/embeddings"), "/embeddings");
  EXPECT_EQ(kPaths.match("/v1/files"), "/files");
  EXPECT_EQ(kPaths.match("/v1/files/abc/content"), "/files/abc/content");
}

TEST(PassThrough, KeepsAPatternThatIsNotBelowTheBasePathWhole) {
  EXPECT_EQ(kPaths.match("/v2/rerank"), "/v2/rerank");
  const PassThrough similar({"/v1beta/x"}, "/v1");
  EXPECT_EQ(similar.match("/v1beta/x"), "/v1beta/x");
}

TEST(PassThrough, LetsTheEndOfThePathDecide) {
  EXPECT_EQ(kPaths.match("/team/x/v1/embeddings"), "/embeddings");
  EXPECT_EQ(kPaths.match("/team/v1/files/a/b"), "/files/a/b");
  EXPECT_EQ(kPaths.match("/team/v1/files/special/b"), "/files/special/b");
}

TEST(PassThrough, RefusesWhatIsNotDeclared) {
  EXPECT_EQ(kPaths.match("/v1/embeddings/x"), std::nullopt);
  EXPECT_EQ(kPaths.match("/v1/embeddingsx"), std::nullopt);
  EXPECT_EQ(kPaths.match("/xv1/embeddings"), std::nullopt);
  EXPECT_EQ(kPaths.match("/v1/filesx"), std::nullopt);
  EXPECT_EQ(kPaths.match("/v1/models"), std::nullopt);
  EXPECT_EQ(kPaths.match(""), std::nullopt);
  EXPECT_EQ(PassThrough().match("/v1/files"), std::nullopt);
  EXPECT_TRUE(PassThrough().empty());
  EXPECT_FALSE(kPaths.empty());
}

TEST(PassThrough, RefusesDotSegmentsInEveryDisguise) {
  for (const std::string_view path :
       {"/v1/files/../admin", "/v1/files/a/..", "/v1/files/./a", "/v1/files/%2e%2e/admin",
        "/v1/files/.%2E/admin", "/v1/files/a%2f..%2Fadmin", "/v1/files/a\\..\\admin",
        "/v1/files/a%5c..%5cadmin", "/../v1/embeddings"}) {
    EXPECT_EQ(kPaths.match(path), std::nullopt) << path;
  }
}

TEST(PassThrough, TakesDotsInNames) {
  EXPECT_EQ(kPaths.match("/v1/files/a..b"), "/files/a..b");
  EXPECT_EQ(kPaths.match("/v1/files/..."), "/files/...");
  EXPECT_EQ(kPaths.match("/v1/files/.a"), "/files/.a");
  EXPECT_EQ(kPaths.match("/v1/files/a%2"), "/files/a%2");
}

TEST(PassThrough, NeedsSomethingForItsDots) {
  for (const std::string_view path :
       {"/v1/files/", "/team/v1/files/", "/v1/files//", "/v1/files//a", "/v1/files/%2f",
        "/v1/files/%2Fa", "/v1/files/%5c"}) {
    EXPECT_EQ(kPaths.match(path), std::nullopt) << path;
  }
  EXPECT_EQ(kPaths.match("/v1/files/a/"), "/files/a/");
}

// The model that is found, or "-" where the path is not declared.
std::string model_of(std::string_view path) {
  static const PassThrough kModels(
      {"/v1/models/...", "/v1/models/{model}:...", "/v1/models/{model}/parts", "/v1/models/{model}",
       "/v1/jobs/{model}:run"},
      "/v1");
  const auto match = kModels.find(path);
  return match ? std::string(match->model) : "-";
}

TEST(PassThrough, FindsTheModelWhereThePatternHasIt) {
  EXPECT_EQ(model_of("/v1/models/a"), "a");
  EXPECT_EQ(model_of("/v1/models/a:count"), "a");
  EXPECT_EQ(model_of("/v1/models/a/parts"), "a");
  EXPECT_EQ(model_of("/v1/jobs/a:run"), "a");
  EXPECT_EQ(model_of("/team/v1/models/a:count"), "a");
  EXPECT_EQ(model_of("/v1/models/a%2eb:count"), "a%2eb") << "as it stands";
}

TEST(PassThrough, KnowsNoModelWhereNoPatternThatNamesOneFits) {
  EXPECT_EQ(model_of("/v1/models/a/other"), "");
  EXPECT_EQ(model_of("/v1/models/a%2f..b:count"), "") << "more than one segment when decoded";
  EXPECT_EQ(model_of("/v1/models/a%3ab:count"), "") << "another ':' when decoded";
  EXPECT_EQ(model_of("/v1/models/:count"), "");
  EXPECT_EQ(model_of("/v1/models/a%2fb"), "");
  EXPECT_EQ(model_of("/v1/jobs/:run"), "-");
  EXPECT_EQ(model_of("/v1/jobs/a:b:run"), "-");
  EXPECT_EQ(model_of("/v1/jobs/a:runs"), "-");
  EXPECT_EQ(model_of("/v1/jobs/a"), "-");
}

TEST(PassThrough, SendsThePathThatTheModelWasReadFrom) {
  const PassThrough models({"/v1/models/{model}"}, "/v1");
  const auto match = models.find("/v1/models/one/v1/models/two");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->model, "two");
  EXPECT_EQ(match->rest, "/models/two");
}

TEST(PassThrough, TakesTheLongestPattern) {
  const PassThrough nested({"/files/...", "/v1/files/..."}, "");
  EXPECT_EQ(nested.match("/p/v1/files/a"), "/v1/files/a");
  EXPECT_EQ(nested.match("/p/files/a"), "/files/a");
}

TEST(PassThrough, WorksWithoutABasePath) {
  const PassThrough rootless({"/files/..."}, "");
  EXPECT_EQ(rootless.match("/p/files/a"), "/files/a");
}

}  // namespace
}  // namespace headgate::plugin
