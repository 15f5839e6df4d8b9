#pragma once
// The paths of a provider's API that are forwarded untouched, as its manifest lists them:
// "/v1/embeddings", or "/v1/files/..." for anything behind. A pattern may say where the path names
// the model: "/v1/models/{model}:...". The end of the client's path decides, so a route may have a
// prefix of its own. Immutable. [any]

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::plugin {

class PassThrough {
 public:
  static constexpr std::string_view kModel = "{model}";
  static constexpr std::string_view kAnything = "...";

  // Views into the path that was looked for.
  struct Match {
    std::string_view rest;   // behind the route's prefix and the base path ("/files/abc")
    std::string_view model;  // as it stands there; empty: the path does not say it
  };

  PassThrough() = default;
  // `base_path` is where the provider's API lives by default ("/v1"): the part that patterns have
  // in common with it is replaced by the configured one.
  PassThrough(std::vector<std::string> patterns, std::string base_path);

  // Nothing when the provider does not declare the path (which comes without its query). "..." is
  // something: a path that ends where it begins, or goes on with a slash, is another one. A path
  // with
  // "." or ".." segments, percent-encoded ones included, is never declared: an upstream that
  // resolves it would be asked for something else than was matched.
  std::optional<Match> find(std::string_view path) const;
  // The same for who needs to know only what is sent.
  std::optional<std::string_view> match(std::string_view path) const {
    const auto found = find(path);
    return found ? std::optional(found->rest) : std::nullopt;
  }

  bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::string literal;  // up to "{model}" or "..."
    std::string behind;   // the model
    bool names_model = false;
    bool open = false;       // ended with "..."
    std::size_t common = 0;  // bytes of `literal` that are the base path

    std::size_t literal_bytes() const { return literal.size() + behind.size(); }
    // The match that begins at `at`, where `literal` stands.
    std::optional<Match> match_at(std::string_view path, std::size_t at) const;
    std::optional<Match> find(std::string_view path) const;
  };

  std::vector<Pattern> patterns_;
};

}  // namespace headgate::plugin
