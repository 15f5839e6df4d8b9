// A policy that lets a request through only when an expression of the configuration says so.

#include <headgate/expression/headers.hpp>
#include <headgate/expression/program.hpp>
#include <headgate/plugin.hpp>

#include <memory>
#include <string_view>

namespace {

namespace expression = hg::expression;

enum : std::uint32_t { kMethod, kPath, kHeaders };
constexpr expression::Variable kVariables[] = {
    {"request.method", expression::Type::text, kMethod},
    {"request.path", expression::Type::text, kPath},
    {"request.headers", expression::Type::map, kHeaders}};

// What the variables are for one request.
class Request final : public expression::Source {
 public:
  explicit Request(hg::Call& call) : message_(call.request()), headers_(message_) {}

  expression::Value value(std::uint32_t id) const noexcept override {
    const std::string_view target = message_.target();
    if (id == kMethod) return expression::Value::text(message_.method());
    if (id == kPath) return expression::Value::text(target.substr(0, target.find('?')));
    return expression::Value::map(headers_);
  }

 private:
  hg::Message message_;
  expression::Headers headers_;
};

class OnlyWhen final : public hg::Policy {
 public:
  static constexpr std::string_view kManifest = R"({
    "id": "com.example.policy.only-when",
    "kind": "policy",
    "key": "onlyWhen",
    "version": "1.0.0",
    "summary": "Lets requests through that an expression is true of",
    "stage": "authorize",
    "phases": ["request"],
    "dryRun": true,
    "schema": {
      "type": "object",
      "additionalProperties": false,
      "required": ["condition"],
      "properties": {"condition": {"type": "string"}}
    }
  })";

  explicit OnlyWhen(const hg::Config& config) {
    const hg::Config condition = config["condition"];
    auto compiled = expression::compile(condition.text(""), kVariables, expression::Type::boolean);
    if (!compiled.program) condition.fault(compiled.problem.to_string());
    condition_ = std::move(compiled.program);
  }

  hg::Action on_request(hg::Call& call) const {
    if (condition_->is_true(Request(call))) return hg::Action::proceed;
    return call.respond_error(403, "forbidden", "this request is not let through");
  }

 private:
  std::shared_ptr<const expression::Program> condition_;
};

}  // namespace

HG_MODULE(OnlyWhen)
