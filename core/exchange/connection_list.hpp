#pragma once
// Some client connections of one worker, to be closed all at once: an intrusive list, so that
// entering and leaving it costs nothing. [worker]

#include "core/net/byte_stream.hpp"

namespace headgate::exchange {

class ConnectionList {
 public:
  // In the list from its making to its end.
  class Entry {
   public:
    Entry(ConnectionList& list, net::ByteStream& stream) : stream_(stream) {
      next_ = list.first_;
      if (next_) next_->previous_ = &next_;
      previous_ = &list.first_;
      list.first_ = this;
    }
    ~Entry() {
      *previous_ = next_;
      if (next_) next_->previous_ = previous_;
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class ConnectionList;
    net::ByteStream& stream_;
    Entry* next_ = nullptr;
    Entry** previous_ = nullptr;
  };

  ConnectionList() = default;
  ConnectionList(const ConnectionList&) = delete;
  ConnectionList& operator=(const ConnectionList&) = delete;

  // Ends the waits; the entries leave by themselves.
  void close_all() {
    for (Entry* entry = first_; entry; entry = entry->next_) entry->stream_.close();
  }

 private:
  Entry* first_ = nullptr;
};

}  // namespace headgate::exchange
