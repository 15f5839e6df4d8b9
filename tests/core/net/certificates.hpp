#pragma once
// Certificates made for one test, in files of a folder that goes away with it.

#include <memory>
#include <string>
#include <vector>

namespace headgate::net {

// An authority of the test's own. A certificate and its key are PEM files.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "Test Authority");
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  struct Files {
    std::string certificate;
    std::string key;
  };

  // `names` as OpenSSL writes them: "DNS:a.example", "IP:127.0.0.1", "URI:spiffe://a/b".
  Files issue(const std::string& subject, const std::string& names) const;
  const std::string& root_file() const { return root_file_; }
  // A file of the folder with that content.
  std::string write(const std::string& file, const std::string& content) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string folder_;
  std::string root_file_;
  mutable int issued_ = 0;
};

}  // namespace headgate::net
