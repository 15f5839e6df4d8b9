#include "core/net/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

#include "core/net/listener.hpp"

namespace headgate::net {
namespace {

TEST(Worker, RunsWhatIsPostedOnItsOwnThreadInOrder) {
  RealClock clock;
  Worker worker(3, clock, WorkerOptions());
  EXPECT_EQ(worker.index(), 3u);
  worker.start();
  std::vector<int> order;
  std::promise<std::thread::id> where;
  for (int i = 0; i < 100; ++i) worker.post([&order, i] { order.push_back(i); });
  worker.post([&where] { where.set_value(std::this_thread::get_id()); });
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  worker.stop();
  worker.join();
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Worker, GoesOnAfterAHandlerThrew) {
  RealClock clock;
  Worker worker(0, clock, WorkerOptions());
  worker.start();
  std::promise<void> alive;
  worker.post([] { throw std::runtime_error("a bug of this test"); });
  worker.post([&alive] { alive.set_value(); });
  alive.get_future().get();
}

Task<void> fail() {
  throw std::runtime_error("another bug of this test");
  co_return;
}

TEST(Worker, GoesOnAfterATaskThrew) {
  RealClock clock;
  Worker worker(0, clock, WorkerOptions());
  worker.start();
  std::promise<void> alive;
  worker.post([&] {
    spawn(worker.io(), fail());
    worker.post([&alive] { alive.set_value(); });
  });
  alive.get_future().get();
}

Task<void> hold(Worker& worker, std::shared_ptr<int> token, std::promise<void>& begun) {
  begun.set_value();
  co_await sleep_until(worker.sweep(), worker.clock().now() + std::chrono::hours(1));
  *token = 1;
}

TEST(Worker, DestroysTasksThatStillWaitWhenItEnds) {
  RealClock clock;
  auto token = std::make_shared<int>(0);
  {
    Worker worker(0, clock, WorkerOptions());
    worker.start();
    std::promise<void> begun;
    worker.post([&] { spawn(worker.io(), hold(worker, token, begun)); });
    begun.get_future().get();
  }
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(*token, 0);
}

Task<void> echo_once(std::shared_ptr<ByteStream> stream) {
  char buffer[16];
  const ReadResult in = co_await stream->read_some(std::span<char>(buffer));
  const std::string_view text(buffer, in.bytes);
  co_await write(*stream, text);
}

Task<void> ask(Worker& worker, std::uint16_t port, std::promise<std::string>& answer) {
  ConnectOptions where("localhost", port, worker.clock().now() + std::chrono::seconds(10));
  auto stream = co_await worker.connector().connect(std::move(where));
  if (!stream) {
    answer.set_value(stream.error().message);
    co_return;
  }
  co_await write(**stream, "ping");
  char buffer[16];
  const ReadResult in = co_await (*stream)->read_some(std::span<char>(buffer));
  answer.set_value(std::string(buffer, in.bytes));
}

// Two workers, one port, connections across: what the thread sanitizer is to see.
TEST(Worker, SeveralServeOnePortAtATime) {
  RealClock clock;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::unique_ptr<Listener>> listeners(2);
  auto sockets = open_listen_sockets("127.0.0.1", 0, 2);
  const std::uint16_t port = (*sockets)[0].port;
  for (std::size_t i = 0; i < 2; ++i) {
    workers.push_back(std::make_unique<Worker>(i, clock, WorkerOptions()));
    Worker& worker = *workers.back();
    worker.start();
    worker.post([&worker, &listeners, &sockets, i] {
      listeners[i] = std::make_unique<Listener>(
          worker.sweep(), std::move((*sockets)[i]), ListenerOptions(),
          [&worker](std::unique_ptr<ByteStream> stream) {
            spawn(worker.io(), echo_once(std::shared_ptr<ByteStream>(std::move(stream))));
          });
      listeners[i]->start();
    });
  }
  std::vector<std::promise<std::string>> answers(20);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Worker& worker = *workers[i % 2];
    worker.post(
        [&worker, port, &answer = answers[i]] { spawn(worker.io(), ask(worker, port, answer)); });
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get_future().get(), "ping");
  for (std::size_t i = 0; i < 2; ++i) {
    workers[i]->stop();
    workers[i]->join();
    workers[i]->destroy_tasks();
  }
  listeners.clear();
}

}  // namespace
}  // namespace headgate::net
