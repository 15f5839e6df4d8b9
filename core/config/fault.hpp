#pragma once
// What is wrong with a configuration, and where. Faults are collected, never thrown: an operator
// sees all of them in one run and fixes the file in one round. [main]

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// A place in a file; both count from 1. Line 0 stands for the file as a whole.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const Position&) const = default;
};

struct ConfigFault {
  std::string file;
  Position position;
  std::string path;     // `binds[0].listeners[0].routes[0]`; empty for the file as a whole
  std::string message;  // says what is wrong and what to write instead; never holds a secret

  // `config.yaml:14:17: unknown key 'x' in provider 'y'`
  std::string to_string() const;
};

using Faults = std::vector<ConfigFault>;

// All faults, one a line.
std::string to_string(std::span<const ConfigFault> faults);

// Sorts by place, which is the order in which an operator fixes them; equal ones stay in the order
// of their finding.
void sort_by_place(Faults& faults);

// The candidate that `word` was probably meant to be (few edits away), or an empty view.
std::string_view closest(std::string_view word, std::span<const std::string> candidates);

// `; did you mean 'x'?`, or nothing when no candidate is close.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

}  // namespace headgate::config
