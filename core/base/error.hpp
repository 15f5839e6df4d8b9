#pragma once
// An error on the data path is a value. It knows whose fault it is, whether another attempt can
// help, which HTTP status says so, and a stable code that clients and dashboards may rely on. One
// function in exchange turns it into an answer. Exceptions are for start-up only.

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace headgate {

// Who has to act for the error to go away.
enum class Fault : std::uint8_t { client, upstream, gateway };

// What another attempt of the same request is worth.
enum class Retry : std::uint8_t { no, here, elsewhere };

// Has constructors on purpose: an aggregate made by braces inside a co_await expression is freed
// twice by GCC 12.
class Error {
 public:
  // `code` is a literal in snake_case, stable over releases. `message` says what is wrong, where,
  // and what to do; it never holds a secret.
  Error(Fault fault, Retry retry, int status, std::string_view code, std::string message)
      : fault(fault), retry(retry), status(status), code(code), message(std::move(message)) {}

  Fault fault;
  Retry retry;
  int status;             // of the HTTP answer, when the error reaches the client
  std::string_view code;  // static storage
  std::string message;
};

// The client sent something that cannot be served.
inline Error client_error(int status, std::string_view code, std::string message) {
  return Error(Fault::client, Retry::no, status, code, std::move(message));
}
// An upstream did not do what it should; another one may.
inline Error upstream_error(std::string_view code, std::string message, int status = 502) {
  return Error(Fault::upstream, Retry::elsewhere, status, code, std::move(message));
}
// The gateway itself is at fault or out of something.
inline Error gateway_error(std::string_view code, std::string message, int status = 500) {
  return Error(Fault::gateway, Retry::no, status, code, std::move(message));
}

// A value or an Error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  Error& error() {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  Error& error() { return *std::get_if<1>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace headgate
