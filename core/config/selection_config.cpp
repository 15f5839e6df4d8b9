#include "core/config/selection_config.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "core/config/fields.hpp"
#include "core/config/values.hpp"

namespace headgate::config {

namespace {

constexpr std::string_view kToken = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

struct Source {
  Key key;
  RequestValue::Place place;
  TextRule rule;
};

constexpr std::array<Source, 5> kSources{{
    {{"header", "Name of a request header."},
     RequestValue::Place::header,
     {.expects = "the name of a header", .pattern = kToken}},
    {{"query", "Name of a query parameter."},
     RequestValue::Place::query,
     {.expects = "the name of a parameter", .pattern = ".+"}},
    {{"cookie", "Name of a cookie."},
     RequestValue::Place::cookie,
     {.expects = "the name of a cookie", .pattern = kToken}},
    {{"body",
      "Member of the JSON body: the name of one at its top, such as 'user', or a JSON pointer, "
      "such "
      "as '/metadata/user_id'. A text, a number, true or false."},
     RequestValue::Place::body,
     {.expects = "the name of a member, or a JSON pointer to one",
      .pattern = "[^/].*|(/([^~/]|~[01])+)+"}},
    {{"attribute", "Name of an attribute that a policy has left, such as who the client is."},
     RequestValue::Place::attribute,
     {.expects = "the name of an attribute", .pattern = "[!-~]+"}},
}};

// Those keys of a map that name a value.
void describe_sources(Fields& fields, std::vector<RequestValue>& values) {
  for (const Source& source : kSources) {
    std::optional<std::string> name;
    text(fields, source.key, name, source.rule);
    if (name) values.push_back({source.place, std::move(*name)});
  }
}

void describe_one(Fields& fields, std::vector<RequestValue>& values) {
  static constexpr std::array<std::string_view, 5> kKeys{"header", "query", "cookie", "body",
                                                         "attribute"};
  fields.exactly_one(kKeys);
  describe_sources(fields, values);
}

}  // namespace

void describe(Fields& fields, AffinityConfig& affinity) {
  static constexpr std::array<std::string_view, 6> kKeys{"header", "query",     "cookie",
                                                         "body",   "attribute", "firstOf"};
  fields.exactly_one(kKeys);
  describe_sources(fields, affinity.values);
  Key first_of{"firstOf", "Several such values: the first one that a request has counts."};
  first_of.not_empty = true;
  fields.list(first_of, [&](Fields& inside) { describe_one(inside, affinity.values); });
  number(fields,
         {"maxLoad",
          "A provider takes requests by their value up to so many times its share of the group's "
          "load; above that they go to the second by their value, then to whoever is best."},
         affinity.max_load, {1, 100});
  count(fields,
        {"minRequests",
         "With fewer requests in flight a provider of mean weight is never too busy for that."},
        affinity.min_requests, {1, 1'000'000});
}

void describe(Fields& fields, SelectionConfig& selection) {
  part(fields,
       {"affinity",
        "Requests with the same value go to the same provider while that is not busy, because "
        "prompt caches live on one provider. Default: off."},
       selection.affinity);
  duration_or_off(fields,
                  {"slowStart",
                   "How long a new or returned provider takes to get its whole share; 'off': it "
                   "has it at once."},
                  selection.slow_start, kHour);
  number(fields, {"slowStartShare", "The part of its share that it begins with."},
         selection.slow_start_share, {0.01, 1});
  number(fields,
         {"keepRatio",
          "Of two that are drawn the first stays unless the second costs less than this part of "
          "it. Below 1 shares are closer to the weights, and slow providers are left later."},
         selection.keep_ratio, {0.1, 1});
  duration(fields,
           {"outOfTurnAfter",
            "A provider that nothing was heard of for so long gets a request out of turn, to show "
            "that it got better. At least 1s."},
           selection.out_of_turn_after, kHour);
  if (selection.out_of_turn_after < std::chrono::seconds(1)) {
    fields.fault("/outOfTurnAfter", "'outOfTurnAfter' must be at least 1s");
  }
}

}  // namespace headgate::config
