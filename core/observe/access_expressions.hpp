#pragma once
// Expressions over a request that is over: which requests are logged, and further fields of their
// lines. [any]

#include <headgate/expression/program.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/observe/access_record.hpp"

namespace headgate::observe {

using ExpressionProgram = std::shared_ptr<const hg::expression::Program>;

struct AddedField {
  std::string name;
  ExpressionProgram value;
};

// A field that an expression made, for one line.
struct AddedValue {
  std::string_view name;
  hg::expression::Value value;  // null, a boolean, a number or a text
};

// What the variables are for one record. The record must outlive it.
class RecordVariables final : public hg::expression::Source {
 public:
  explicit RecordVariables(const AccessRecord& record)
      : record_(record), headers_(record.headers()), attributes_(record.attributes()) {}

  hg::expression::Value value(std::uint32_t id) const noexcept override;

 private:
  using Pairs = std::span<const std::pair<std::string_view, std::string_view>>;

  class HeaderMap final : public hg::expression::Map {
   public:
    explicit HeaderMap(Pairs pairs) : pairs_(pairs) {}
    hg::expression::Value find(const hg::expression::Value& key) const noexcept override;
    std::size_t size() const noexcept override { return pairs_.size(); }
    hg::expression::Value key(std::size_t index) const noexcept override {
      return hg::expression::Value::text(pairs_[index].first);
    }

   private:
    Pairs pairs_;
  };
  // Scalars as they are, texts decoded; lists and objects as their JSON.
  class AttributeMap final : public hg::expression::Map {
   public:
    explicit AttributeMap(std::span<const AccessAttribute> attributes) : attributes_(attributes) {}
    hg::expression::Value find(const hg::expression::Value& key) const noexcept override;
    std::size_t size() const noexcept override { return attributes_.size(); }
    hg::expression::Value key(std::size_t index) const noexcept override {
      return hg::expression::Value::text(attributes_[index].name);
    }

   private:
    std::span<const AccessAttribute> attributes_;
  };

  hg::expression::Value of_model(std::uint32_t id) const noexcept;
  hg::expression::Value of_gateway(std::uint32_t id) const noexcept;

  const AccessRecord& record_;
  HeaderMap headers_;
  AttributeMap attributes_;
};

class AccessExpressions {
 public:
  AccessExpressions() = default;
  // `filter` may be null: everything is logged.
  AccessExpressions(ExpressionProgram filter, std::vector<AddedField> added);

  // Whether the request is logged.
  bool wants(const AccessRecord& record) const;
  const std::vector<AddedField>& added() const { return added_; }

  // The request headers that the expressions read: a record must carry them. Lower case.
  const std::vector<std::string>& headers() const { return headers_; }

 private:
  ExpressionProgram filter_;
  std::vector<AddedField> added_;
  std::vector<std::string> headers_;
};

// The further fields of one line after another, and the memory that they are made in.
class AddedValues {
 public:
  // Valid until the next call, or the end of the record.
  const std::vector<AddedValue>& of(const AccessExpressions& expressions,
                                    const AccessRecord& record);

 private:
  std::vector<AddedValue> values_;
  std::vector<std::unique_ptr<hg::expression::Scratch>> scratch_;  // of each field
};

}  // namespace headgate::observe
