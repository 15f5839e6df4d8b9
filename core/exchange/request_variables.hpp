#pragma once
// What the variables of an expression are for one request, and for the answer of one attempt of it.
// Made where an expression is evaluated; the request and the attempt must outlive it. [worker]

#include <headgate/expression/program.hpp>

#include "core/http/header_map.hpp"

namespace headgate::exchange {

struct RequestContext;
struct AttemptContext;

// Headers by name, without regard to case.
class HeaderVariables final : public hg::expression::Map {
 public:
  explicit HeaderVariables(const http::HeaderMap& headers) : headers_(headers) {}

  hg::expression::Value find(const hg::expression::Value& key) const noexcept override;
  std::size_t size() const noexcept override { return headers_.size(); }
  hg::expression::Value key(std::size_t index) const noexcept override {
    return hg::expression::Value::text(headers_[index].name);
  }

 private:
  const http::HeaderMap& headers_;
};

class RequestVariables final : public hg::expression::Source {
 public:
  // Without an attempt there is no answer.
  explicit RequestVariables(const RequestContext& request, const AttemptContext* attempt = nullptr);

  hg::expression::Value value(std::uint32_t id) const noexcept override;

 private:
  bool has_answer() const noexcept;

  const RequestContext& request_;
  const AttemptContext* attempt_;
  HeaderVariables request_headers_;
  HeaderVariables response_headers_;
};

}  // namespace headgate::exchange
