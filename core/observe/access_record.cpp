#include "core/observe/access_record.hpp"

#include <algorithm>

namespace headgate::observe {
namespace {

// A string that grew beyond this is given back, or a few large targets would be held for ever.
constexpr std::size_t kKeptBytesMax = 1024;

void clear(std::string& text) {
  if (text.capacity() > kKeptBytesMax) {
    std::string().swap(text);  // an assignment would keep the memory
  } else {
    text.clear();
  }
}

}  // namespace

AccessAttempt& AccessRecord::add_attempt() {
  // The place behind the listed ones takes what is not shown.
  const std::size_t index = std::min(attempt_count_, kListedAttemptsMax);
  ++attempt_count_;
  if (index == attempts_.size()) attempts_.emplace_back();
  AccessAttempt& attempt = attempts_[index];
  clear(attempt.endpoint);
  attempt.status = 0;
  attempt.error_code = {};
  attempt.duration = {};
  return attempt;
}

void AccessRecord::add_attribute(std::string_view name, std::string_view value) {
  if (attribute_count_ == kAttributesMax) return;
  if (attribute_count_ == attributes_.size()) attributes_.emplace_back();
  auto& attribute = attributes_[attribute_count_++];
  attribute.first.assign(name);
  attribute.second.assign(value);
}

void AccessRecord::reset() {
  for (std::string* text :
       {&listener, &route, &backend, &client_address, &method, &host, &target, &dialect, &operation,
        &provider, &provider_kind, &request_model, &upstream_model, &request_id}) {
    clear(*text);
  }
  for (auto& [name, value] : attributes_) {
    clear(name);
    clear(value);
  }
  time = {};
  status = 0;
  input_tokens.reset();
  output_tokens.reset();
  total_tokens.reset();
  cached_tokens.reset();
  reasoning_tokens.reset();
  duration = {};
  first_token.reset();
  bytes_in = 0;
  bytes_out = 0;
  stream = false;
  error_code = {};
  attempt_count_ = 0;
  attribute_count_ = 0;
}

}  // namespace headgate::observe
