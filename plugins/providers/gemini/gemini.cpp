// Gemini's native API. Requests come in the neutral form and leave as generateContent; answers come
// back as chat completions.

#include <headgate/plugin.hpp>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "failures.hpp"
#include "manifest.hpp"
#include "request.hpp"

namespace {

using headgate_gemini::Asked;
using headgate_gemini::StreamTranslator;
using headgate_gemini::TranslatedRequest;

// A model's name as one path segment. "models/x" and "tunedModels/x" are names with their folder.
std::string model_path(std::string_view model) {
  const bool has_folder = model.find('/') != std::string_view::npos;
  std::string path = has_folder ? "/" : "/models/";
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : model) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~' || c == '/';
    if (plain) {
      path += c;
    } else {
      path += '%';
      path += kHex[static_cast<unsigned char>(c) >> 4];
      path += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return path;
}

// Two dots in a model's name would lead out of the folder of models.
bool is_model_name(std::string_view model) {
  return !model.empty() && model.find("..") == std::string_view::npos && model.front() != '/';
}

std::string join(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

class Gemini final : public hg::Provider {
 public:
  static constexpr std::string_view kManifest = headgate_gemini::kManifest;
  static constexpr std::uint32_t kNeeds = hg::kCredential;

  explicit Gemini(const hg::Config& config) : model_(config["model"].text("")) {}

  void target(hg::Target& out) const {
    out.host = "generativelanguage.googleapis.com";
    out.tls = true;
    out.base_path = "/v1beta";
    out.model = model_;
  }

  class Attempt;

 private:
  std::string model_;
};

class Gemini::Attempt {
 public:
  explicit Attempt(const Gemini& provider)
      : provider_(provider),
        created_(static_cast<std::uint64_t>(std::time(nullptr))),
        stream_("", created_) {}

  hg::Action build(hg::Call& call, const hg::Build& in) {
    hg::Message upstream = call.upstream();
    asked_.pass_through = in.pass_through();
    if (in.pass_through()) {
      upstream.share_body();
      upstream.set_line(call.request().method(), std::string(in.base_path) + std::string(in.path));
      return hg::Action::proceed;
    }
    if (!is_model_name(in.model)) {
      return call.refuse(400, "invalid_model", "The request names no model that Gemini could have");
    }
    asked_.configured_model = !provider_.model_.empty() && in.model == provider_.model_;
    model_ = in.model;
    stream_ = StreamTranslator(in.model, created_);
    const TranslatedRequest made = headgate_gemini::translate_request(call.request().body());
    if (made.refusal) {
      const std::string where =
          made.refusal->field.empty() ? "the body" : "'" + made.refusal->field + "'";
      return call.refuse(400, "unsupported_by_provider",
                         call.keep(where + " " + made.refusal->message));
    }
    usage_wanted_ = made.usage_wanted;
    dropped_ = join(made.dropped);
    upstream.set_line("POST",
                      std::string(in.base_path) + model_path(in.model) +
                          (in.stream ? ":streamGenerateContent?alt=sse" : ":generateContent"));
    upstream.set_header("content-type", "application/json");
    upstream.set_body(made.body);
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
    if (!dropped_.empty()) call.response().set_header("x-headgate-dropped", dropped_);
    return hg::Action::proceed;
  }

  hg::Action on_body(hg::Call& call, std::string_view body) {
    auto answer = headgate_gemini::translate_answer(body, model_, created_);
    if (!answer) return hg::Action::abort;
    if (const auto usage = headgate_gemini::read_usage(hg::JsonView(body))) {
      call.report_usage(*usage);
    }
    call.response().give_body(std::move(*answer));
    return hg::Action::proceed;
  }

  hg::Action on_event(hg::Call& call, const hg::Event& event, hg::EventFlags& flags) {
    if (!hg::JsonView::valid(event.data)) {
      flags = HG_EVENT_NOT_JSON;
      return hg::Action::proceed;
    }
    const hg::JsonView answer(event.data);
    if (answer["error"].is_object()) {
      flags = HG_EVENT_ERROR;
      return hg::Action::proceed;
    }
    chunks_.clear();
    flags = stream_.translate(answer, chunks_);
    for (const std::string& chunk : chunks_) call.emit(chunk);
    if (stream_.usage()) call.report_usage(*stream_.usage());
    return hg::Action::replaced;
  }

  // Counts come with every event; the last ones hold, and are sent to who asked for them.
  hg::Action on_end(hg::Call& call, hg::End, hg::EventFlags&) {
    if (usage_wanted_ && stream_.usage()) call.emit(stream_.usage_chunk());
    return hg::Action::proceed;
  }

  void classify(hg::Call& call, const hg::Failure& failure, hg::Verdict& verdict) {
    if (failure.kind == hg::FailureKind::timeout) {
      verdict.next = hg::Next::elsewhere;
      verdict.exclude = true;
      return;
    }
    if (failure.kind == hg::FailureKind::status) {
      headgate_gemini::judge(call, failure.status, failure.body, asked_, verdict);
    } else if (failure.kind == hg::FailureKind::event) {
      const auto status = headgate_gemini::status_of_error(hg::JsonView(failure.body)["error"]);
      headgate_gemini::judge(call, status, failure.body, asked_, verdict);
    }
  }

 private:
  const Gemini& provider_;
  const std::uint64_t created_;
  Asked asked_;
  std::string model_;
  std::string dropped_;
  bool usage_wanted_ = false;
  StreamTranslator stream_;
  std::vector<std::string> chunks_;
};

}  // namespace

HG_MODULE(Gemini)
