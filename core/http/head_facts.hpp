#pragma once
// What header fields say about the message they belong to, read as they come: where its body ends
// and whether the connection stays. Part of the head parser. [any]

#include <optional>
#include <string>
#include <string_view>

#include "core/http/head.hpp"
#include "core/http/head_scan.hpp"

namespace headgate::http {

class HeadFacts {
 public:
  // Fills `head`: its content_length, chunked, upgrade and connection_names.
  explicit HeadFacts(MessageHead& head) : head_(head) {}

  // False when the field is refused; `refusal` says why, or it holds a byte that may not be there.
  // REQUIRES: the head's minor_version is known.
  bool take(const Header& header) {
    switch (header.name.size()) {
      case 4:
      case 6:
      case 10:
      case 14:
      case 16:
      case 17:
        return take_known(header);
      default:
        return true;
    }
  }

  // What the version and the fields say; whether the body needs the connection's end is not in it.
  bool keep_alive() const { return head_.minor_version == 0 ? keep_alive_ : !close_; }

  bool refuse(int status, std::string_view code, std::string message);

  std::optional<std::string_view> host;
  std::optional<std::string_view> expectation;
  std::optional<Refusal> refusal;

 private:
  bool take_known(const Header& header);
  bool take_host(std::string_view value);
  bool take_content_length(std::string_view value);
  bool take_transfer_encoding(std::string_view value);
  bool take_connection(std::string_view value, bool of_proxy);
  void take_option(std::string_view option, bool of_proxy);

  MessageHead& head_;
  bool close_ = false;
  bool keep_alive_ = false;
};

}  // namespace headgate::http
