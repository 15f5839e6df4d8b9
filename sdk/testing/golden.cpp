#include "golden.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace hg::testing {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string without_last_newline(std::string text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Compares with the file, or rewrites it.
std::string hold_against(const fs::path& file, const std::string& got) {
  const char* update = std::getenv("HEADGATE_UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") {
    std::ofstream(file, std::ios::binary) << got;
    return {};
  }
  if (!fs::exists(file))
    return file.string() + " is missing (HEADGATE_UPDATE_GOLDEN=1 writes it)\n";
  const std::string wanted = read(file);
  if (wanted == got) return {};
  return file.string() + " differs.\n--- wanted\n" + wanted + "--- got\n" + got + "---\n";
}

struct SseEvent {
  std::string type;
  std::string data;
};

std::vector<SseEvent> cut_events(const std::string& text) {
  std::vector<SseEvent> events;
  std::istringstream lines(text);
  std::string line;
  SseEvent event;
  bool any = false;
  const auto end = [&] {
    if (any) events.push_back(event);
    event = {};
    any = false;
  };
  while (std::getline(lines, line)) {
    if (line.empty()) {
      end();
    } else if (line.rfind("data:", 0) == 0) {
      if (any) event.data += "\n";
      event.data += line.substr(line[5] == ' ' ? 6 : 5);
      any = true;
    } else if (line.rfind("event:", 0) == 0) {
      event.type = line.substr(line[6] == ' ' ? 7 : 6);
    }
  }
  end();
  return events;
}

std::string flag_names(std::uint32_t flags) {
  static constexpr std::string_view kNames[] = {"lifecycle", "meaningful", "error",    "final",
                                                "usage",     "tool",       "not-json", "end"};
  std::string out;
  for (std::size_t bit = 0; bit < 8; ++bit)
    if ((flags >> bit & 1u) != 0) out += (out.empty() ? "" : " ") + std::string(kNames[bit]);
  return out.empty() ? "no flags" : out;
}

std::string usage_line(const Usage& usage) {
  std::string out;
  const auto add = [&](std::string_view name, const std::optional<std::uint64_t>& count) {
    if (count) out += " " + std::string(name) + "=" + std::to_string(*count);
  };
  add("input", usage.input);
  add("output", usage.output);
  add("cache_read", usage.cache_read);
  add("cache_write", usage.cache_write);
  add("reasoning", usage.reasoning);
  return "# tokens:" + (out.empty() ? " none" : out) + "\n";
}

std::string verdict_text(const ProviderRun::Verdict& verdict) {
  static constexpr std::string_view kNext[] = {"elsewhere", "here", "wait", "never"};
  static constexpr std::string_view kExclude[] = {"no", "yes", "model"};
  static constexpr std::string_view kHealth[] = {"failure", "neutral", "success"};
  static constexpr std::string_view kScope[] = {"none", "endpoint", "key", "model", "key_model"};
  std::string out = "next: " + std::string(kNext[verdict.next]);
  out += "\nexclude: " + std::string(kExclude[verdict.exclude]);
  out += "\nhealth: " + std::string(kHealth[verdict.health]);
  out += "\nscope: " + std::string(kScope[verdict.scope]);
  out += "\nstatus: " + std::to_string(verdict.status);
  if (verdict.retry_after) out += "\nretry_after: " + std::to_string(*verdict.retry_after) + " ms";
  if (!verdict.code.empty()) out += "\ncode: " + verdict.code;
  if (!verdict.message.empty()) out += "\nmessage: " + verdict.message;
  return out + "\n";
}

std::string payload(const std::string& type, const std::string& data) {
  return (type.empty() ? "" : "event: " + type + "\n") + "data: " + data + "\n\n";
}

// What the client gets of one event.
std::string passed_on(const SseEvent& event, const EventResult& result) {
  if (result.action == HG_ABORT) return "# abort\n";
  std::string out;
  for (const Emitted& emitted : result.emitted) out += payload(emitted.type, emitted.data);
  const bool end = (result.flags & HG_EVENT_END) != 0;
  if (result.action == HG_CONTINUE && !end) out += payload(event.type, event.data);
  return out;
}

// One case: its request is built anew for each run.
class Case {
 public:
  Case(FakeHost& host, std::string_view id, const fs::path& folder)
      : folder_(folder),
        instance_(host, id,
                  fs::exists(folder / "config.json")
                      ? without_last_newline(read(folder / "config.json"))
                      : "{}"),
        request_(without_last_newline(read(folder / "request.in"))) {
    if (!instance_.ok()) throw std::runtime_error("the configuration is refused: " + why(host));
  }

  std::string request() {
    Attempt attempt(*this);
    if (attempt.built != HG_CONTINUE) {
      if (!attempt.call.answer) return "abort without a reason\n";
      const Answer& answer = *attempt.call.answer;
      return "refused: " + std::to_string(answer.status) + " " + answer.code + ": " +
             answer.message + "\n";
    }
    const FakeMessage& out = attempt.call.upstream();
    std::string text = out.method + " " + out.target + "\n";
    for (const auto& [name, value] : out.headers) text += name + ": " + value + "\n";
    return text + "\n" + out.body + "\n";
  }

  std::string response(const std::string& body) {
    Attempt attempt(*this);
    attempt.run.on_head(200, "application/json");
    const std::int32_t result = attempt.run.on_body(body);
    if (result == HG_ABORT) return "abort\n";
    return attempt.call.response().body + "\n" + usage_line(attempt.call.usage);
  }

  // The stream as the golden file shows it.
  std::string stream(const std::vector<SseEvent>& events) {
    Attempt attempt(*this);
    attempt.run.on_head(200, "text/event-stream");
    std::string out;
    bool committed = false;
    for (const SseEvent& event : events) {
      const EventResult result = attempt.run.on_event(event.data, committed, event.type);
      committed = committed || (result.flags & HG_EVENT_MEANINGFUL) != 0;
      out += "# " + flag_names(result.flags) + "\n" + passed_on(event, result);
      if ((result.flags & HG_EVENT_ERROR) != 0)
        out += verdict_text(attempt.run.classify(HG_FAILURE_EVENT, 200, event.data));
    }
    const EventResult end = attempt.run.on_end();
    out += "# at the end: " + flag_names(end.flags) + "\n" + passed_on({}, at_end(end));
    return out + usage_line(attempt.call.usage);
  }

  // What the client gets of the first `count` events and the end, and the tokens. With `filtered`,
  // events behind the first that means something are only shown if a literal is in them.
  std::string client_side(const std::vector<SseEvent>& events, std::size_t count, bool filtered,
                          std::uint32_t reason) {
    Attempt attempt(*this);
    attempt.run.on_head(200, "text/event-stream");
    std::string out;
    bool committed = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (filtered && committed && !attempt.run.shows(events[i].data)) {
        out += payload(events[i].type, events[i].data);
        continue;
      }
      const EventResult result = attempt.run.on_event(events[i].data, committed, events[i].type);
      committed = committed || (result.flags & HG_EVENT_MEANINGFUL) != 0;
      out += passed_on(events[i], result);
    }
    if (reason == HG_END_CUT) {
      attempt.run.on_end(reason);  // must not crash; what it emits is not compared
      return out;
    }
    return out + passed_on({}, at_end(attempt.run.on_end(reason))) + usage_line(attempt.call.usage);
  }

  std::string error(const std::string& text) {
    Attempt attempt(*this);
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);
    const auto status = static_cast<std::uint32_t>(std::stoul(line));
    std::optional<std::uint64_t> retry_after;
    while (std::getline(lines, line) && !line.empty()) {
      const std::size_t colon = line.find(": ");
      if (colon == std::string::npos) throw std::runtime_error("error.in: not a header: " + line);
      const std::string name = line.substr(0, colon);
      attempt.call.response().headers.emplace_back(name, line.substr(colon + 2));
      if (name == "retry-after") retry_after = std::stoull(line.substr(colon + 2)) * 1000;
    }
    std::ostringstream body;
    body << lines.rdbuf();
    return verdict_text(attempt.run.classify(HG_FAILURE_STATUS, status,
                                             without_last_newline(body.str()), retry_after));
  }

 private:
  struct Attempt {
    explicit Attempt(Case& of) : call(of.request_), run(of.instance_, call) {
      FakeCredential key;
      key.kind = HG_CREDENTIAL_KEY;
      key.value = "golden-key";
      built = run.build();
      if (built == HG_CONTINUE) run.sign(key);
    }
    hg_call call;
    ProviderRun run;
    std::int32_t built = HG_ABORT;
  };

  // There is no event to pass at the end, only what was emitted.
  static EventResult at_end(EventResult result) {
    if (result.action == HG_CONTINUE) result.action = HG_REPLACED;
    return result;
  }
  static std::string why(const FakeHost& host) {
    std::string out;
    for (const ConfigFault& fault : host.faults) out += fault.pointer + " " + fault.message + "; ";
    return out;
  }

  fs::path folder_;
  Instance instance_;
  std::string request_;
};

std::string run_stream(Case& golden, const fs::path& folder) {
  const std::vector<SseEvent> events = cut_events(read(folder / "stream.in"));
  std::string differences = hold_against(folder / "stream.out", golden.stream(events));
  const std::string whole = golden.client_side(events, events.size(), false, HG_END_COMPLETE);
  const std::string filtered = golden.client_side(events, events.size(), true, HG_END_COMPLETE);
  if (whole != filtered)
    differences += "the literals hide something.\n--- all shown\n" + whole + "--- filtered\n" +
                   filtered + "---\n";
  for (std::size_t count = 0; count < events.size(); ++count) {
    const std::string cut = golden.client_side(events, count, true, HG_END_CUT);
    if (whole.compare(0, cut.size(), cut) != 0)
      differences += "cut behind event " + std::to_string(count) + ":\n" + cut + "---\n";
  }
  return differences;
}

}  // namespace

std::vector<fs::path> golden_cases(const fs::path& golden) {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(golden))
    if (entry.is_directory()) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  if (cases.empty()) throw std::runtime_error("no golden cases in " + golden.string());
  return cases;
}

std::string run_golden(FakeHost& host, std::string_view id, const fs::path& folder) {
  if (!fs::exists(folder / "request.in")) return folder.string() + " has no request.in\n";
  Case golden(host, id, folder);
  std::string differences = hold_against(folder / "request.out", golden.request());
  if (fs::exists(folder / "response.in"))
    differences +=
        hold_against(folder / "response.out",
                     golden.response(without_last_newline(read(folder / "response.in"))));
  if (fs::exists(folder / "stream.in")) differences += run_stream(golden, folder);
  if (fs::exists(folder / "error.in"))
    differences += hold_against(folder / "error.out", golden.error(read(folder / "error.in")));
  return differences;
}

}  // namespace hg::testing
