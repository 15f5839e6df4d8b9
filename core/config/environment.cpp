#include "core/config/environment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace headgate::config {

namespace {

constexpr std::size_t kFileBytesMax = 4u << 20;

FileContent failure(int error) {
  return {std::nullopt, std::generic_category().message(error)};
}

FileContent read_open_file(int file) {
  struct stat status{};
  if (fstat(file, &status) != 0) return failure(errno);
  if (!S_ISREG(status.st_mode)) return {std::nullopt, "not a regular file"};
  std::string text;
  char block[16 * 1024];
  while (true) {
    const ssize_t count = read(file, block, sizeof(block));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno);
    if (count == 0) return {std::move(text), {}};
    text.append(block, static_cast<std::size_t>(count));
    if (text.size() > kFileBytesMax) return {std::nullopt, "larger than 4 MiB"};
  }
}

FileContent read_whole_file(const std::string& path) {
  // Not blocking, so that a named pipe is found out instead of waited for.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return failure(errno);
  FileContent content = read_open_file(file);
  close(file);
  return content;
}

}  // namespace

Environment process_environment() {
  Environment environment;
  environment.variable = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (!value) return std::nullopt;
    return std::string(value);
  };
  environment.read_file = read_whole_file;
  return environment;
}

}  // namespace headgate::config
