#include "core/observe/access_record.hpp"

#include <algorithm>

namespace headgate::observe {

// A block of its own each: they are few, and not kept.
KeptText AccessRecord::keep_large(std::string_view text) {
  large_.push_back(std::make_unique_for_overwrite<char[]>(text.size()));
  std::memcpy(large_.back().get(), text.data(), text.size());
  return KeptText(std::string_view(large_.back().get(), text.size()));
}

AccessAttempt& AccessRecord::add_attempt() {
  // The place behind the listed ones takes what is not shown.
  const std::size_t index = std::min(attempt_count_, kListedAttemptsMax);
  ++attempt_count_;
  if (index == attempts_.size()) return attempts_.emplace_back();
  attempts_[index] = AccessAttempt();
  return attempts_[index];
}

void AccessRecord::add_attribute(std::string_view name, std::string_view value) {
  if (attributes_.size() < kAttributesMax) attributes_.emplace_back(keep(name), keep(value));
}

void AccessRecord::reset() {
  for (KeptText* text : {&listener, &route, &backend, &client_address, &method, &host, &target,
                         &dialect, &operation, &provider, &provider_kind, &request_model,
                         &upstream_model, &error_code, &request_id, &trace_id, &span_id}) {
    *text = {};
  }
  used_ = 0;
  large_.clear();
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
  attempts_.clear();
  attempt_count_ = 0;
  attributes_.clear();
  headers_.clear();
}

}  // namespace headgate::observe
