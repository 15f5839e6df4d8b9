#pragma once
// The paths of a provider's API that are forwarded untouched, as its manifest lists them:
// "/v1/embeddings", or "/v1/files/..." for anything behind. The end of the client's path decides,
// so a route may have a prefix of its own. Immutable. [any]

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::plugin {

class PassThrough {
 public:
  PassThrough() = default;
  // `base_path` is where the provider's API lives by default ("/v1"): the part that patterns have
  // in common with it is replaced by the configured one.
  PassThrough(std::vector<std::string> patterns, std::string base_path);

  // The part of `path` (without query) behind the route's prefix and behind the base path
  // ("/files/abc"), or nothing when the provider does not declare the path. A path with "." or ".."
  // segments, percent-encoded ones included, is never declared: an upstream that resolves it would
  // be asked for something else than was matched.
  std::optional<std::string_view> match(std::string_view path) const;

  bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::string literal;     // without "..."
    bool open = false;       // ended with "..."
    std::size_t common = 0;  // bytes of `literal` that are the base path
  };

  std::vector<Pattern> patterns_;
};

}  // namespace headgate::plugin
