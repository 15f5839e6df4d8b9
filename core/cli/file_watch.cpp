#include "core/cli/file_watch.hpp"

#include <sys/stat.h>

namespace headgate::cli {

FileWatch::Stamp FileWatch::stamp_of(const std::string& path) {
  struct stat found{};
  Stamp stamp;
  if (stat(path.c_str(), &found) != 0) return stamp;
  stamp.device = found.st_dev;
  stamp.inode = found.st_ino;
  stamp.size = found.st_size;
  stamp.modified_ns = found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec;
  return stamp;
}

void FileWatch::watch(const std::vector<std::string>& paths) {
  stamps_.clear();
  for (const std::string& path : paths) stamps_.emplace(path, stamp_of(path));
}

bool FileWatch::changed() {
  bool any = false;
  for (auto& [path, stamp] : stamps_) {
    const Stamp now = stamp_of(path);
    if (now == stamp) continue;
    stamp = now;
    any = true;
  }
  return any;
}

}  // namespace headgate::cli
