#pragma once
// Where a key stands in a request, as users write it:
//
//   {header: {name: x-key, prefix: "Key "}} | {queryParameter: {name: key}} | {cookie: {name: sid}}

#include <headgate/call.hpp>
#include <headgate/config.hpp>

#include <string>

// The schema of such a location, for a manifest that is put together from string literals:
//   R"(... "location": )" HG_LOCATION_SCHEMA R"(...)"
// clang-format off
#define HG_LOCATION_SCHEMA \
  R"({"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1,)" \
  R"("properties": {)" \
  R"("header": {"type": "object", "additionalProperties": false, "required": ["name"],)" \
  R"("properties": {"name": {"type": "string", "minLength": 1}, "prefix": {"type": "string"}}},)" \
  R"("queryParameter": {"type": "object", "additionalProperties": false, "required": ["name"],)" \
  R"("properties": {"name": {"type": "string", "minLength": 1}}},)" \
  R"("cookie": {"type": "object", "additionalProperties": false, "required": ["name"],)" \
  R"("properties": {"name": {"type": "string", "minLength": 1}}}}})"
// clang-format on

namespace hg {

struct Location {
  Place place = Place::standard;
  std::string name;
  std::string prefix;  // headers only

  // The default where the user wrote none. REQUIRES: `config` fits HG_LOCATION_SCHEMA.
  static Location read(const Config& config) {
    Location location;
    const auto take = [&](std::string_view key, Place place) {
      const Config part = config[key];
      if (!part.exists()) return;
      location.place = place;
      location.name = part["name"].text("");
      if (location.name.empty()) part.fault("needs a name");
      if (place == Place::header) location.prefix = part["prefix"].text("");
    };
    take("header", Place::header);
    take("queryParameter", Place::query);
    take("cookie", Place::cookie);
    return location;
  }
};

}  // namespace hg
