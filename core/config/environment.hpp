#pragma once
// What a configuration may ask of the world around it: variables and files. Injected, so that tests
// say what is there. [main]

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::config {

struct FileContent {
  std::optional<std::string> text;
  std::string error;  // why there is no text: "No such file or directory"
};

struct Environment {
  std::function<std::optional<std::string>(std::string_view name)> variable;
  // Paths are used as they are written: relative ones start at the working directory.
  std::function<FileContent(const std::string& path)> read_file;
};

// The variables and files of this process. A file above 1 MiB is refused: keys and certificates are
// small, and a path to a device or a log must not fill the memory.
Environment process_environment();

}  // namespace headgate::config
