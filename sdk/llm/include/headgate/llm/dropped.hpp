#pragma once
// What a translation leaves out: members that the target has no word for and without which the
// request still means the same. The client is told their names in one header of the answer.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hg::llm {

class Dropped {
 public:
  static constexpr std::string_view kHeader = "x-headgate-dropped";
  // The names are the client's, so the header is bounded: more are shown as "...".
  static constexpr std::size_t kNamesMax = 32;
  static constexpr std::size_t kNameBytesMax = 64;

  // Each name once. What does not belong into a header is shown as '?'.
  void add(std::string_view name) {
    std::string shown(name.substr(0, kNameBytesMax));
    for (char& c : shown) {
      if (!is_plain(c)) c = '?';
    }
    if (std::find(names_.begin(), names_.end(), shown) != names_.end()) return;
    if (names_.size() == kNamesMax) {
      more_ = true;
      return;
    }
    names_.push_back(std::move(shown));
  }
  void add(std::string_view group, std::string_view name) {
    add(std::string(group) + "." + std::string(name));
  }

  bool empty() const { return names_.empty(); }
  const std::vector<std::string>& names() const { return names_; }
  // "user, store"
  std::string header() const {
    std::string all;
    for (const std::string& name : names_) {
      if (!all.empty()) all += ", ";
      all += name;
    }
    if (more_) all += ", ...";
    return all;
  }

 private:
  static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  }

  std::vector<std::string> names_;
  bool more_ = false;
};

}  // namespace hg::llm
