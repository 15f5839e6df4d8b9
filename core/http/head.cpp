#include "core/http/head.hpp"

#include <algorithm>
#include <memory>

#include "core/http/header_rules.hpp"

namespace headgate::http {
namespace {

// Moves a view with the bytes it points into. A view of something else (a literal) stays.
void move_view(std::string_view& view, const char* from, const char* to, std::size_t bytes) {
  const auto offset =
      reinterpret_cast<std::uintptr_t>(view.data()) - reinterpret_cast<std::uintptr_t>(from);
  if (view.data() != nullptr && offset <= bytes) view = {to + offset, view.size()};
}

}  // namespace

Headers& Headers::operator=(Headers&& other) noexcept {
  if (this == &other) return *this;
  size_ = std::exchange(other.size_, 0);
  capacity_ = std::exchange(other.capacity_, kInline);
  heap_ = std::move(other.heap_);
  if (!heap_) std::uninitialized_copy_n(other.inline_.headers.data(), size_, data());
  return *this;
}

void Headers::grow() {
  auto grown = std::make_unique<Header[]>(capacity_ * 2);
  std::copy_n(data(), size_, grown.get());
  heap_ = std::move(grown);
  capacity_ *= 2;
}

const Header* Headers::find_header(std::string_view name, const Header* from) const {
  for (const Header* header = from ? from : begin(); header != end(); ++header)
    if (equals_ignoring_case(header->name, name)) return header;
  return nullptr;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const Header* header = find_header(name);
  if (!header) return std::nullopt;
  return header->value;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t number = 0;
  find_all(name, [&number](std::string_view) { ++number; });
  return number;
}

void Headers::rebase(const char* from, const char* to, std::size_t bytes) {
  for (std::size_t i = 0; i < size_; ++i) {
    move_view(data()[i].name, from, to, bytes);
    move_view(data()[i].value, from, to, bytes);
  }
}

void MessageHead::clear_message() {
  minor_version = 1;
  headers.clear();
  content_length.reset();
  chunked = keep_alive = upgrade = connection_names = false;
  head_bytes = scanned_bytes = 0;
}

void RequestHead::clear() {
  clear_message();
  method = target = authority = {};
  expect_continue = false;
}

void RequestHead::rebase(const char* from, const char* to) {
  move_view(method, from, to, head_bytes);
  move_view(target, from, to, head_bytes);
  move_view(authority, from, to, head_bytes);
  headers.rebase(from, to, head_bytes);
}

void ResponseHead::clear() {
  clear_message();
  status = 0;
  reason = {};
}

void ResponseHead::rebase(const char* from, const char* to) {
  move_view(reason, from, to, head_bytes);
  headers.rebase(from, to, head_bytes);
}

}  // namespace headgate::http
