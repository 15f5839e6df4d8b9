#pragma once
// From the model that a client names to the one that is asked for.

#include <headgate/config.hpp>
#include <headgate/wildcard.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headgate_ai {

class ModelAliases {
 public:
  explicit ModelAliases(const hg::Config& config) {
    config.each_member([&](std::string_view from, const hg::Config& to) {
      const std::string model = to.text("");
      if (model.find('*') != std::string::npos) to.fault("a '*' may only stand on the left");
      if (from.find('*') == std::string_view::npos) {
        exact_.emplace(from, model);
      } else {
        // The more a pattern says the sooner it counts; those that say as much stay in the file's
        // order.
        const auto at = std::find_if(patterns_.begin(), patterns_.end(), [&](const auto& other) {
          return other.first.size() < from.size();
        });
        patterns_.emplace(at, from, model);
      }
    });
  }

  // An exact name before patterns, the longest pattern first; nullptr when there is no alias.
  const std::string* find(std::string_view model) const {
    if (model.empty()) return nullptr;
    if (const auto found = exact_.find(model); found != exact_.end()) return &found->second;
    for (const auto& [pattern, to] : patterns_)
      if (hg::wildcard_match(pattern, model)) return &to;
    return nullptr;
  }

 private:
  std::map<std::string, std::string, std::less<>> exact_;
  std::vector<std::pair<std::string, std::string>> patterns_;
};

}  // namespace headgate_ai
