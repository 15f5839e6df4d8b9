#include "core/admin/select_query.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/ascii.hpp"
#include "core/http/byte_rules.hpp"
#include "core/http/target.hpp"

namespace headgate::admin {
namespace {

Error bad(std::string_view name, std::string_view why) {
  return client_error(400, "bad_parameter",
                      "'" + std::string(name.substr(0, 100)) + "' " + std::string(why));
}

// As forms write it: a plus is a space.
std::optional<std::string> decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return http::percent_decode(spaced);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > most) return std::nullopt;
  return value;
}

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return http::is_token_byte(c); });
}

using MaybeError = std::optional<Error>;

MaybeError take_number(std::string_view name, std::string_view value, std::uint64_t most,
                       std::uint64_t& into) {
  const auto read = number(value, most);
  if (!read) return bad(name, "is a number up to " + std::to_string(most));
  into = *read;
  return std::nullopt;
}

MaybeError take_format(std::string_view value, std::optional<bool>& text) {
  if (value != "text" && value != "json") return bad("format", "is text or json");
  text = value == "text";
  return std::nullopt;
}

MaybeError take_header(std::string_view value, SelectQuery& query) {
  if (query.headers.size() == SelectQuery::kHeadersMax)
    return bad("header", "may be given 64 times at most");
  auto header = read_header(value);
  if (!header) return std::move(header.error());
  query.headers.push_back(std::move(*header));
  return std::nullopt;
}

MaybeError take(std::string_view name, std::string value, SelectQuery& query,
                std::optional<bool>& text) {
  if (name == "path") {
    if (!value.starts_with('/')) return bad(name, "begins with a slash");
    query.path = std::move(value);
  } else if (name == "method") {
    if (!is_token(value)) return bad(name, "is no HTTP method");
    query.method = std::move(value);
  } else if (name == "host") {
    query.host = std::move(value);
  } else if (name == "model") {
    query.model = std::move(value);
  } else if (name == "body") {
    query.body = std::move(value);
  } else if (name == "port") {
    std::uint64_t port = 0;
    if (auto problem = take_number(name, value, UINT16_MAX, port)) return problem;
    query.port = static_cast<std::uint16_t>(port);
  } else if (name == "prompt_tokens") {
    return take_number(name, value, SelectQuery::kTokensMax, query.prompt_tokens);
  } else if (name == "max_tokens") {
    return take_number(name, value, SelectQuery::kTokensMax, query.max_tokens);
  } else if (name == "header") {
    return take_header(value, query);
  } else if (name == "format") {
    return take_format(value, text);
  } else {
    return bad(name,
               "is no parameter of this page; there are path, model, host, method, port, header, "
               "body, prompt_tokens, max_tokens and format");
  }
  return std::nullopt;
}

}  // namespace

Result<std::pair<std::string, std::string>> read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return bad(line, "is no header: it is written name:value");
  return std::pair(lowered(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
}

Result<SelectQuery> read_select_query(std::string_view query, std::string_view accept) {
  SelectQuery read;
  std::optional<bool> text;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (parameter.empty()) continue;
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const auto name = decoded(parameter.substr(0, equals));
    auto value = decoded(parameter.substr(std::min(equals + 1, parameter.size())));
    if (!name || !value) return bad(parameter, "has a broken escape");
    if (auto problem = take(*name, std::move(*value), read, text)) return std::move(*problem);
  }
  if (read.path.empty()) return bad("path", "is missing: ask with path=/v1/...");
  read.text = text.value_or(accept.find("text/plain") != std::string_view::npos);
  return read;
}

std::string select_target(const SelectQuery& query) {
  std::string target = "/debug/select?path=";
  const auto add = [&](std::string_view name, std::string_view value) {
    target.append("&").append(name).append("=");
    http::append_percent_encoded(target, value);
  };
  http::append_percent_encoded(target, query.path);
  add("method", query.method);
  add("host", query.host);
  if (!query.model.empty()) add("model", query.model);
  if (query.port) add("port", std::to_string(*query.port));
  for (const auto& [name, value] : query.headers) add("header", name + ":" + value);
  if (!query.body.empty()) add("body", query.body);
  if (query.prompt_tokens > 0) add("prompt_tokens", std::to_string(query.prompt_tokens));
  if (query.max_tokens > 0) add("max_tokens", std::to_string(query.max_tokens));
  add("format", query.text ? "text" : "json");
  return target;
}

}  // namespace headgate::admin
