#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace headgate::http {

// Bytes in a block of exactly their size, so that AddressSanitizer sees a read past their end.
class ExactBytes {
 public:
  explicit ExactBytes(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    text.copy(bytes_.get(), text.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace headgate::http
