#include "tests/tools/upstream-sim/simulator.hpp"

#include <boost/json.hpp>

namespace sim {
namespace {

namespace json = boost::json;

// A knob's value as the text that its setter takes.
std::string value_text(const json::value& value) {
  if (const json::string* const text = value.if_string()) return std::string(*text);
  return json::serialize(value);
}

std::string set_knob(Behaviour& behaviour, std::string_view name, const json::value& value) {
  const Knob* const knob = find_knob(name);
  if (knob == nullptr) return "unknown knob '" + std::string(name) + "'";
  if (!knob->set(behaviour, value_text(value))) {
    return "bad value for '" + std::string(name) + "': " + json::serialize(value);
  }
  return {};
}

std::string read_rule(const json::value& value, Rule& rule) {
  if (!value.is_object()) return "a rule is an object";
  Behaviour scratch;  // finds bad values now, not when the rule strikes
  for (const auto& [key, field] : value.as_object()) {
    const std::string text = value_text(field);
    std::int64_t count = 0;
    if (key == "match") {
      rule.match = text;
    } else if (key == "matchBody") {
      rule.match_body = text;
    } else if (key == "times" && parse_count(text, count)) {
      rule.times = count;
    } else if (key == "skip" && parse_count(text, count)) {
      rule.skip = count;
    } else if (key == "forMs" && parse_count(text, count)) {
      rule.until = std::chrono::steady_clock::now() + Milliseconds(count);
    } else {
      const std::string_view name(key.data(), key.size());
      std::string fault = set_knob(scratch, name, field);
      if (!fault.empty()) return fault;
      rule.knobs.emplace_back(find_knob(name), text);
    }
  }
  return {};
}

json::object record_json(const Record& record) {
  json::array headers;
  for (const auto& [name, value] : record.headers) headers.push_back(json::array{name, value});
  return json::object{{"number", record.number},
                      {"listener", record.arrival.listener},
                      {"serverName", record.arrival.server_name},
                      {"connection", record.arrival.connection},
                      {"method", record.method},
                      {"target", record.target},
                      {"headers", std::move(headers)},
                      {"body", record.body},
                      {"bodyBytes", record.body_bytes},
                      {"atMs", record.at_ms},
                      {"endedAtMs", record.ended_at_ms},
                      {"status", record.status},
                      {"outcome", record.outcome},
                      {"tokensSent", record.tokens_sent},
                      {"bytesSent", record.bytes_sent}};
}

}  // namespace

Simulator::Simulator(Identity identity, Behaviour start, std::size_t records_max)
    : identity_(std::move(identity)), start_(std::move(start)), records_max_(records_max) {
  auto settings = std::make_shared<Settings>();
  settings->base = start_;
  settings_ = std::move(settings);
}

std::shared_ptr<const Settings> Simulator::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

std::optional<std::string> Simulator::configure(std::string_view text) {
  boost::system::error_code error;
  const json::value root = json::parse(text, error);
  if (error || !root.is_object()) return "the body is a JSON object of knobs";
  const json::object& object = root.as_object();

  auto next = std::make_shared<Settings>(*settings());
  if (const json::value* const reset = object.if_contains("reset")) {
    if (*reset == json::value(true)) {
      next->base = start_;
      next->rules.clear();
    }
  }
  for (const auto& [key, value] : object) {
    if (key == "reset") continue;
    if (key == "rules") {
      if (!value.is_array()) return "'rules' is a list";
      next->rules.clear();
      for (const json::value& item : value.as_array()) {
        auto rule = std::make_shared<Rule>();
        std::string fault = read_rule(item, *rule);
        if (!fault.empty()) return fault;
        next->rules.push_back(std::move(rule));
      }
      continue;
    }
    std::string fault = set_knob(next->base, std::string_view(key.data(), key.size()), value);
    if (!fault.empty()) return fault;
  }
  const std::lock_guard lock(mutex_);
  settings_ = std::move(next);
  generation_.fetch_add(1, std::memory_order_release);
  return std::nullopt;
}

std::string Simulator::stats_json() const {
  json::object out;
  out["name"] = identity_.name;
  out["nowMs"] = now_ms();
  out["connections"] = connections_.load();
  out["connectionsOpen"] = connections_open_.load();
  const std::lock_guard lock(mutex_);
  out["requests"] = requests_;
  json::object by_path;
  for (const auto& [path, count] : requests_by_path_) by_path[path] = count;
  out["requestsByPath"] = std::move(by_path);
  json::array records;
  for (const Record& record : records_) records.push_back(record_json(record));
  out["records"] = std::move(records);
  return json::serialize(out);
}

void Simulator::forget() {
  const std::lock_guard lock(mutex_);
  requests_ = 0;
  requests_by_path_.clear();
  records_.clear();
}

std::uint64_t Simulator::connection_opened() {
  connections_open_.fetch_add(1);
  return connections_.fetch_add(1) + 1;
}

void Simulator::connection_closed() {
  connections_open_.fetch_sub(1);
}

std::uint64_t Simulator::arrived(const RequestHead& head, std::string_view body,
                                 const Arrival& arrival) {
  constexpr std::size_t kPathsMax = 1000;
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  const std::lock_guard lock(mutex_);
  ++requests_;
  const auto found = requests_by_path_.find(path);
  if (found != requests_by_path_.end()) {
    ++found->second;
  } else if (requests_by_path_.size() < kPathsMax) {
    requests_by_path_.emplace(path, 1);
  }
  if (records_max_ == 0) return 0;
  Record record;
  record.number = requests_;
  record.arrival = arrival;
  record.method = head.method;
  record.target = head.target;
  for (const auto& [name, value] : head.headers) record.headers.emplace_back(name, value);
  record.body = body.substr(0, kRecordedBodyMax);
  record.body_bytes = body.size();
  record.at_ms = now_ms();
  records_.push_back(std::move(record));
  if (records_.size() > records_max_) records_.pop_front();
  return requests_;
}

void Simulator::ended(std::uint64_t number, std::int64_t status, std::string_view outcome,
                      std::int64_t tokens_sent, std::uint64_t bytes_sent) {
  if (number == 0) return;
  const std::lock_guard lock(mutex_);
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (record->number != number) continue;
    record->status = status;
    record->outcome = outcome;
    record->tokens_sent = tokens_sent;
    record->bytes_sent = bytes_sent;
    record->ended_at_ms = now_ms();
    return;
  }
}

std::int64_t Simulator::now_ms() const {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - started_)
      .count();
}

}  // namespace sim
