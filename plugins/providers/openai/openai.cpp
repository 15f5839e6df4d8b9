// OpenAI: the client's dialect is the vendor's own, so bodies and stream events pass untouched.
// What is left is where to send the request, what tokens it cost, and what a failure means.

#include <headgate/plugin.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "event.hpp"
#include "failures.hpp"
#include "foreign.hpp"
#include "manifest.hpp"
#include "usage.hpp"

namespace {

using headgate_openai::Asked;
using headgate_openai::VendorError;

// What makes an event worth a call once the client has bytes, where it is otherwise like those
// before it. Plain content carries
// "finish_reason":null and "usage":null, so neither name alone will do.
constexpr std::array<hg_str, 4> kShown = {
    hg::literal("\"prompt_tokens\""),
    hg::literal("\"finish_reason\":\""),
    hg::literal("\"error\""),
    hg::literal("[DONE]"),
};

class OpenAi final : public hg::Provider {
 public:
  static constexpr std::string_view kManifest = headgate_openai::kManifest;
  static constexpr std::uint32_t kNeeds = hg::kCredential;

  explicit OpenAi(const hg::Config& config)
      : model_(config["model"].text("")), prefill_(prefill_of(config["prefill"].text("none"))) {
    if (config["moderation"].exists())
      config["moderation"].fault("moderation is not supported yet; remove it");
  }

  void target(hg::Target& out) const {
    out.host = "api.openai.com";
    out.tls = true;
    out.base_path = "/v1";
    out.model = model_;
  }

  // Only text goes on from its middle: thoughts come before it, and what is held to a grammar would
  // begin that anew.
  bool prefills(hg::Call& call, const hg::Build&) const {
    const hg::Message request = call.request();
    return prefill_ != Prefill::none && is_left_at(request, "/reasoning_effort", "\"none\"") &&
           is_left_at(request, kFormat, "\"text\"");
  }

  class Attempt;

 private:
  enum class Prefill : std::uint8_t { none, message, prefix, continue_final_message };

  static constexpr std::string_view kFormat = "/response_format/type";

  static bool is_left_at(hg::Message request, std::string_view pointer, std::string_view usual) {
    const auto value = request.json(pointer);
    return !value || *value == "null" || *value == usual;
  }

  static Prefill prefill_of(std::string_view word) {
    if (word == "message") return Prefill::message;
    if (word == "prefix") return Prefill::prefix;
    return word == "continueFinalMessage" ? Prefill::continue_final_message : Prefill::none;
  }

  std::string model_;
  Prefill prefill_;
};

class OpenAi::Attempt {
 public:
  explicit Attempt(const OpenAi& provider) : provider_(provider) {}

  hg::Action build(hg::Call& call, const hg::Build& in) {
    hg::Message upstream = call.upstream();
    upstream.share_body();
    asked_.pass_through = in.pass_through();
    neutral_ = in.neutral;
    embeddings_ = in.operation == "embeddings";
    if (in.pass_through()) {
      asked_.configured_model =
          !provider_.model_.empty() && call.facets().model == provider_.model_;
      upstream.set_line(call.request().method(), std::string(in.base_path) + std::string(in.path));
      return hg::Action::proceed;
    }
    upstream.set_line(
        "POST", std::string(in.base_path) + (embeddings_ ? "/embeddings" : "/chat/completions"));
    upstream.set_header("content-type", "application/json");
    // Of embeddings it is only the client's word for it.
    asked_.configured_model =
        !embeddings_ && !provider_.model_.empty() && in.model == provider_.model_;
    if (!in.model.empty() && (in.neutral || in.model != call.facets().model) &&
        !upstream.set_text("/model", in.model))
      return call.refuse(400, "invalid_request_body", "The request's body is not a JSON object");
    if (in.stream && !embeddings_) {
      structured_ = !is_left_at(upstream, kFormat, "\"text\"");
      ask_for_usage(upstream);
    }
    if (in.prefill) ask_to_go_on(upstream);
    leave_out_foreign(upstream, in.own_host);
    return hg::Action::proceed;
  }

  hg::Action sign(hg::Call& call, const hg::Credential& credential) {
    asked_.client_credential = credential.kind == hg::CredentialKind::client;
    return call.place_credential(credential) ? hg::Action::proceed : hg::Action::abort;
  }

  hg::Action on_head(hg::Call& call, const hg::Head&, hg::Plan& plan) {
    if (!dropped_.empty()) call.response().set_header(hg::llm::Dropped::kHeader, dropped_);
    if (asked_.pass_through) {
      plan.framing = hg::Framing::raw;
      return hg::Action::proceed;
    }
    plan.passes = !neutral_;
    plan.want_body = true;
    plan.show_only(kShown);
    return hg::Action::proceed;
  }

  hg::Action on_body(hg::Call& call, std::string_view body) {
    const hg::JsonView answer(body);
    const bool whole = answer.is_object() && answer.raw().back() == '}';
    if (!whole || !(embeddings_ ? answer["data"].is_array() : headgate_openai::has_choices(body)))
      return hg::Action::abort;
    report_usage(call, headgate_openai::find_usage(body));
    return hg::Action::proceed;
  }

  // Of embeddings, most often.
  void on_tail(hg::Call& call, std::string_view tail) const {
    report_usage(call, headgate_openai::find_usage_in_tail(tail));
  }

  hg::Action on_event(hg::Call& call, const hg::Event& event, hg::EventFlags& flags) {
    if (event.data == "[DONE]") {
      flags = HG_EVENT_END;
      return hg::Action::proceed;
    }
    headgate_openai::ChatEvent said;
    if (!headgate_openai::read_event(event.data, said)) {
      flags = hg::lost_event(structured_);
      return hg::Action::proceed;
    }
    if (said.error) {
      flags = HG_EVENT_ERROR;
      return hg::Action::proceed;
    }
    flags |= said.flags;
    finished_ += said.finished;
    if (said.finished > 0 && finished_ >= choices_wanted_) flags |= HG_EVENT_FINAL;
    if (said.usage.exists()) {
      flags |= HG_EVENT_USAGE;
      call.report_usage(headgate_openai::read_usage(said.usage));
      // The event that only we asked for is not the client's.
      if (!said.has_choices && !client_wants_usage_) return hg::Action::replaced;
    }
    if (flags == 0) flags = HG_EVENT_LIFECYCLE;
    return hg::Action::proceed;
  }

  void classify(hg::Call& call, const hg::Failure& failure, hg::Verdict& verdict) {
    if (failure.kind == hg::FailureKind::timeout) {
      // Who was silent once is not asked again.
      verdict.next = hg::Next::elsewhere;
      verdict.exclude = true;
    }
    if (failure.kind != hg::FailureKind::status && failure.kind != hg::FailureKind::event) return;
    const VendorError error = headgate_openai::read_error(failure.body);
    const std::uint32_t status = failure.kind == hg::FailureKind::status
                                     ? failure.status
                                     : headgate_openai::status_of_event(error);
    verdict.retry_after = failure.retry_after ? failure.retry_after : reset_of(call);
    headgate_openai::judge_status(status, error, asked_, verdict);
    if (verdict.status != status) {
      verdict.code = "provider_refused_credential";
      verdict.message = "The provider refused the gateway's credential";
      return;
    }
    const std::string& code = error.code.empty() ? error.type : error.code;
    if (!code.empty()) verdict.code = call.keep(code);
    if (!error.message.empty()) verdict.message = call.keep(error.message);
  }

 private:
  static void report_usage(hg::Call& call, const hg::JsonView& usage) {
    if (usage.is_object()) call.report_usage(headgate_openai::read_usage(usage));
  }

  // Tokens of a stream are only reported to who asks.
  void ask_for_usage(hg::Message upstream) {
    client_wants_usage_ = upstream.json("/stream_options/include_usage") == "true";
    if (const std::optional<std::string_view> wanted = upstream.json("/n"))
      choices_wanted_ = hg::JsonView(*wanted).unsigned_integer().value_or(1);
    if (client_wants_usage_) return;
    if (!upstream.set_json("/stream_options/include_usage", "true") &&
        upstream.json("/stream_options") == "null")
      upstream.set_json("/stream_options", R"({"include_usage":true})");
  }

  // The gateway's own member goes to nobody. Servers that are compatible with OpenAI have members
  // of their own and may want them back: other makers' members go there as they came.
  void leave_out_foreign(hg::Message upstream, bool own_host) {
    bool may_hold = upstream.holds_reserved();
    if (!may_hold && own_host) {
      const auto messages = upstream.json("/messages");
      may_hold = messages && headgate_openai::may_hold_foreign(*messages);
    }
    if (!may_hold) return;
    hg::llm::Dropped dropped;
    auto made = headgate_openai::without_foreign(upstream.body(), own_host, dropped);
    if (!made) return;
    upstream.give_body(std::move(*made));
    dropped_ = dropped.header();
  }

  void ask_to_go_on(hg::Message upstream) const {
    if (provider_.prefill_ == Prefill::continue_final_message) {
      upstream.set_json("/continue_final_message", "true");
      upstream.set_json("/add_generation_prompt", "false");
    } else if (provider_.prefill_ == Prefill::prefix) {
      const auto messages = upstream.json("/messages");
      const std::size_t count = hg::JsonView(messages.value_or(std::string_view())).size();
      if (count > 0)
        upstream.set_json("/messages/" + std::to_string(count - 1) + "/prefix", "true");
    }
  }

  // How long the limit that was hit stays, where only OpenAI's own headers say it.
  static std::optional<std::chrono::milliseconds> reset_of(hg::Call& call) {
    for (const std::string what : {"requests", "tokens"}) {
      if (call.response().header("x-ratelimit-remaining-" + what) != "0") continue;
      const auto reset = call.response().header("x-ratelimit-reset-" + what);
      if (reset) return headgate_openai::reset_time(*reset);
    }
    return std::nullopt;
  }

  const OpenAi& provider_;
  Asked asked_;
  bool neutral_ = false;
  bool embeddings_ = false;
  bool client_wants_usage_ = false;
  bool structured_ = false;  // the answer is to be JSON
  std::string dropped_;      // names of what was left out of the messages
  std::uint64_t choices_wanted_ = 1;
  std::uint64_t finished_ = 0;
};

}  // namespace

HG_MODULE(OpenAi)
