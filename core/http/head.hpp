#pragma once
// The head of a message as it came: names, values and the facts about framing, all of them views
// into the buffer that was parsed. Meant to live in a connection and be filled again for each
// message: once warm it allocates nothing. [worker]

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace headgate::http {

struct Header {
  std::string_view name;   // as it was spelled
  std::string_view value;  // without the white space around it
};

// The header fields in their order. Looks up names without regard to case. The first 32 are held
// inline; more move to the heap, which is kept when the list is cleared. The parser bounds the
// number (HeadLimits).
class Headers {
 public:
  static constexpr std::size_t kInline = 32;

  Headers() {}
  Headers(Headers&& other) noexcept { *this = std::move(other); }
  Headers& operator=(Headers&& other) noexcept;

  void add(std::string_view name, std::string_view value) {
    if (size_ == capacity_) grow();
    std::construct_at(data() + size_++, name, value);
  }
  void clear() { size_ = 0; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const Header& operator[](std::size_t index) const { return data()[index]; }
  const Header* begin() const { return data(); }
  const Header* end() const { return data() + size_; }

  // The value of the first header of this name, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  // The first header of this name at or behind `from`, or null:
  //   for (auto* h = headers.find_header(n); h; h = headers.find_header(n, h + 1))
  const Header* find_header(std::string_view name, const Header* from = nullptr) const;
  // Calls `use(value)` for each header of this name, in order.
  template <class Use>
  void find_all(std::string_view name, Use use) const {
    for (const Header* hit = find_header(name); hit; hit = find_header(name, hit + 1))
      use(hit->value);
  }
  std::size_t count(std::string_view name) const;
  bool contains(std::string_view name) const { return find_header(name) != nullptr; }

  // See RequestHead::rebase().
  void rebase(const char* from, const char* to, std::size_t bytes);

 private:
  // Not emptied when it is made: that is a kilobyte, and most heads have a few hundred bytes.
  union Inline {
    Inline() {}
    std::array<Header, kInline> headers;
  };

  Header* data() { return heap_ ? heap_.get() : inline_.headers.data(); }
  const Header* data() const { return heap_ ? heap_.get() : inline_.headers.data(); }
  void grow();

  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;
  std::unique_ptr<Header[]> heap_;
  Inline inline_;
};

// What both kinds of head say about the message that follows.
class MessageHead {
 public:
  MessageHead() = default;

  int minor_version = 1;  // HTTP/1.x
  Headers headers;

  // Of the Content-Length header. Never together with `chunked`. In an answer to HEAD and in a 304
  // it describes a body that does not follow: body_framing.hpp decides.
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  // The sender keeps the connection open behind this message. False where framing is in doubt and
  // where only the end of the connection ends the body.
  bool keep_alive = false;
  // The Connection header asks for an upgrade (101); nothing has been agreed.
  bool upgrade = false;
  // A Connection header names more than close, keep-alive and upgrade: see HopByHop.
  bool connection_names = false;

  // Length of the head in the buffer, with the empty line at its end.
  std::size_t head_bytes = 0;
  // How far a head that is not complete was looked through already; the parser continues there.
  std::size_t scanned_bytes = 0;

 protected:
  void clear_message();
};

class RequestHead final : public MessageHead {
 public:
  RequestHead() = default;

  std::string_view method;  // a token, as it came; case matters
  // In origin-form, "/path?query", also when the client sent the absolute form; or "*".
  std::string_view target;
  // host[:port], from the Host header or the absolute form (they agree). Empty only in HTTP/1.0.
  std::string_view authority;
  // Expect: 100-continue in HTTP/1.1: the client waits for a 100 before it sends the body.
  bool expect_continue = false;

  // Forgets everything, keeps the memory. REQUIRED before a head that begins elsewhere is parsed
  // into it, when the last one was not finished.
  void clear();

  // The bytes of this head, which began at `from`, are at `to` now: moves all views.
  void rebase(const char* from, const char* to);
};

class ResponseHead final : public MessageHead {
 public:
  ResponseHead() = default;

  int status = 0;           // 100..599
  std::string_view reason;  // may be empty

  // 100, 103 and the like: another head follows. 101 is not among them.
  bool informational() const { return status / 100 == 1 && status != 101; }

  void clear();
  void rebase(const char* from, const char* to);
};

}  // namespace headgate::http
