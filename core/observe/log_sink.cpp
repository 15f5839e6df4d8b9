#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/observe/access_log.hpp"

namespace headgate::observe {
namespace {

// How long a wait for a slow reader lasts before `give_up` is looked at again.
constexpr int kPollMs = 100;
// A pipe that is ready takes that much without blocking (PIPE_BUF of Linux).
constexpr std::size_t kPieceBytesMax = 4096;

// Writes to a file descriptor. A regular file never reports "not ready"; of anything else the
// sink asks before it writes, so that it can give up.
class DescriptorSink : public LogSink {
 public:
  explicit DescriptorSink(int descriptor) { use(descriptor); }

  bool write(std::string_view lines, const std::atomic<bool>& give_up) override {
    while (!lines.empty()) {
      if (!regular_ && !wait_until_ready(give_up)) return false;
      const std::size_t piece = regular_ ? lines.size() : std::min(lines.size(), kPieceBytesMax);
      const ssize_t wrote = ::write(descriptor_, lines.data(), piece);
      if (wrote >= 0) {
        lines.remove_prefix(static_cast<std::size_t>(wrote));
      } else if (errno != EINTR && errno != EAGAIN) {
        return false;
      }
    }
    return true;
  }

 protected:
  void use(int descriptor) {
    descriptor_ = descriptor;
    struct stat status{};
    regular_ = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  }
  int descriptor() const { return descriptor_; }

 private:
  bool wait_until_ready(const std::atomic<bool>& give_up) const {
    while (!give_up.load()) {
      pollfd waited{descriptor_, POLLOUT, 0};
      if (::poll(&waited, 1, kPollMs) > 0) return (waited.revents & (POLLERR | POLLNVAL)) == 0;
    }
    return false;
  }

  int descriptor_ = -1;
  bool regular_ = false;
};

int open_for_append(const std::string& path) {
  constexpr mode_t kOwnerWritesGroupReads = 0640;
  return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
                kOwnerWritesGroupReads);
}

class FileSink final : public DescriptorSink {
 public:
  FileSink(std::string path, int descriptor) : DescriptorSink(descriptor), path_(std::move(path)) {}
  ~FileSink() override { ::close(descriptor()); }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  bool write(std::string_view lines, const std::atomic<bool>& give_up) override {
    if (reopen_.exchange(false)) {
      const int opened = open_for_append(path_);
      if (opened < 0) {
        log::warn("access log: cannot reopen '" + path_ + "' (" + std::strerror(errno) +
                  "); writing on to the old file");
      } else {
        ::close(descriptor());
        use(opened);
      }
    }
    return DescriptorSink::write(lines, give_up);
  }

  void reopen() override { reopen_.store(true); }

 private:
  const std::string path_;
  std::atomic<bool> reopen_{false};
};

}  // namespace

std::unique_ptr<LogSink> make_stdout_sink() {
  return std::make_unique<DescriptorSink>(STDOUT_FILENO);
}

Result<std::unique_ptr<LogSink>> open_file_sink(const std::string& path) {
  const int descriptor = open_for_append(path);
  if (descriptor < 0) {
    return gateway_error("access_log_unwritable",
                         "cannot open the access log '" + path + "': " + std::strerror(errno));
  }
  std::unique_ptr<LogSink> sink = std::make_unique<FileSink>(path, descriptor);
  return sink;
}

}  // namespace headgate::observe
