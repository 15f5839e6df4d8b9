#include "core/cli/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

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
  std::map<std::string, Watched> known;
  known.swap(files_);
  for (const std::string& path : paths) {
    const auto before = known.find(path);
    files_[path] = before != known.end() ? before->second : Watched{stamp_of(path)};
  }
}

bool FileWatch::changed() {
  bool any = false;
  for (auto& [path, file] : files_) {
    const Stamp now = stamp_of(path);
    const bool missing = now.size < 0;
    const bool first_miss = missing && !std::exchange(file.missed, missing);
    file.missed = missing;
    if (now == file.stamp || first_miss) continue;
    file.stamp = now;
    any = true;
  }
  return any;
}

}  // namespace headgate::cli
