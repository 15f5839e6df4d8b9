#pragma once
// Notices that one of a set of files has changed: by asking for their identity, size and time,
// which works on every file system, for mounted volumes and for links that are swapped. [main]

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace headgate::cli {

class FileWatch {
 public:
  // From now on these. What is known of those that were watched before stays: a change that came
  // while they were read is not lost.
  void watch(const std::vector<std::string>& paths);

  // Whether one of them has changed since the last call that said so, or since it is watched. One
  // that is not there counts as changed when it is missing twice in a row: editors and deployments
  // take a file away for a moment.
  bool changed();

 private:
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // -1: not there
    std::int64_t modified_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  struct Watched {
    Stamp stamp;
    bool missed = false;  // it was not there the last time
  };

  static Stamp stamp_of(const std::string& path);

  std::map<std::string, Watched> files_;
};

}  // namespace headgate::cli
