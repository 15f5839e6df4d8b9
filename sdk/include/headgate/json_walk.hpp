#pragma once
// Reading JSON text once from its front to its end: what is asked for is looked into, everything
// else is passed over, and all of it is checked on the way. For events of a stream, of which a
// little is wanted and which must be JSON.
//
//   hg::JsonWalk walk(text);
//   std::uint64_t tokens = 0;
//   const bool is_json = walk.members([&](std::string_view name) {
//     if (name != "usage") return walk.skip();
//     return walk.members([&](std::string_view field) {
//       const hg::JsonView value = walk.value();
//       if (field == "total_tokens") tokens = value.unsigned_integer().value_or(0);
//       return value.exists();
//     });
//   }) && walk.at_end();

#include <headgate/json_view.hpp>

#include <string_view>

namespace hg {

class JsonWalk {
 public:
  // `text` is one JSON value with any space around it, and must outlive the walk.
  explicit JsonWalk(std::string_view text) noexcept
      : at_(detail::skip_json_space(text.data(), text.data() + text.size())),
        end_(text.data() + text.size()) {}

  // What comes next. Where that ends is not known yet, and whether it is JSON.
  bool at_object() const noexcept { return at_ != end_ && *at_ == '{'; }
  bool at_array() const noexcept { return at_ != end_ && *at_ == '['; }

  // Whether nothing comes but space.
  bool at_end() const noexcept { return detail::skip_json_space(at_, end_) == end_; }

  // These pass over the value that comes next. False (for value(): a view that does not exist): it
  // is not JSON as JsonView::valid() has it, or visit() said so; the walk is over then.
  bool skip() noexcept {
    const char* const behind = detail::StrictValues::behind(at_, end_, nullptr, depth_);
    if (!behind) return false;
    at_ = behind;
    return true;
  }

  JsonView value() noexcept {
    const char* const begin = at_;
    if (!skip()) return {};
    return JsonView(JsonView::AsCut(), begin, at_, nullptr);
  }

  // visit(std::string_view decoded_name) for each member, if it is an object. It has to pass over
  // the member's value, and to say with its result whether that was JSON.
  template <class Visit>
  bool members(Visit&& visit) {
    if (!at_object() || depth_ > JsonView::kDepthMax) return skip();
    ++depth_;
    const char* const behind = JsonView::walk_object<detail::StrictValues>(
        at_, end_, [&](std::string_view name, const char* value) -> const char* {
          at_ = value;
          return visit(name) ? at_ : nullptr;
        });
    --depth_;
    if (!behind) return false;
    at_ = behind;
    return true;
  }

  // visit() for each element, if it is an array; likewise.
  template <class Visit>
  bool elements(Visit&& visit) {
    if (!at_array() || depth_ > JsonView::kDepthMax) return skip();
    const char* at = detail::skip_json_space(at_ + 1, end_);
    if (at != end_ && *at == ']') {
      at_ = at + 1;
      return true;
    }
    ++depth_;
    for (;; at = detail::skip_json_space(at + 1, end_)) {
      at_ = at;
      if (!visit()) return false;
      at = detail::skip_json_space(at_, end_);
      if (at == end_ || (*at != ']' && *at != ',')) return false;
      if (*at == ']') break;
    }
    --depth_;
    at_ = at + 1;
    return true;
  }

 private:
  const char* at_;
  const char* end_;
  int depth_ = 0;  // of the value that comes next
};

}  // namespace hg
