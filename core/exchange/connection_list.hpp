#pragma once
// Some client connections of one worker, to be ended all at once: an intrusive list, so that
// entering and leaving it costs nothing. [worker]

namespace headgate::exchange {

class ConnectionList {
 public:
  // What can be ended.
  class Member {
   public:
    // Whatever waits in it goes on at once and finds out. It does not leave the list inside.
    virtual void end() = 0;

   protected:
    ~Member() = default;
  };

  // In the list from its making to its end.
  class Entry {
   public:
    Entry(ConnectionList& list, Member& member) : member_(member) {
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
    Member& member_;
    Entry* next_ = nullptr;
    Entry** previous_ = nullptr;
  };

  ConnectionList() = default;
  ConnectionList(const ConnectionList&) = delete;
  ConnectionList& operator=(const ConnectionList&) = delete;

  // The entries leave by themselves, later.
  void end_all() {
    for (Entry* entry = first_; entry; entry = entry->next_) entry->member_.end();
  }

 private:
  Entry* first_ = nullptr;
};

}  // namespace headgate::exchange
