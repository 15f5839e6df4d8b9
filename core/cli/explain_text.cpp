#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "core/cli/explain_view.hpp"

namespace headgate::cli {
namespace {

using exchange::BackendExplained;
using select::EndpointExplanation;

// Names beyond this are cut, so that the table stays one.
constexpr std::size_t kNameMax = 24;
// Endpoints of a group that are shown: those with the largest shares.
constexpr std::size_t kRowsMax = 64;

// One line, to the end of the text. For lines of numbers and short words.
[[gnu::format(printf, 2, 3)]] void add_line(std::string& out, const char* format, ...) {
  std::array<char, 512> room;
  va_list values;
  va_start(values, format);
  const int size = std::vsnprintf(room.data(), room.size(), format, values);
  va_end(values);
  out.append(room.data(), std::min(static_cast<std::size_t>(size), room.size() - 1));
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

std::string cut(const std::string& name) {
  return name.size() <= kNameMax ? name : name.substr(0, kNameMax - 1) + "~";
}

// What the share mostly comes from.
std::string_view main_reason(const EndpointExplanation& endpoint) {
  const auto& shares = endpoint.share_by_reason;
  const auto most = std::max_element(shares.begin(), shares.end());
  if (*most <= 0) return "-";
  return select::reason_name(static_cast<select::PickReason>(most - shares.begin()));
}

class ExplainText {
 public:
  explicit ExplainText(const ExplainedRequest& explained)
      : explained_(explained), result_(explained.result) {}

  std::string run() {
    add_request();
    if (result_.refusal) {
      out_.append("\nwould be answered ").append(std::to_string(result_.refusal->status));
      out_.append(" ").append(result_.refusal->code).append(": ");
      out_.append(result_.refusal->message).append("\n");
    }
    for (const BackendExplained& backend : result_.backends) add_backend(backend);
    const std::vector<std::string> notes = explain_notes(explained_);
    if (!notes.empty()) out_ += '\n';
    for (const std::string& note : notes) out_.append("note: ").append(note).append("\n");
    return std::move(out_);
  }

 private:
  void add_request() {
    const exchange::AskedRequest& asked = explained_.asked;
    out_.append(asked.method).append(" ").append(asked.target);
    out_.append(", host ").append(asked.host);
    if (!result_.model.empty()) out_.append(", model ").append(result_.model);
    out_ += '\n';
    if (result_.dialect.route) {
      out_.append("API format ").append(result_.dialect.dialect->id());
      out_.append(", operation ").append(result_.dialect.route->operation).append("\n");
    } else if (result_.route) {
      out_ += "no known API format: the path passes as it is to providers that declare it\n";
    }
    if (result_.route) {
      out_.append("port ").append(std::to_string(result_.listener->port)).append(", listener '");
      out_.append(result_.listener->config->name).append("', route '");
      out_.append(result_.route->name).append("'\n");
    }
    out_ += "routes looked at, in order:\n";
    if (result_.looked.empty()) out_ += "  none\n";
    for (const route::LookedAt& looked : result_.looked) {
      out_.append("  ").append(looked.missed.empty() ? "yes  " : "no   ");
      out_.append(looked.route->name()).append(": ").append(looked.conditions);
      if (!looked.missed.empty()) out_.append(" (another ").append(looked.missed).append(")");
      out_ += '\n';
    }
  }

  void add_backend(const BackendExplained& backend) {
    out_.append("\nbackend '").append(backend.plan->name).append("': ");
    add_line(out_, "%.1f %% of the requests (weight %u)%s", 100 * backend.share,
             backend.plan->weight, backend.available ? "" : ", nobody in it can serve now");
    const std::string policies = policies_text(backend, result_.model);
    if (!policies.empty()) out_.append("  policies: ").append(policies).append("\n");
    if (!backend.selection) {
      out_.append("  host ").append(backend.plan->endpoints.front().target->key()).append("\n");
      return;
    }
    const select::Explanation& selection = *backend.selection;
    add_pick(backend, selection);
    if (selection.affinity) out_.append("  affinity: ").append(affinity_text(backend)).append("\n");
    for (std::size_t i = 0; i < selection.groups.size(); ++i) {
      add_group(backend, selection.groups[i], i, selection.group == i);
    }
    if (selection.draws > 0) {
      add_line(out_, "  shares of the group that serves are from %zu picks that were drawn",
               selection.draws);
    }
    add_targets(backend);
  }

  void add_pick(const BackendExplained& backend, const select::Explanation& selection) {
    if (backend.held_until) {
      const select::Millis wait(*backend.held_until - explained_.now);
      add_line(out_, "  everybody is out: held for %.1f s until the first returns",
               wait.count() / 1000);
    }
    if (selection.likeliest) {
      out_.append("  most likely: '");
      out_.append(backend.plan->endpoints[*selection.likeliest].name).append("' (");
      out_.append(select::reason_name(selection.reason)).append(")\n");
      return;
    }
    out_.append("  nobody would be picked: ").append(select::shortage_name(selection.shortage));
    if (selection.earliest_return) {
      const select::Millis wait(*selection.earliest_return - explained_.now);
      add_line(out_, ", the first returns in %.1f s", wait.count() / 1000);
    } else {
      out_ += '\n';
    }
  }

  void add_group(const BackendExplained& backend, const select::GroupExplanation& group,
                 std::size_t index, bool serves) {
    add_line(out_, "\n  group %zu%s: C = %.0f ms, n = %.0f output tokens", index,
             serves ? ", which serves" : "", group.median_cost_ms, group.output_tokens);
    std::vector<const EndpointExplanation*> rows;
    std::size_t width = 8;
    for (const EndpointExplanation& each : group.endpoints) rows.push_back(&each);
    if (rows.size() > kRowsMax) {
      std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
        return std::pair(b->share(), a->view.index) < std::pair(a->share(), b->view.index);
      });
      rows.resize(kRowsMax);
    }
    for (const EndpointExplanation* row : rows)
      width = std::max(width, cut(name_of(backend, *row)).size());
    const int column = static_cast<int>(width);
    add_line(out_, "  %-*s  %-9s %6s %-11s %8s %7s %6s %7s %6s %5s %6s %9s", column, "endpoint",
             "standing", "share", " why", "cost ms", "ttft", "tpot", "fail", "health", "load",
             "weight", "score");
    for (const EndpointExplanation* row : rows) add_row(backend, *row, column);
    if (group.endpoints.size() > rows.size())
      add_line(out_, "  and %zu more", group.endpoints.size() - rows.size());
    for (const EndpointExplanation* row : rows) add_remarks(backend, *row);
  }

  void add_row(const BackendExplained& backend, const EndpointExplanation& row, int column) {
    const select::CostTerms& terms = row.view.terms;
    add_line(out_, "  %-*s  %-9s %5.1f%%  %-11s %7.0f %7.0f %6.1f %7.0f %6.3f %5.2f %6.2f %9.3g",
             column, cut(name_of(backend, row)).c_str(),
             std::string(select::standing_name(row.standing)).c_str(), 100 * row.share(),
             std::string(main_reason(row)).c_str(), terms.cost_ms, terms.ttft_ms, terms.tpot_ms,
             terms.failure_ms, terms.health, terms.load, terms.weight, terms.score());
  }

  void add_remarks(const BackendExplained& backend, const EndpointExplanation& row) {
    const std::string& name = name_of(backend, row);
    if (const std::string why = standing_text(row); !why.empty())
      out_.append("    ").append(name).append(": ").append(why).append("\n");
    if (row.view.slow_start_share < 1) {
      out_.append("    ").append(name);
      add_line(out_, ": slow start, %.0f %% of its weight", 100 * row.view.slow_start_share);
    }
    if (!row.view.ttft_ms && !row.view.tpot_ms) {
      out_.append("    ").append(name).append(
          ": nothing was measured yet, so it is taken for the median\n");
    }
  }

  void add_targets(const BackendExplained& backend) {
    out_ += "\n  what they are asked:\n";
    std::size_t shown = 0;
    for (const exchange::EndpointPlan& plan : backend.plan->endpoints) {
      if (++shown > kRowsMax) break;
      out_.append("    ").append(plan.name).append(": ");
      out_.append(plan.provider->manifest().key).append(" at ").append(plan.target->key());
      const std::string& model = model_sent(plan, backend, result_.dialect);
      out_.append(", model ").append(model.empty() ? "as the request says" : model);
      if (plan.sets_model(result_.dialect)) out_ += " (set at the provider)";
      if (plan.provider && result_.dialect.route && plan.has_operation(result_.dialect)) {
        out_ += plan.accepts_format(result_.dialect) ? ", untranslated" : ", translated";
      }
      out_ += '\n';
    }
  }

  static const std::string& name_of(const BackendExplained& backend,
                                    const EndpointExplanation& endpoint) {
    return backend.plan->endpoints[endpoint.view.index].name;
  }

  const ExplainedRequest& explained_;
  const exchange::RequestExplained& result_;
  std::string out_;
};

}  // namespace

std::string explain_text(const ExplainedRequest& explained) {
  return ExplainText(explained).run();
}

}  // namespace headgate::cli
