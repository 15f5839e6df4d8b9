#include "core/config/fault.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/base/ascii.hpp"

namespace headgate::config {

namespace {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
// Case does not count: it is the commonest slip.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const char a = lower(left[i - 1]);
      const char b = lower(right[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a == b ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && a == lower(right[j - 2]) && lower(left[i - 2]) == b;
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[right.size()];
}

}  // namespace

std::string ConfigFault::to_string() const {
  std::string out = file;
  if (position.line != 0) {
    if (!file.empty()) out += ':';
    out += std::to_string(position.line) + ':' + std::to_string(position.column);
  }
  if (!out.empty()) out += ": ";
  // A name of the file may hold anything; a fault is one line.
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::string line = message;
  std::replace_if(line.begin(), line.end(), is_control, ' ');
  return out + line;
}

std::string to_string(std::span<const ConfigFault> faults) {
  std::string out;
  for (const ConfigFault& fault : faults) {
    if (!out.empty()) out += '\n';
    out += fault.to_string();
  }
  return out;
}

void sort_by_place(Faults& faults) {
  // Not std::stable_sort: the standard library of GCC 12 uses a function in it that Clang calls
  // deprecated.
  std::vector<std::size_t> order(faults.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto place = [&](std::size_t i) {
    return std::tuple(faults[i].position.line, faults[i].position.column, i);
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  Faults sorted;
  sorted.reserve(faults.size());
  for (const std::size_t i : order) sorted.push_back(std::move(faults[i]));
  faults = std::move(sorted);
}

std::string_view closest(std::string_view word, std::span<const std::string> candidates) {
  // A third of the word may be wrong: more, and the suggestion is a guess. Long words are not
  // compared at all, which bounds the work that a file can cause.
  constexpr std::size_t kLongestWord = 64;
  if (word.empty() || word.size() > kLongestWord) return {};
  std::string_view best;
  const std::size_t wrong_max = word.size() == 1 ? 0 : std::max<std::size_t>(1, word.size() / 3);
  std::size_t best_distance = wrong_max + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  const std::string_view best = closest(word, candidates);
  if (best.empty()) return {};
  return "; did you mean '" + std::string(best) + "'?";
}

}  // namespace headgate::config
