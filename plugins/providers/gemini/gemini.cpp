// Gemini's native API. Requests come in the neutral form and leave as generateContent; answers come
// back as chat completions.

#include <headgate/json_document.hpp>
#include <headgate/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "failures.hpp"
#include "http_date.hpp"
#include "manifest.hpp"
#include "model.hpp"
#include "request.hpp"
#include "stream.hpp"
#include "thinking.hpp"

namespace {

using headgate_gemini::Asked;
using headgate_gemini::StreamTranslator;
using headgate_gemini::TranslatedRequest;

class Gemini final : public hg::Provider {
 public:
  static constexpr std::string_view kManifest = headgate_gemini::kManifest;
  static constexpr std::uint32_t kNeeds = hg::kCredential;

  explicit Gemini(const hg::Config& config)
      : model_(config["model"].text("")), prefill_(config["prefill"].flag(false)) {}

  void target(hg::Target& out) const {
    out.host = "generativelanguage.googleapis.com";
    out.tls = true;
    out.base_path = "/v1beta";
    out.model = model_;
  }

  // Only text goes on from its middle: thoughts come before it, and what is held to a schema would
  // begin that anew.
  bool prefills(hg::Call& call, const hg::Build& in) const {
    if (!prefill_) return false;
    const hg::JsonMembers chat(hg::JsonView(call.request().body()));
    const hg::JsonView format = chat["response_format"]["type"];
    return (!format.exists() || format.equals("text")) &&
           !headgate_gemini::may_think(chat, headgate_gemini::family_of(in.model));
  }

  class Attempt;

 private:
  std::string model_;
  bool prefill_;
};

class Gemini::Attempt {
 public:
  explicit Attempt(const Gemini& provider) : provider_(provider) {}

  hg::Action build(hg::Call& call, const hg::Build& in) {
    hg::Message upstream = call.upstream();
    asked_.pass_through = in.pass_through();
    if (in.pass_through()) {
      asked_.configured_model =
          !provider_.model_.empty() && call.facets().model == provider_.model_;
      upstream.share_body();
      upstream.set_line(call.request().method(), std::string(in.base_path) + std::string(in.path));
      return hg::Action::proceed;
    }
    if (!headgate_gemini::is_model_name(in.model)) {
      return call.refuse(400, "invalid_model", "The request names no model that Gemini could have",
                         "model");
    }
    asked_.configured_model = !provider_.model_.empty() && in.model == provider_.model_;
    model_ = in.model;
    TranslatedRequest made = headgate_gemini::translate_request(call.request().body(), in.model);
    if (made.refusal) return refuse(call, *made.refusal);
    usage_wanted_ = made.usage_wanted;
    choices_ = made.choices;
    structured_ = made.structured;
    dropped_ = made.dropped.header();
    upstream.set_line("POST",
                      std::string(in.base_path) + headgate_gemini::model_path(in.model) +
                          (in.stream ? ":streamGenerateContent?alt=sse" : ":generateContent"));
    upstream.set_header("content-type", "application/json");
    upstream.give_body(std::move(made.body));
    return hg::Action::proceed;
  }

  hg::Action sign(hg::Call& call, const hg::Credential& credential) {
    asked_.client_credential = credential.kind == hg::CredentialKind::client;
    return call.place_credential(credential) ? hg::Action::proceed : hg::Action::abort;
  }

  hg::Action on_head(hg::Call& call, const hg::Head&, hg::Plan& plan) {
    if (asked_.pass_through) {
      plan.framing = hg::Framing::raw;
      return hg::Action::proceed;
    }
    plan.passes = false;
    plan.want_body = true;
    // Gemini does not say when an answer was made; the answer's own date does.
    const auto date = call.response().header("date");
    created_ = date ? headgate_gemini::unix_seconds(*date).value_or(0) : 0;
    stream_.begin(model_, choices_, created_);
    if (!dropped_.empty()) call.response().set_header(hg::llm::Dropped::kHeader, dropped_);
    return hg::Action::proceed;
  }

  hg::Action on_body(hg::Call& call, std::string_view body) {
    auto answer = headgate_gemini::translate_answer(body, model_, created_);
    broken_ = answer.broken;
    if (!answer.body) {
      if (headgate_gemini::is_error(hg::JsonView(body))) error_ = body.substr(0, kErrorBytesMax);
      return hg::Action::abort;
    }
    if (answer.usage) call.report_usage(*answer.usage);
    call.response().give_body(std::move(*answer.body));
    return hg::Action::proceed;
  }

  hg::Action on_event(hg::Call& call, const hg::Event& event, hg::EventFlags& flags) {
    hg::JsonDocument document;
    if (!document.read(event.data)) {
      flags = hg::lost_event(structured_);
      return hg::Action::proceed;
    }
    const hg::JsonView answer = document.root();
    if (headgate_gemini::is_error(answer)) {
      flags = HG_EVENT_ERROR;
      return hg::Action::proceed;
    }
    chunks_.clear();
    flags = stream_.translate(answer, chunks_);
    if (stream_.usage()) call.report_usage(*stream_.usage());
    broken_ = stream_.broken();
    if (broken_) return hg::Action::abort;
    for (const std::string& chunk : chunks_) call.emit(chunk);
    return hg::Action::replaced;
  }

  // Counts come with every event; the last ones hold, and are sent to who asked for them.
  hg::Action on_end(hg::Call& call, hg::End end, hg::EventFlags& flags) {
    if (asked_.pass_through || end != hg::End::complete) return hg::Action::proceed;
    flags = stream_.finish();
    if (flags != 0 && usage_wanted_ && stream_.usage()) call.emit(stream_.usage_chunk());
    return hg::Action::proceed;
  }

  void classify(hg::Call& call, const hg::Failure& failure, hg::Verdict& verdict) {
    verdict.retry_after = failure.retry_after;
    if (failure.kind == hg::FailureKind::timeout) {
      // Who was silent once is not asked again.
      verdict.next = hg::Next::elsewhere;
      verdict.exclude = true;
    } else if (failure.kind == hg::FailureKind::status) {
      headgate_gemini::judge(call, failure.status, failure.body, asked_, verdict);
    } else if (failure.kind == hg::FailureKind::event) {
      judge_error(call, failure.body, verdict);
    } else if (failure.kind == hg::FailureKind::bad_answer && !error_.empty()) {
      judge_error(call, error_, verdict);
    } else if (failure.kind == hg::FailureKind::bad_answer && broken_) {
      judge_breakdown(verdict);
    }
  }

 private:
  static hg::Action refuse(hg::Call& call, const headgate_gemini::Refusal& refusal) {
    if (refusal.field.empty()) {
      return call.refuse(400, "invalid_request_body",
                         call.keep("The request's body " + refusal.message));
    }
    return call.refuse(400, "unsupported_by_provider",
                       call.keep("'" + refusal.field + "' " + refusal.message), refusal.field);
  }

  // An error inside a 200 counts as the status that it names.
  void judge_error(hg::Call& call, std::string_view body, hg::Verdict& verdict) const {
    const auto status = headgate_gemini::status_of_error(body);
    headgate_gemini::judge(call, status, body, asked_, verdict);
  }

  // A model that loses its way in a call does better the next time, and the endpoint is fine.
  static void judge_breakdown(hg::Verdict& verdict) {
    verdict.ask_here_again(hg::Health::neutral, hg::Scope::none);
    verdict.code = "model_broke_down";
    verdict.message = "The model broke off instead of answering";
  }

  // As much as the gateway keeps of the body of an error.
  static constexpr std::size_t kErrorBytesMax = 65'536;

  const Gemini& provider_;
  Asked asked_;
  std::string model_;
  std::string dropped_;
  std::uint64_t created_ = 0;
  std::uint64_t choices_ = 1;
  bool usage_wanted_ = false;
  bool structured_ = false;
  bool broken_ = false;
  std::string error_;  // the whole answer, where it was one
  StreamTranslator stream_;
  std::vector<std::string> chunks_;
};

}  // namespace

HG_MODULE(Gemini)
