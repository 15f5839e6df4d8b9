#pragma once
// A bounded table from text to a value made at first use, for label values that requests bring
// along (models, outcomes). Reading takes no lock; adding takes one. Entries stay. When the table
// is full, unknown texts get the value for "other", still without a lock, so a client that makes up
// names costs nothing. [any]

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::observe {

template <class Value, std::size_t kEntriesMax>
class InternTable {
 public:
  // Longer texts are not kept; they are "other" too.
  static constexpr std::size_t kTextMax = 128;

  InternTable() = default;
  InternTable(const InternTable&) = delete;
  InternTable& operator=(const InternTable&) = delete;
  ~InternTable() {
    for (auto& place : places_) delete place.load(std::memory_order_relaxed);
    delete other_.load(std::memory_order_relaxed);
  }

  // `make(text)` returns the Value of a new entry, or of all that share make("other"). It runs
  // under the table's lock.
  template <class Make>
  const Value& get(std::string_view text, Make&& make) {
    if (text.size() > kTextMax) return other(make);
    const std::size_t start = std::hash<std::string_view>{}(text) % kPlaces;
    if (const Value* known = find(text, start)) return *known;
    if (full_.load(std::memory_order_acquire)) return other(make);

    std::unique_lock lock(mutex_);
    if (const Value* known = find(text, start)) return *known;
    if (size_ == kEntriesMax) {
      lock.unlock();
      return other(make);
    }
    std::size_t at = start;
    while (places_[at].load(std::memory_order_relaxed) != nullptr) at = (at + 1) % kPlaces;
    auto entry = std::make_unique<Entry>(std::string(text), make(text));
    const Value& value = entry->value;
    places_[at].store(entry.release(), std::memory_order_release);
    if (++size_ == kEntriesMax) full_.store(true, std::memory_order_release);
    return value;
  }

 private:
  static constexpr std::string_view kOther = "other";
  // Never more than half full, so that a search for an unknown text is short.
  static constexpr std::size_t kPlaces = 2 * kEntriesMax;

  struct Entry {
    Entry(std::string text, Value value) : text(std::move(text)), value(std::move(value)) {}
    std::string text;
    Value value;
  };

  const Value* find(std::string_view text, std::size_t at) const {
    while (const Entry* entry = places_[at].load(std::memory_order_acquire)) {
      if (entry->text == text) return &entry->value;
      at = (at + 1) % kPlaces;
    }
    return nullptr;
  }

  template <class Make>
  const Value& other(Make&& make) {
    if (const Entry* entry = other_.load(std::memory_order_acquire)) return entry->value;
    const std::lock_guard lock(mutex_);
    const Entry* entry = other_.load(std::memory_order_relaxed);
    if (entry == nullptr) {
      auto made = std::make_unique<Entry>(std::string(kOther), make(kOther));
      entry = made.get();
      other_.store(made.release(), std::memory_order_release);
    }
    return entry->value;
  }

  std::atomic<Entry*> other_{nullptr};
  std::array<std::atomic<Entry*>, kPlaces> places_{};
  std::atomic<bool> full_{false};
  std::mutex mutex_;
  std::size_t size_ = 0;
};

}  // namespace headgate::observe
