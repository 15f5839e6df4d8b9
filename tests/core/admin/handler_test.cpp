#include "core/admin/handler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace headgate::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FixedState final : public StateSource {
 public:
  std::string routes_json() override { return R"({"routes":[]})"; }
  std::string endpoints_json() override { return R"({"endpoints":[]})"; }
  std::string budgets_json() override { return R"({"retry":{}})"; }
  AdminResponse select_page(const SelectQuery& query) override {
    return {207, query.text ? kTextType : kJsonType, query.path + " " + query.model};
  }
};

class AdminHandler : public ::testing::Test {
 protected:
  AdminHandler() {
    sources_.metrics = &metrics_;
    sources_.state = &state_;
    sources_.readiness = [this] { return readiness_; };
    sources_.reload = [this] {
      ++reloads_;
      return reload_result_;
    };
  }

  AdminResponse send(std::string_view method, std::string_view target,
                     AdminScope scope = AdminScope::all) {
    request_.method = method;
    request_.target = target;
    return handle(request_, sources_, scope);
  }
  static AdminRequest local_request() {
    AdminRequest request;
    request.authority = "127.0.0.1:15000";
    return request;
  }

  observe::MetricRegistry metrics_{1};
  FixedState state_;
  Readiness readiness_ = Readiness::ready;
  int reloads_ = 0;
  Result<void> reload_result_;
  AdminSources sources_;
  AdminRequest request_ = local_request();
};

TEST_F(AdminHandler, ServesMetricsInPrometheusForm) {
  observe::FamilySpec spec;
  spec.name = "c_total";
  metrics_.counter(metrics_.family(spec), {});
  const AdminResponse response = send("GET", "/metrics?x=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("c_total 0\n"));
}

TEST_F(AdminHandler, IsReadyOnlyWhileTheGatewayIs) {
  EXPECT_EQ(send("GET", "/healthz/ready").status, 200);
  readiness_ = Readiness::draining;
  EXPECT_EQ(send("GET", "/healthz/ready").status, 503);
  EXPECT_EQ(send("GET", "/healthz/ready").body, "draining\n");
  readiness_ = Readiness::starting;
  EXPECT_EQ(send("GET", "/healthz/ready").status, 503);
  EXPECT_EQ(send("GET", "/healthz/ready").body, "starting\n");
}

TEST_F(AdminHandler, IsLiveWhateverItsReadiness) {
  readiness_ = Readiness::draining;
  EXPECT_EQ(send("GET", "/healthz/live").status, 200);
}

TEST_F(AdminHandler, ShowsRoutesAndEndpoints) {
  EXPECT_EQ(send("GET", "/api/routes").body, R"({"routes":[]})");
  EXPECT_EQ(send("GET", "/api/endpoints").body, R"({"endpoints":[]})");
  EXPECT_EQ(send("HEAD", "/api/endpoints").status, 200);
  EXPECT_EQ(send("GET", "/api/endpoints").content_type, "application/json");
}

TEST_F(AdminHandler, ShowsBudgets) {
  EXPECT_EQ(send("GET", "/api/budgets").body, R"({"retry":{}})");
}

TEST_F(AdminHandler, HandsOnWhoWouldBePicked) {
  AdminResponse response = send("GET", "/debug/select?path=/v1/x&model=m");
  EXPECT_EQ(response.status, 207);
  EXPECT_EQ(response.body, "/v1/x m");
  EXPECT_EQ(response.content_type, "application/json");
  request_.accept = "text/plain";
  response = send("GET", "/debug/select?path=/v1/x");
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
}

TEST_F(AdminHandler, RefusesAQuestionWithoutAPathOrWithAnUnknownParameter) {
  for (const char* target :
       {"/debug/select", "/debug/select?", "/debug/select?path=/v1&nonsense=1"}) {
    const AdminResponse response = send("GET", target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_THAT(response.body, HasSubstr(R"("code":"bad_parameter")"));
  }
}

TEST_F(AdminHandler, ReloadsOnlyOnPost) {
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "post"}) {
    const AdminResponse response = send(method, "/api/reload");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.allow, "POST");
  }
  EXPECT_EQ(reloads_, 0);
  const AdminResponse response = send("POST", "/api/reload");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\"reloaded\":true}\n");
  EXPECT_EQ(reloads_, 1);
}

TEST_F(AdminHandler, SaysWhyAReloadWasRefused) {
  reload_result_ = gateway_error("config_invalid", "a.yaml:3:1: unknown key \"x\"\nand more");
  const AdminResponse response = send("POST", "/api/reload");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.body, R"({"error":{"code":"config_invalid",)"
                           R"("message":"a.yaml:3:1: unknown key \"x\"\nand more"}})"
                           "\n");
}

TEST_F(AdminHandler, ReadsOnlyWithGetAndHead) {
  for (const char* path : {"/", "/metrics", "/healthz/live", "/healthz/ready", "/api/routes",
                           "/api/endpoints", "/api/budgets", "/debug/select"}) {
    const AdminResponse response = send("POST", path);
    EXPECT_EQ(response.status, 405) << path;
    EXPECT_EQ(response.allow, "GET, HEAD");
  }
}

TEST_F(AdminHandler, KeepsWebPagesAwayFromStateAndReload) {
  request_.authority = "example.com:15000";
  EXPECT_EQ(send("POST", "/api/reload").status, 403);
  EXPECT_EQ(send("GET", "/api/routes").status, 403);
  EXPECT_EQ(send("GET", "/api/endpoints").status, 403);
  EXPECT_EQ(send("GET", "/api/budgets").status, 403);
  EXPECT_EQ(send("GET", "/debug/select?path=/v1").status, 403);
  EXPECT_EQ(send("GET", "/").status, 403);
  request_.authority = "127.0.0.1:15000";
  request_.origin = "http://example.com";
  EXPECT_EQ(send("POST", "/api/reload").status, 403);
  request_.origin = "";
  request_.fetch_site = "cross-site";
  EXPECT_EQ(send("POST", "/api/reload").status, 403);
  EXPECT_EQ(reloads_, 0);
}

TEST_F(AdminHandler, AnswersProbesAndScrapersUnderAnyName) {
  request_.authority = "gateway.svc:15020";
  EXPECT_EQ(send("GET", "/metrics").status, 200);
  EXPECT_EQ(send("GET", "/healthz/ready").status, 200);
  EXPECT_EQ(send("GET", "/healthz/live").status, 200);
}

TEST_F(AdminHandler, TrustsConfiguredHostsAndAUnixSocket) {
  request_.authority = "gateway.internal";
  EXPECT_EQ(send("GET", "/api/routes").status, 403);
  sources_.hosts = {"gateway.internal"};
  EXPECT_EQ(send("GET", "/api/routes").status, 200);
  request_.authority = "whatever";
  request_.local_socket = true;
  EXPECT_EQ(send("POST", "/api/reload").status, 200);
}

TEST_F(AdminHandler, ServesOnAListenerOnlyWhatBelongsThere) {
  EXPECT_EQ(send("GET", "/metrics", AdminScope::stats).status, 200);
  EXPECT_EQ(send("GET", "/healthz/ready", AdminScope::stats).status, 404);
  EXPECT_EQ(send("POST", "/api/reload", AdminScope::stats).status, 404);
  EXPECT_EQ(send("GET", "/", AdminScope::stats).status, 404);
  EXPECT_EQ(send("GET", "/healthz/ready", AdminScope::readiness).status, 200);
  EXPECT_EQ(send("GET", "/healthz/live", AdminScope::readiness).status, 200);
  EXPECT_EQ(send("GET", "/metrics", AdminScope::readiness).status, 404);
  const AdminScope both = AdminScope::stats | AdminScope::readiness;
  EXPECT_EQ(send("GET", "/metrics", both).status, 200);
  EXPECT_EQ(send("GET", "/healthz/live", both).status, 200);
  EXPECT_EQ(send("GET", "/api/routes", both).status, 404);
  EXPECT_EQ(reloads_, 0);
}

TEST_F(AdminHandler, KnowsNoOtherPath) {
  for (const char* path : {"", "*", "/metric", "/metrics/", "/healthz", "/api", "/API/routes",
                           "/api/routes/..", "//metrics"}) {
    const AdminResponse response = send("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, HasSubstr(R"("code":"not_found")"));
  }
}

TEST_F(AdminHandler, DoesNotServeWhatHasNoSource) {
  sources_ = {};
  for (const char* path : {"/metrics", "/healthz/ready", "/api/routes", "/api/endpoints",
                           "/api/budgets", "/debug/select?path=/"}) {
    EXPECT_EQ(send("GET", path).status, 404) << path;
  }
  EXPECT_EQ(send("POST", "/api/reload").status, 404);
  EXPECT_EQ(send("GET", "/").body,
            R"({"pages":[{"method":"GET","path":"/","help":"This list"},)"
            R"({"method":"GET","path":"/healthz/live","help":"200 while the process works"}]})"
            "\n");
}

TEST_F(AdminHandler, NamesItsPagesAsJsonOrHtml) {
  const AdminResponse json = send("GET", "/");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_THAT(json.body, HasSubstr(R"({"method":"POST","path":"/api/reload","help":)"));
  request_.accept = "text/html,application/xhtml+xml";
  const AdminResponse html = send("GET", "/");
  EXPECT_EQ(html.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(html.body, HasSubstr("GET <a href=\"/metrics\">/metrics</a>"));
  EXPECT_THAT(html.body, HasSubstr("POST /api/reload"));
  EXPECT_THAT(html.body, Not(HasSubstr("href=\"/api/reload\"")));
}

}  // namespace
}  // namespace headgate::admin
