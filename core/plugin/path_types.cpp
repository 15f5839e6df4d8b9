#include "core/plugin/path_types.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "core/config/fault.hpp"

namespace headgate::plugin {

namespace json = boost::json;

namespace {

std::string_view view_of(json::string_view text) {
  return {text.data(), text.size()};
}

// As a step of a JSON pointer.
std::string escaped(std::string_view key) {
  std::string step;
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

// Whether a path can end so; "*" is for any.
bool good_end(std::string_view end) {
  if (end == "*") return true;
  if (end.size() < 2 || end.front() != '/' || end.back() == '/') return false;
  return std::all_of(end.begin(), end.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("*?#{}").find(c) == std::string_view::npos;
  });
}

std::string unknown(std::string_view type, const std::vector<std::string>& known) {
  std::string message = "'" + std::string(type.substr(0, 64)) + "' is no type of a path: ";
  for (const std::string& each : known) message.append(each).append(", ");
  message.resize(message.size() - 2);
  return message + config::suggestion(type, known);
}

}  // namespace

PathTypes PathTypes::read(std::string_view config, std::string_view member,
                          const DialectTable& dialects, std::vector<PluginFault>& faults) {
  PathTypes made;
  json::error_code error;
  const json::value value = json::parse(json::string_view(config.data(), config.size()), error);
  const json::object* const object = error ? nullptr : value.if_object();
  const json::value* const found =
      object ? object->if_contains(json::string_view(member.data(), member.size())) : nullptr;
  if (found == nullptr || found->is_null()) return made;

  const std::string pointer = "/" + escaped(member);
  const json::object* const map = found->if_object();
  if (map == nullptr) {
    faults.push_back({pointer, "must be a map from ends of paths to types"});
    return made;
  }
  if (map->size() > kEndsMax) {
    faults.push_back({pointer, "has more than " + std::to_string(kEndsMax) + " entries"});
    return made;
  }
  std::vector<std::string> known = dialects.types();
  known.emplace_back(kPassThrough);
  for (const json::key_value_pair& entry : *map) {
    End end;
    end.text = view_of(entry.key());
    const std::string place = pointer + "/" + escaped(end.text);
    const json::string* const type = entry.value().if_string();
    if (!good_end(end.text)) {
      faults.push_back({place, "'" + end.text.substr(0, 64) +
                                   "' must be the end of a path, with '/' in front and no '/' "
                                   "behind, or '*' for any"});
    } else if (type == nullptr) {
      faults.push_back({place, "must be the name of a type"});
    } else {
      end.type = view_of(*type);
      end.routes = dialects.routes_of(end.type);
      if (end.routes.empty() && end.type != kPassThrough) {
        faults.push_back({place, unknown(end.type, known)});
      }
      if (end.text == "*") end.text.clear();
      made.ends_.push_back(std::move(end));
    }
  }
  std::sort(made.ends_.begin(), made.ends_.end(), [](const End& a, const End& b) {
    if (a.text.size() != b.text.size()) return a.text.size() > b.text.size();
    return a.text < b.text;
  });
  return made;
}

bool PathTypes::passes() const {
  return std::any_of(ends_.begin(), ends_.end(),
                     [](const End& end) { return end.type == kPassThrough; });
}

bool PathTypes::operator==(const PathTypes& other) const {
  return std::equal(
      ends_.begin(), ends_.end(), other.ends_.begin(), other.ends_.end(),
      [](const End& a, const End& b) { return a.text == b.text && a.type == b.type; });
}

}  // namespace headgate::plugin
