#pragma once
// A place that requests are sent to, as far as connections are concerned: two endpoints that agree
// in all of it share connections.
//
// Targets are made by a TargetTable, which numbers them: a worker's pool is found by index, without
// hashing a string per request, and a target that is the same after a reload keeps its number and
// so its connections.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/net/tls_context.hpp"

namespace headgate::upstream {

struct TargetOptions {
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  std::string unix_path;                             // when not empty: connect here instead
  std::shared_ptr<const net::TlsClientContext> tls;  // nothing: in clear
  std::string tls_name;                              // SNI and name to verify; empty: host
};

// Immutable; shared by all workers. [any]
class Target {
 public:
  Target(TargetOptions options, std::string key, std::size_t index)
      : options_(std::move(options)), key_(std::move(key)), index_(index) {}

  const std::string& host() const { return options_.host; }
  std::uint16_t port() const { return options_.port; }
  const std::string& unix_path() const { return options_.unix_path; }
  const std::shared_ptr<const net::TlsClientContext>& tls() const { return options_.tls; }
  const std::string& tls_name() const { return options_.tls_name; }

  // What the pool is named by, for the admin page: "https://api.example.org:443".
  const std::string& key() const { return key_; }
  // Its place in every worker's pool.
  std::size_t index() const { return index_; }

 private:
  TargetOptions options_;
  std::string key_;
  std::size_t index_;
};

// Lives as long as the process, through all reloads. [any]
class TargetTable {
 public:
  // The target for `options`: the one that exists when somebody still holds it, else a new one,
  // under its old number when there ever was one.
  std::shared_ptr<const Target> intern(TargetOptions options);

 private:
  struct Slot {
    explicit Slot(std::size_t index) : index(index) {}

    std::size_t index;
    std::weak_ptr<const Target> target;
  };

  std::mutex mutex_;
  std::unordered_map<std::string, Slot> slots_;
};

}  // namespace headgate::upstream
