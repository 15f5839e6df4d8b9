#include "tests/core/exchange/exchange_fixture.hpp"

#include <algorithm>
#include <cctype>

#include "core/exchange/snapshot_builder.hpp"
#include "core/plugin/config_keys.hpp"
#include "core/select/cell.hpp"

namespace headgate::exchange {
namespace {

class Lines final : public observe::LogSink {
 public:
  explicit Lines(std::vector<std::string>& into) : into_(into) {}
  bool write(std::string_view lines, const std::atomic<bool>&) override {
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      into_.emplace_back(lines.substr(0, end));
      lines.remove_prefix(end + 1);
    }
    return true;
  }

 private:
  std::vector<std::string>& into_;
};

void replace_all(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), by);
}

std::string without_chunks(std::string_view bytes, bool& complete) {
  std::string body;
  for (;;) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) return body;
    const std::size_t size = std::stoul(std::string(bytes.substr(0, end)), nullptr, 16);
    complete = size == 0 && bytes.substr(end) == "\r\n\r\n";
    if (size == 0 || bytes.size() < end + 4 + size) return body;
    body += bytes.substr(end + 2, size);
    bytes.remove_prefix(end + 4 + size);
  }
}

}  // namespace

std::string Got::header(std::string_view lower_name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos && at + 4 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name == lower_name) return line.substr(colon + 2);
    at = end;
  }
  return {};
}

Got read_answer(std::string_view bytes, bool head_request) {
  Got got;
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return got;
  got.head = bytes.substr(0, head + 4);
  got.status = std::stoi(got.head.substr(9, 3));
  const std::string_view rest = bytes.substr(head + 4);
  if (got.status < 200) return read_answer(rest, head_request);
  const std::string length = got.header("content-length");
  if (head_request) {
    got.complete = rest.empty();
  } else if (got.header("transfer-encoding") == "chunked") {
    got.body = without_chunks(rest, got.complete);
  } else {
    got.body = rest;
    got.complete = length.empty() || got.body.size() == std::stoul(length);
  }
  return got;
}

std::string post(const std::string& body, const std::string& more_headers) {
  return "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\n"
         "content-type: application/json\r\ncontent-length: " +
         std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body;
}

ExchangeTest::ExchangeTest() {
  const std::string problems =
      engine.load_plugins({HEADGATE_BINARY_DIR "/lib/headgate/plugins", HEADGATE_TEST_PLUGINS});
  if (!problems.empty()) throw std::runtime_error(problems);
  worker = std::make_unique<net::Worker>(0, clock, net::WorkerOptions());
  pool = std::make_unique<upstream::Pool>(worker->sweep(), worker->connector(),
                                          upstream::PoolOptions());
  observe::AccessLogOptions options;
  options.format = log::Format::json;
  access_log = std::make_unique<observe::AccessLog>(options, 1, std::make_unique<Lines>(log_lines));
  context = std::make_unique<WorkerContext>(*worker, *pool, engine.metric_registry.worker(0),
                                            access_log->worker(0), budgets, bodies, engine.wakers);
  a = std::make_unique<FakeUpstream>(worker->sweep());
  b = std::make_unique<FakeUpstream>(worker->sweep());
}

ExchangeTest::~ExchangeTest() {
  worker->destroy_tasks();
  drop_snapshot();
}

void ExchangeTest::drop_snapshot() {
  if (!loaded_) return;
  for (const auto& instance : loaded_->instances) instance->stop_worker(0);
  loaded_ = nullptr;
  context->serve(nullptr);
}

BuiltSnapshot ExchangeTest::build(const std::string& yaml) {
  std::string text = yaml;
  replace_all(text, "$A", std::to_string(a->port()));
  replace_all(text, "$B", std::to_string(b->port()));
  config::Environment environment;
  environment.variable = [](std::string_view) { return std::nullopt; };
  environment.read_file = [](const std::string&) {
    return config::FileContent{std::nullopt, "No such file or directory"};
  };
  config::LoadedConfig config =
      config::load_config(text, "test.yaml", plugin::config_keys(engine.plugins), environment);
  if (config) return build_snapshot(engine.sources(), config.config);
  BuiltSnapshot none;
  none.faults = config.faults;
  return none;
}

void ExchangeTest::load(const std::string& yaml) {
  BuiltSnapshot built = build(yaml);
  ASSERT_TRUE(built.snapshot) << config::to_string(built.faults);
  for (const auto& instance : built.snapshot->instances) ASSERT_TRUE(instance->start_worker(0));
  drop_snapshot();
  loaded_ = built.snapshot.get();
  context->serve(std::move(built.snapshot));
}

std::string ExchangeTest::faults_of(const std::string& yaml) {
  return config::to_string(build(yaml).faults);
}

std::string ExchangeTest::two_groups(const std::string& policies) {
  return R"(
binds:
- port: 3000
  listeners:
  - routes:
    - policies: )" +
         policies + R"(
      backends:
      - ai:
          groups:
          - providers:
            - name: one
              provider: {openAI: {}}
              hostOverride: 127.0.0.1:$A
              backendAuth: {key: key-of-one}
          - providers:
            - name: two
              provider: {openAI: {}}
              hostOverride: 127.0.0.1:$B
              backendAuth: {key: key-of-two}
)";
}

ScriptedPeer& ExchangeTest::connect() {
  ScriptedPeer& peer = peers.emplace_back(worker->io());
  net::spawn(worker->io(), serve_connection(*context, peer.stream(), 3000));
  return peer;
}

std::string ExchangeTest::ask(const std::string& request) {
  ScriptedPeer& peer = connect();
  peer.send(request);
  run_until([&] { return peer.ended() || read_answer(peer.received()).complete; });
  peer.end();
  run_until([&] { return peer.closed(); });
  return peer.received();
}

void ExchangeTest::turn() {
  net::IoContext& io = worker->io();
  io.restart();
  if (io.poll() > 0) return;
  io.restart();
  if (io.run_one_for(std::chrono::milliseconds(1)) == 0) advance(std::chrono::milliseconds(1));
}

void ExchangeTest::settle() {
  net::IoContext& io = worker->io();
  for (int quiet = 0; quiet < 3;) {
    io.restart();
    quiet = io.run_one_for(std::chrono::milliseconds(1)) == 0 ? quiet + 1 : 0;
  }
}

void ExchangeTest::advance(std::chrono::nanoseconds by) {
  clock.advance(by);
  worker->sweep().expire(clock.now());
}

std::int64_t ExchangeTest::in_flight() const {
  std::int64_t sum = 0;
  for (const RoutePlan& route : loaded_->plans) {
    for (const BackendPlan& backend : route.backends) {
      for (std::size_t i = 0; i < backend.endpoints.size(); ++i)
        sum += backend.set->endpoint(i).base_cell().load.requests();
    }
  }
  return sum;
}

std::vector<std::string> ExchangeTest::records() {
  access_log->drain();
  return std::exchange(log_lines, {});
}

}  // namespace headgate::exchange
