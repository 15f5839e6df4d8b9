#include "core/plugin/dialect_table.hpp"

#include <algorithm>
#include <span>

namespace headgate::plugin {

namespace {

constexpr std::string_view kModel = "{model}";

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// Whether `text` is what the route's segment asks for; a placeholder takes one byte at least.
bool segment_matches(std::string_view segment, std::string_view text, std::string_view& model) {
  if (!segment.starts_with(kModel)) return segment == text;
  const std::string_view behind = segment.substr(kModel.size());
  if (text.size() <= behind.size() || !text.ends_with(behind)) return false;
  model = text.substr(0, text.size() - behind.size());
  return true;
}

}  // namespace

bool DialectTable::Entry::before(const Entry& other) const {
  if (segments.size() != other.segments.size()) return segments.size() > other.segments.size();
  if (literal_bytes != other.literal_bytes) return literal_bytes > other.literal_bytes;
  if (route->header.empty() != other.route->header.empty()) return !route->header.empty();
  return order < other.order;
}

std::optional<std::size_t> DialectTable::Entry::matches(std::string_view path,
                                                        std::string_view& model) const {
  if (literal) {  // it begins with a slash, so whole segments match
    if (!path.ends_with(route->path)) return std::nullopt;
    return path.size() - route->path.size();
  }
  std::size_t end = path.size();
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (end == 0) return std::nullopt;
    const std::size_t slash = path.rfind('/', end - 1);
    if (slash == path.npos) return std::nullopt;
    const std::string_view text = path.substr(slash + 1, end - slash - 1);
    if (!segment_matches(*segment, text, model)) return std::nullopt;
    end = slash;
  }
  return end;
}

DialectTable::DialectTable(std::vector<std::shared_ptr<DialectInstance>> dialects)
    : dialects_(std::move(dialects)) {
  for (const auto& dialect : dialects_) {
    for (const DialectRoute& route : dialect->declares().routes) add(dialect, route);
  }
  for (auto& [key, entries] : by_end_) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.before(b); });
  }
}

void DialectTable::add(const std::shared_ptr<DialectInstance>& dialect, const DialectRoute& route) {
  Entry entry;
  entry.dialect = dialect.get();
  entry.route = &route;
  entry.segments = segments_of(route.path);
  entry.literal = std::none_of(entry.segments.begin(), entry.segments.end(),
                               [](std::string_view each) { return each.starts_with(kModel); });
  entry.literal_bytes = route.path.size() - (route.model_in_path ? kModel.size() : 0);
  entry.order = routes_++;
  std::string_view key = entry.segments.back();
  if (key.starts_with(kModel)) key.remove_prefix(kModel.size());
  by_end_[key].push_back(std::move(entry));
}

std::vector<TypedRoute> DialectTable::routes_of(std::string_view type) const {
  std::vector<TypedRoute> routes;
  if (type.empty()) return routes;
  std::size_t number = 0;
  for (const auto& dialect : dialects_) {
    for (const DialectRoute& route : dialect->declares().routes) {
      if (route.type == type) routes.push_back(TypedRoute{dialect.get(), &route, number});
      ++number;
    }
  }
  std::sort(routes.begin(), routes.end(), [](const TypedRoute& a, const TypedRoute& b) {
    return std::pair(a.route->header.empty(), a.number) <
           std::pair(b.route->header.empty(), b.number);
  });
  return routes;
}

std::vector<std::string> DialectTable::types() const {
  std::vector<std::string> types;
  for (const auto& dialect : dialects_) {
    for (const DialectRoute& route : dialect->declares().routes) {
      const bool known = std::find(types.begin(), types.end(), route.type) != types.end();
      if (!route.type.empty() && !known) types.push_back(route.type);
    }
  }
  return types;
}

DialectMatch DialectTable::find(std::string_view method, std::string_view path, const void* context,
                                HasHeaderFn has_header) const {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return {};
  const std::string_view last = path.substr(slash + 1);
  const std::size_t colon = last.rfind(':');
  // As a literal, as {model}:verb, as {model}.
  const std::string_view behind_colon =
      colon == last.npos ? std::string_view() : last.substr(colon);
  const std::string_view keys[] = {last, behind_colon, std::string_view()};

  DialectMatch best;
  const Entry* best_entry = nullptr;
  // Without a colon, the last two are the same.
  for (const std::string_view key : std::span(keys).first(behind_colon.empty() ? 2 : 3)) {
    const auto found = by_end_.find(key);
    if (found == by_end_.end()) continue;
    for (const Entry& entry : found->second) {
      if (best_entry != nullptr && !entry.before(*best_entry)) break;
      std::string_view model;
      const std::optional<std::size_t> prefix = entry.matches(path, model);
      if (!prefix) continue;
      const std::string& header = entry.route->header;
      if (!header.empty() && !has_header(context, header)) continue;
      if (entry.route->method != method) {
        if (best.dialect == nullptr) best.dialect = entry.dialect;
        continue;
      }
      best = DialectMatch{entry.dialect, entry.route, entry.order, *prefix, model};
      best_entry = &entry;
      break;
    }
  }
  return best;
}

}  // namespace headgate::plugin
