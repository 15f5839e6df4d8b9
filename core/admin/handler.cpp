#include "core/admin/handler.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/admin/host_check.hpp"
#include "core/base/json_text.hpp"
#include "core/base/log.hpp"

namespace headgate::admin {
namespace {

constexpr std::string_view kJson = kJsonType;
constexpr std::string_view kText = kTextType;
constexpr std::string_view kHtml = "text/html; charset=utf-8";

enum class Page : std::uint8_t {
  index,
  metrics,
  live,
  ready,
  routes,
  endpoints,
  budgets,
  select,
  reload
};

// What there is to ask for. The index is made from this list.
class Entry {
 public:
  Page page;
  AdminScope scope;
  bool changes_state;  // POST; the others are read with GET or HEAD
  std::string_view path;
  std::string_view help;
};

constexpr std::array<Entry, 9> kEntries{{
    {Page::index, AdminScope::admin, false, "/", "This list"},
    {Page::metrics, AdminScope::stats, false, "/metrics", "Metrics in Prometheus text format"},
    {Page::live, AdminScope::readiness, false, "/healthz/live", "200 while the process works"},
    {Page::ready, AdminScope::readiness, false, "/healthz/ready",
     "200 while new requests are welcome, 503 while starting or draining"},
    {Page::routes, AdminScope::admin, false, "/api/routes", "Listeners and routes as they are now"},
    {Page::endpoints, AdminScope::admin, false, "/api/endpoints",
     "Endpoints with their score, health and load as they are now"},
    {Page::budgets, AdminScope::admin, false, "/api/budgets",
     "What is left of the budgets for more than one attempt"},
    {Page::select, AdminScope::admin, false, "/debug/select",
     "Who would serve a request and why: ?path=/v1/...&model=...&format=text"},
    {Page::reload, AdminScope::admin, true, "/api/reload", "Loads the configuration again"},
}};

bool is_there(const Entry& entry, const AdminSources& sources, AdminScope scope) {
  if (!serves(scope, entry.scope)) return false;
  switch (entry.page) {
    case Page::index:
    case Page::live:
      return true;
    case Page::metrics:
      return sources.metrics != nullptr;
    case Page::ready:
      return sources.readiness != nullptr;
    case Page::routes:
    case Page::endpoints:
    case Page::budgets:
    case Page::select:
      return sources.state != nullptr;
    case Page::reload:
      return sources.reload != nullptr;
  }
  return false;
}

const Entry* find_entry(std::string_view path, const AdminSources& sources, AdminScope scope) {
  for (const Entry& entry : kEntries) {
    if (entry.path == path && is_there(entry, sources, scope)) return &entry;
  }
  return nullptr;
}

AdminResponse index_page(const AdminRequest& request, const AdminSources& sources,
                         AdminScope scope) {
  const bool html = request.accept.find("text/html") != std::string_view::npos;
  std::string body =
      html ? "<!doctype html><title>Headgate</title><h1>Headgate</h1><ul>\n" : R"({"pages":[)";
  bool first = true;
  for (const Entry& entry : kEntries) {
    if (!is_there(entry, sources, scope)) continue;
    const std::string_view method = entry.changes_state ? "POST" : "GET";
    if (html) {
      body.append("<li>").append(method).append(" ");
      // Paths and help are literals above, with nothing in them to escape.
      if (entry.changes_state) {
        body.append(entry.path);
      } else {
        body.append("<a href=\"")
            .append(entry.path)
            .append("\">")
            .append(entry.path)
            .append("</a>");
      }
      body.append(": ").append(entry.help).append("</li>\n");
    } else {
      if (!first) body += ',';
      body.append(R"({"method":")").append(method).append(R"(","path":)");
      append_json_string(body, entry.path);
      body += R"(,"help":)";
      append_json_string(body, entry.help);
      body += '}';
    }
    first = false;
  }
  body += html ? "</ul>\n" : "]}\n";
  return {200, html ? kHtml : kJson, std::move(body)};
}

AdminResponse readiness_page(Readiness readiness) {
  switch (readiness) {
    case Readiness::ready:
      return {200, kText, "ready\n"};
    case Readiness::starting:
      return {503, kText, "starting\n"};
    case Readiness::draining:
      return {503, kText, "draining\n"};
  }
  return {503, kText, "unknown\n"};
}

AdminResponse reload_page(const AdminSources& sources) {
  const Result<void> result = sources.reload();
  if (result.ok()) return {200, kJson, "{\"reloaded\":true}\n"};
  // The old configuration stays: nothing is wrong with the gateway, but with the file.
  return error_response(422, result.error().code, result.error().message);
}

AdminResponse select_page(const AdminRequest& request, const AdminSources& sources) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size() - 1);
  const auto query = read_select_query(request.target.substr(mark + 1), request.accept);
  if (!query)
    return error_response(query.error().status, query.error().code, query.error().message);
  return sources.state->select_page(*query);
}

// Why a request from a browser may not be answered, or nothing.
std::string_view refusal(const AdminRequest& request, const AdminSources& sources,
                         const Entry& entry) {
  // Probes and scrapers come under service names, and what they read is of no use to a page.
  if (request.local_socket || entry.scope != AdminScope::admin) return {};
  if (!is_trusted_host(request.authority, sources.hosts)) {
    return "the Host header must be an IP address or localhost, to keep web pages out";
  }
  if (is_cross_site(request.authority, request.origin, request.fetch_site)) {
    return "requests from web pages of other sites are refused";
  }
  return {};
}

}  // namespace

AdminResponse error_response(int status, std::string_view code, std::string_view message) {
  std::string body = R"({"error":{"code":)";
  append_json_string(body, code);
  body += R"(,"message":)";
  append_json_string(body, message);
  body += "}}\n";
  return {status, kJson, std::move(body)};
}

AdminResponse handle(const AdminRequest& request, const AdminSources& sources, AdminScope scope) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const Entry* entry = find_entry(path, sources, scope);
  if (entry == nullptr) {
    return error_response(404, "not_found", "nothing is served here under this path");
  }
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (entry->changes_state ? request.method != "POST" : !reads) {
    AdminResponse response =
        error_response(405, "method_not_allowed", "this path takes another method, see Allow");
    response.allow = entry->changes_state ? "POST" : "GET, HEAD";
    return response;
  }
  if (const std::string_view why = refusal(request, sources, *entry); !why.empty()) {
    return error_response(403, "forbidden", why);
  }
  switch (entry->page) {
    case Page::index:
      return index_page(request, sources, scope);
    case Page::metrics:
      return {200, observe::kPrometheusContentType, sources.metrics->render()};
    case Page::live:
      return {200, kText, "ok\n"};
    case Page::ready:
      return readiness_page(sources.readiness());
    case Page::routes:
      return {200, kJson, sources.state->routes_json()};
    case Page::endpoints:
      return {200, kJson, sources.state->endpoints_json()};
    case Page::budgets:
      return {200, kJson, sources.state->budgets_json()};
    case Page::select:
      return select_page(request, sources);
    case Page::reload:
      return reload_page(sources);
  }
  return error_response(404, "not_found", "nothing is served here under this path");
}

}  // namespace headgate::admin
