#pragma once
// Changes of headers as users write them: {add: {NAME: VALUE}, set: {NAME: VALUE}, remove: [NAME]}.

#include <headgate/call.hpp>
#include <headgate/config.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hg {

class HeaderEdits {
 public:
  // Names and values that HTTP forbids, and headers that belong to the connection, are faults.
  explicit HeaderEdits(const Config& config) {
    read(config["add"], add_);
    read(config["set"], set_);
    config["remove"].each_element([&](const Config& name) {
      if (check(name, name.text(""))) remove_.push_back(name.text(""));
    });
  }

  // Adds, then sets, then removes. False when the gateway refuses one of them.
  bool apply(Message message) const noexcept {
    bool done = true;
    for (const auto& [name, value] : add_) done = message.add_header(name, value) && done;
    for (const auto& [name, value] : set_) done = message.set_header(name, value) && done;
    for (const std::string& name : remove_) message.remove_header(name);
    return done;
  }

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  static void read(const Config& config, Headers& into) {
    config.each_member([&](std::string_view name, const Config& value) {
      const std::string text = value.text("");
      if (!check(value, name)) return;
      for (const char c : text) {
        if (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)) continue;
        value.fault("the value has a control byte in it");
        return;
      }
      into.emplace_back(name, text);
    });
  }

  static bool check(const Config& where, std::string_view name) {
    constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
    std::string lower;
    for (const char c : name) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && kTokenMarks.find(c) == std::string_view::npos) {
        where.fault("'" + std::string(name) + "' is not the name of a header");
        return false;
      }
      lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    for (const std::string_view own :
         {"", "host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade",
          "te", "trailer", "proxy-connection"}) {
      if (lower != own) continue;
      where.fault("'" + std::string(name) + "' belongs to the connection and cannot be changed");
      return false;
    }
    return true;
  }

  Headers add_;
  Headers set_;
  std::vector<std::string> remove_;
};

}  // namespace hg
