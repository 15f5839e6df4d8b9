#pragma once
// The configuration of an instance: the JSON that the user wrote, already held against the schema
// in the plugin's manifest. [main]
//
//   explicit Acme(const hg::Config& config)
//       : model_(config["model"].text("")), patience_(config["patience"].duration(5s)) {}
//
// What the schema cannot say is checked in the constructor: fault() for each thing that is wrong,
// so that the user sees them all, or throw ConfigError where going on makes no sense. Either way
// the configuration is not applied and the user is shown the line.

#include <headgate/abi.h>
#include <headgate/duration.hpp>
#include <headgate/host.hpp>
#include <headgate/json_view.hpp>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace hg {

class ConfigError : public std::runtime_error {
 public:
  // `pointer`: JSON pointer to what is wrong; Config::pointer() has it.
  ConfigError(std::string pointer, const std::string& message)
      : std::runtime_error(message), pointer_(std::move(pointer)) {}
  const std::string& pointer() const noexcept { return pointer_; }

 private:
  std::string pointer_;
};

// Where faults go; the wrapper makes one per create().
class ConfigFaults {
 public:
  ConfigFaults(const hg_host* host, hg_error* error) noexcept : host_(host), error_(error) {}
  void add(std::string_view pointer, std::string_view message) noexcept {
    host_->fail(error_, str(pointer), str(message));
    ++count_;
  }
  std::size_t count() const noexcept { return count_; }
  const hg_host* host() const noexcept { return host_; }

 private:
  const hg_host* host_;
  hg_error* error_;
  std::size_t count_ = 0;
};

class Config {
 public:
  // `create` and `faults` must outlive it and all that is made from it.
  Config(const hg_create& create, ConfigFaults& faults)
      : create_(&create), faults_(&faults), json_(view(create.config)) {}

  // The member or element; one that does not exist when the user wrote none.
  Config operator[](std::string_view name) const {
    return Config(*this, json_[name], pointer_ + "/" + escaped(name));
  }
  Config operator[](std::size_t index) const {
    return Config(*this, json_[index], pointer_ + "/" + std::to_string(index));
  }
  // visit(std::string_view name, const Config& value) in the order of the file.
  template <class Visit>
  void each_member(Visit&& visit) const {
    json_.each_member([&](std::string_view name, JsonView value) {
      visit(name, Config(*this, value, pointer_ + "/" + escaped(name)));
    });
  }
  // visit(const Config& element)
  template <class Visit>
  void each_element(Visit&& visit) const {
    std::size_t index = 0;
    json_.each_element([&](JsonView value) {
      visit(Config(*this, value, pointer_ + "/" + std::to_string(index++)));
    });
  }

  // What hg.shared/1 is given. 0: the gateway is older.
  std::uint64_t instance() const noexcept {
    return HG_HAS(create_, hg_create, instance) ? create_->instance : 0;
  }

  // What hg.metrics/1 and hg.endpoints/1 are given. Lives as long as the process.
  const hg_host* host() const noexcept { return faults_->host(); }

  bool exists() const noexcept { return json_.exists() && !json_.is_null(); }
  const JsonView& json() const noexcept { return json_; }
  const std::string& pointer() const noexcept { return pointer_; }

  // The value, or `otherwise` where the user wrote none. ConfigError when it is of another type.
  std::string text(std::string_view otherwise) const {
    return exists() ? expect(json_.text(), "a string") : std::string(otherwise);
  }
  bool flag(bool otherwise) const {
    return exists() ? expect(json_.boolean(), "true or false") : otherwise;
  }
  std::uint64_t count(std::uint64_t otherwise) const {
    return exists() ? expect(json_.unsigned_integer(), "a whole number") : otherwise;
  }
  double number(double otherwise) const {
    return exists() ? expect(json_.number(), "a number") : otherwise;
  }
  std::chrono::milliseconds duration(std::chrono::milliseconds otherwise) const {
    return exists() ? expect(hg::duration(text("")), "a duration such as 500ms, 10s or 1m30s")
                    : otherwise;
  }

  // Says what is wrong with this value and goes on.
  void fault(std::string_view message) const { faults_->add(pointer_, message); }

  std::string_view place() const noexcept { return view(create_->place); }  // for messages
  std::string_view name() const noexcept { return view(create_->name); }    // a provider's

 private:
  Config(const Config& parent, JsonView json, std::string pointer)
      : create_(parent.create_),
        faults_(parent.faults_),
        json_(json),
        pointer_(std::move(pointer)) {}

  template <class T>
  T expect(std::optional<T> value, const char* what) const {
    if (!value) throw ConfigError(pointer_, std::string("must be ") + what);
    return *std::move(value);
  }
  static std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
    return out;
  }

  const hg_create* create_;
  ConfigFaults* faults_;
  JsonView json_;
  std::string pointer_;
};

}  // namespace hg
