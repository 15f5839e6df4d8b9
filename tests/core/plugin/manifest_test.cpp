#include "core/plugin/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <headgate/credential.h>
#include <headgate/provider.h>

namespace headgate::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A manifest with the common members and `more`.
std::string with(std::string_view kind, std::string_view more) {
  return R"({"id":"a.b","kind":")" + std::string(kind) +
         R"(","key":"acme","version":"1.2.3-rc.1",)" +
         R"("summary":"s","schema":{"type":"object"},)" + std::string(more) + "}";
}
std::string dialect(std::string_view more) {
  return R"({"id":"a.b","kind":"dialect","version":"1.2.3","summary":"s",)" + std::string(more) +
         "}";
}
constexpr std::string_view kRoutes =
    R"("routes":[{"method":"POST","path":"/v1/x","operation":"chat"}])";

Manifest good(const std::string& text, Kind kind) {
  ReadManifest read = read_manifest(text, kind);
  EXPECT_THAT(read.faults, ElementsAre());
  return read.manifest.value_or(Manifest{});
}

// The only fault of a manifest that has exactly one.
std::string fault(const std::string& text, Kind kind) {
  const ReadManifest read = read_manifest(text, kind);
  EXPECT_FALSE(read.manifest.has_value());
  EXPECT_EQ(read.faults.size(), 1u) << ::testing::PrintToString(read.faults);
  return read.faults.empty() ? "" : read.faults.front();
}

TEST(Manifest, ReadsAProvider) {
  const Manifest manifest =
      good(with("provider", R"("accepts":["x.chat","y.chat"],"operations":["chat","embeddings"],
            "passThrough":["/v1/files/...","/v1/m/{model}:..."],
            "passThroughModel":"/model","credential":{"header":"X-Key","prefix":"Bearer "},
            "forwardHeaders":["Acme-Beta","x-stain-*"])"),
           Kind::provider);
  EXPECT_EQ(manifest.id, "a.b");
  EXPECT_EQ(manifest.key, "acme");
  EXPECT_EQ(manifest.version, "1.2.3-rc.1");
  EXPECT_EQ(manifest.schema, R"({"type":"object"})");
  const ProviderManifest& provider = manifest.provider;
  EXPECT_TRUE(provider.accepts_dialect("y.chat"));
  EXPECT_FALSE(provider.accepts_dialect("y"));
  EXPECT_TRUE(provider.has_operation("embeddings"));
  EXPECT_FALSE(provider.has_operation("rerank"));
  EXPECT_THAT(provider.pass_through, ElementsAre("/v1/files/...", "/v1/m/{model}:..."));
  EXPECT_EQ(provider.passed_model, "/model");
  ASSERT_TRUE(provider.credential.has_value());
  EXPECT_EQ(provider.credential->place, HG_PLACE_HEADER);
  EXPECT_EQ(provider.credential->name, "x-key");
  EXPECT_EQ(provider.credential->prefix, "Bearer ");
}

TEST(Manifest, SaysWhereStoredThingsAreNamedAndWhoseTheyAre) {
  const ProviderManifest provider =
      good(with("provider", R"("passThrough":["/v1/a","/v1/files/..."],
            "storedPaths":["/v1/files/..."],"passThroughStoredIds":["/x/*/id"],
            "ownIds":["acme-","https://acme/"])"),
           Kind::provider)
          .provider;
  EXPECT_THAT(provider.stored_paths, ElementsAre("/v1/files/..."));
  EXPECT_THAT(provider.passed_stored_ids, ElementsAre("/x/*/id"));
  EXPECT_TRUE(provider.owns_id("https://acme/1"));
  EXPECT_FALSE(provider.owns_id("file-acme-1"));
  EXPECT_THAT(
      fault(with("provider", R"("passThrough":["/v1/a"],"storedPaths":["v1"])"), Kind::provider),
      HasSubstr("member '/storedPaths': 'v1' must be a path"));
  EXPECT_THAT(fault(with("provider", R"("passThrough":["/v1/a"],"passThroughStoredIds":["x"])"),
                    Kind::provider),
              HasSubstr("member '/passThroughStoredIds': must hold JSON pointers"));
}

TEST(Manifest, SaysWhatTheConfiguredModelIsFor) {
  const ProviderManifest all =
      good(with("provider", R"("operations":["chat","embeddings"])"), Kind::provider).provider;
  EXPECT_TRUE(all.model_is_for("chat"));
  EXPECT_TRUE(all.model_is_for("embeddings"));
  const ProviderManifest some =
      good(with("provider", R"("operations":["chat","embeddings"],"modelFor":["chat"])"),
           Kind::provider)
          .provider;
  EXPECT_TRUE(some.model_is_for("chat"));
  EXPECT_FALSE(some.model_is_for("embeddings"));
  EXPECT_THAT(
      fault(with("provider", R"("operations":["chat"],"modelFor":["chats"])"), Kind::provider),
      HasSubstr("member '/modelFor': 'chats' is not one of the operations"));
}

TEST(Manifest, ForwardsHeadersByNameAndByBeginning) {
  const ProviderManifest provider =
      good(with("provider", R"("operations":["chat"],"forwardHeaders":["Acme-Beta","x-stain-*"])"),
           Kind::provider)
          .provider;
  EXPECT_TRUE(provider.forwards_header("acme-beta"));
  EXPECT_FALSE(provider.forwards_header("acme-beta-2"));
  EXPECT_TRUE(provider.forwards_header("x-stain-os"));
  EXPECT_FALSE(provider.forwards_header("x-stain"));
}

TEST(Manifest, ReadsWhichHeadersTellOfALimit) {
  const ProviderManifest provider =
      good(with("provider",
                R"("operations":["chat"],"limits":[{"remaining":"X-Left","reset":"X-Reset"}])"),
           Kind::provider)
          .provider;
  ASSERT_EQ(provider.limits.size(), 1u);
  EXPECT_EQ(provider.limits[0].remaining, "x-left");
  EXPECT_EQ(provider.limits[0].reset, "x-reset");
  EXPECT_TRUE(provider.may_be_limit(6));
  for (const std::size_t other : {std::size_t{0}, std::size_t{5}, std::size_t{7}, std::size_t{70}})
    EXPECT_FALSE(provider.may_be_limit(other)) << other;
}

TEST(Manifest, RefusesLimitsThatCannotBeRead) {
  const auto limits = [](const std::string& list) {
    return fault(with("provider", R"("operations":["chat"],"limits":)" + list), Kind::provider);
  };
  EXPECT_THAT(limits(R"([{"remaining":"a"}])"), HasSubstr("'/limits/0/reset': is missing"));
  EXPECT_THAT(limits(R"([{"remaining":"a","reset":"b","limit":"c"}])"), HasSubstr("is unknown"));
  EXPECT_THAT(limits(R"([{"remaining":")" + std::string(64, 'a') + R"(","reset":"b"}])"),
              HasSubstr("longer"));
  const std::string one = R"({"remaining":"a","reset":"b"})";
  EXPECT_THAT(limits("[" + one + "," + one + "," + one + "," + one + "," + one + "]"),
              HasSubstr("at most 4"));
}

TEST(Manifest, ReadsWhereAKeyGoesInQueryAndCookie) {
  const auto place = [](std::string_view credential) {
    return good(
               with("provider", R"("operations":["chat"],"credential":)" + std::string(credential)),
               Kind::provider)
        .provider.credential.value();
  };
  EXPECT_EQ(place(R"({"query":"key"})").place, HG_PLACE_QUERY);
  EXPECT_EQ(place(R"({"query":"Key"})").name, "Key");
  EXPECT_EQ(place(R"({"cookie":"session"})").place, HG_PLACE_COOKIE);
}

TEST(Manifest, RefusesAKeyThatGoesToTwoPlacesOrNone) {
  EXPECT_THAT(fault(with("provider", R"("operations":["chat"],
                          "credential":{"query":"a","header":"b"})"),
                    Kind::provider),
              HasSubstr("exactly one of header, query and cookie"));
  EXPECT_THAT(fault(with("provider", R"("operations":["chat"],"credential":{})"), Kind::provider),
              HasSubstr("'/credential'"));
}

TEST(Manifest, ReadsAPolicy) {
  const PolicyManifest policy =
      good(with("policy", R"("stage":"guard","phases":["attempt","outcome"],"body":"whole",
                "credential":true,"levels":["route","provider"],"default":true)"),
           Kind::policy)
          .policy;
  EXPECT_EQ(policy.stage, Stage::guard);
  EXPECT_EQ(policy.phases, kPhaseAttempt | kPhaseOutcome);
  EXPECT_EQ(policy.body, BodyNeed::whole);
  EXPECT_TRUE(policy.sets_credential);
  EXPECT_TRUE(policy.is_default);
  EXPECT_EQ(policy.levels, kLevelRoute | kLevelProvider);
}

TEST(Manifest, KeepsAClientsPolicyFromTheProviderLevel) {
  const auto levels = [](std::string_view phases) {
    return good(with("policy", R"("stage":"guard","phases":)" + std::string(phases)), Kind::policy)
        .policy.levels;
  };
  constexpr std::uint32_t kThree = kLevelListener | kLevelRoute | kLevelBackend;
  EXPECT_EQ(levels(R"(["attempt","outcome"])"), kThree | kLevelProvider);
  EXPECT_EQ(levels(R"(["attempt","request"])"), kThree);
  EXPECT_EQ(levels(R"(["response"])"), kThree);
  EXPECT_EQ(levels(R"(["event"])"), kThree);
  EXPECT_EQ(levels(R"(["complete"])"), kThree);
  EXPECT_THAT(fault(with("policy", R"("stage":"guard","phases":["request"],"levels":["provider"])"),
                    Kind::policy),
              HasSubstr("cannot stand at the provider level"));
}

TEST(Manifest, APolicyMayHaveNoKey) {
  const Manifest manifest =
      good(R"({"id":"a","kind":"policy","version":"1.0.0","summary":"s","schema":{},
               "stage":"limit","phases":["request"]})",
           Kind::policy);
  EXPECT_EQ(manifest.key, "");
}

TEST(Manifest, ReadsADialect) {
  const Manifest manifest = good(dialect(R"("neutral":true,"routes":[
          {"method":"POST","path":"/v1/chat","operation":"chat","body":"json"},
          {"method":"GET","path":"/v1/models/{model}","operation":"models","answered":true,
           "header":"Acme-Version"}],
        "model":"/model","stream":"/stream","maxTokens":["/a","/b"],"storedIds":["/m/*/id"],
        "events":{"framing":"sse","end":"data: [DONE]\n\n"},
        "credential":[{"header":"Authorization","prefix":"Bearer "}])"),
                                 Kind::dialect);
  const DialectManifest& read = manifest.dialect;
  EXPECT_TRUE(read.neutral);
  ASSERT_EQ(read.routes.size(), 2u);
  EXPECT_TRUE(read.routes[0].json_body);
  EXPECT_FALSE(read.routes[0].answered);
  EXPECT_FALSE(read.routes[1].json_body);
  EXPECT_TRUE(read.routes[1].answered);
  EXPECT_TRUE(read.routes[1].model_in_path);
  EXPECT_EQ(read.routes[1].header, "acme-version");
  EXPECT_EQ(read.model, "/model");
  EXPECT_FALSE(read.model_in_path);
  EXPECT_EQ(read.stream, "/stream");
  EXPECT_THAT(read.max_tokens, ElementsAre("/a", "/b"));
  EXPECT_THAT(read.stored_ids, ElementsAre("/m/*/id"));
  EXPECT_EQ(read.event_framing, HG_FRAMING_SSE);
  EXPECT_EQ(read.event_end, "data: [DONE]\n\n");
  ASSERT_EQ(read.credential.size(), 1u);
  EXPECT_EQ(read.credential[0].name, "authorization");
}

TEST(Manifest, ADialectsModelMayBeInThePath) {
  const Manifest manifest =
      good(dialect(R"("model":"path",)" + std::string(kRoutes)), Kind::dialect);
  EXPECT_TRUE(manifest.dialect.model_in_path);
  EXPECT_EQ(manifest.dialect.model, "");
  EXPECT_EQ(manifest.dialect.event_framing, HG_FRAMING_WHOLE);
}

TEST(Manifest, RefusesAnUnknownMemberByItsPath) {
  EXPECT_THAT(fault(with("provider", R"("operations":["chat"],"operation":1)"), Kind::provider),
              HasSubstr("'/operation': is unknown"));
  EXPECT_THAT(
      fault(with("provider", R"("operations":["chat"],"credential":{"header":"a","suffix":"b"})"),
            Kind::provider),
      HasSubstr("'/credential/suffix'"));
  EXPECT_THAT(
      fault(dialect(R"("routes":[{"method":"GET","path":"/x","operation":"o","answer":true}])"),
            Kind::dialect),
      HasSubstr("'/routes/0/answer'"));
  EXPECT_THAT(fault(dialect(R"("events":{"framing":"sse","ends":""},)" + std::string(kRoutes)),
                    Kind::dialect),
              HasSubstr("'/events/ends'"));
}

TEST(Manifest, TellsAllFaultsAtOnce) {
  const ReadManifest read = read_manifest(R"({"id":"A","kind":"policy","key":"a b","version":"1.2",
                                              "schema":7,"operations":[3]})",
                                          Kind::provider);
  EXPECT_THAT(read.faults,
              ElementsAre(HasSubstr("'/id'"), HasSubstr("'/kind'"), HasSubstr("'/key'"),
                          HasSubstr("'/version'"), HasSubstr("'/summary': is missing"),
                          HasSubstr("'/schema'"), HasSubstr("'/operations/0'"),
                          HasSubstr("operations, passThrough or both")));
}

TEST(Manifest, RefusesWordsThatItDoesNotKnowAndNamesThoseItKnows) {
  EXPECT_THAT(fault(with("policy", R"("stage":"first","phases":["request"])"), Kind::policy),
              HasSubstr("'first' is not one of authenticate, authorize, limit"));
  EXPECT_THAT(
      fault(with("policy", R"("stage":"limit","phases":["request","reply"])"), Kind::policy),
      HasSubstr("'/phases/1': 'reply' is not one of request, attempt"));
  EXPECT_THAT(
      fault(with("policy", R"("stage":"limit","phases":["request"],"body":"half")"), Kind::policy),
      HasSubstr("'half' is not one of none, whole, stream"));
  EXPECT_THAT(
      fault(dialect(R"("events":{"framing":"xml"},)" + std::string(kRoutes)), Kind::dialect),
      HasSubstr("'xml' is not one of sse, ndjson"));
}

TEST(Manifest, ReadsTheTypesOfRoutesAndWhoGivesThemToPaths) {
  const Manifest dialect_with = good(
      dialect(R"("routes":[{"method":"POST","path":"/v1/x","operation":"chat","type":"x-chats"},
                           {"method":"GET","path":"/v1/y","operation":"y"}])"),
      Kind::dialect);
  EXPECT_EQ(dialect_with.dialect.routes[0].type, "x-chats");
  EXPECT_EQ(dialect_with.dialect.routes[1].type, "");
  const Manifest policy = good(
      with("policy",
           R"("stage":"transform","phases":["request"],"levels":["route"],"pathTypes":"paths")"),
      Kind::policy);
  EXPECT_EQ(policy.policy.path_types, "paths");
}

TEST(Manifest, RefusesTypesThatCouldNotBeMeant) {
  const auto type_fault = [](std::string_view path, std::string_view type) {
    return fault(dialect(R"("routes":[{"method":"GET","operation":"o","path":")" +
                         std::string(path) + R"(","type":")" + std::string(type) + R"("}])"),
                 Kind::dialect);
  };
  EXPECT_THAT(type_fault("/x", "a b"), HasSubstr("'/routes/0/type'"));
  EXPECT_THAT(type_fault("/x", "passthrough"), HasSubstr("'/routes/0/type'"));
  EXPECT_THAT(type_fault("/x/{model}", "models"), HasSubstr("which model is meant"));
  EXPECT_THAT(
      fault(with("policy", R"("stage":"transform","phases":["attempt"],"pathTypes":"paths")"),
            Kind::policy),
      HasSubstr("'/pathTypes'"));
}

TEST(Manifest, ReadsWhetherAPolicyMayBeAskedForARequestThatNobodySent) {
  const std::string says = R"("stage":"transform","dryRun":true,"phases":)";
  EXPECT_TRUE(good(with("policy", says + R"(["request"])"), Kind::policy).policy.dry_run);
  EXPECT_THAT(fault(with("policy", says + R"(["attempt"])"), Kind::policy), HasSubstr("'/dryRun'"));
}

TEST(Manifest, RefusesAPolicyThatCouldNeverSetItsCredential) {
  EXPECT_THAT(fault(with("policy", R"("stage":"limit","phases":["outcome"],"credential":true)"),
                    Kind::policy),
              HasSubstr("'attempt' is not in phases"));
}

TEST(Manifest, RefusesPathsThatCannotMatch) {
  const auto path_fault = [](std::string_view path) {
    return fault(dialect(R"("routes":[{"method":"GET","operation":"o","path":")" +
                         std::string(path) + R"("}])"),
                 Kind::dialect);
  };
  for (const std::string_view path :
       {"v1/x", "/v1/x/", "/v1//x", "/v1/{name}", "/v1/a{model}", "/v1/{model}b",
        "/{model}/{model}", "/v1/{model}:a:b", "/v1/{model"}) {
    EXPECT_THAT(path_fault(path), HasSubstr("'/routes/0/path'")) << path;
  }
  for (const std::string_view pattern :
       {"v1/x", "/v1/.../x", "/v1//x", "/v1/{name}", "/v1/a{model}", "/v1/{model}...",
        "/v1/{model}:a:b", "/v1/{model}/{model}", "/v1/{model"}) {
    EXPECT_THAT(fault(with("provider", R"("passThrough":[")" + std::string(pattern) + R"("])"),
                      Kind::provider),
                HasSubstr("must be a path"))
        << pattern;
  }
}

TEST(Manifest, RefusesAKeyOfADialectAndAMissingSchemaOfOthers) {
  EXPECT_THAT(fault(dialect(R"("key":"x",)" + std::string(kRoutes)), Kind::dialect),
              HasSubstr("a dialect has none"));
  EXPECT_THAT(fault(R"({"id":"a","kind":"provider","key":"k","version":"1.0.0","summary":"s",
                        "operations":["chat"]})",
                    Kind::provider),
              HasSubstr("'/schema': is missing"));
}

TEST(Manifest, RefusesWhatIsNoJsonObject) {
  EXPECT_THAT(fault("{\"id\":", Kind::provider), HasSubstr("is not JSON"));
  EXPECT_THAT(fault("[]", Kind::provider), HasSubstr("must be an object"));
  EXPECT_THAT(fault("", Kind::provider), HasSubstr("is not JSON"));
}

}  // namespace
}  // namespace headgate::plugin
