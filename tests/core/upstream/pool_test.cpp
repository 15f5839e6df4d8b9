#include "core/upstream/pool.hpp"

#include <netinet/in.h>

#include <boost/asio/error.hpp>
#include <optional>
#include <vector>

#include "core/net/listener.hpp"
#include "tests/core/net/net_test.hpp"

namespace headgate::upstream {
namespace {

using std::chrono::seconds;

// Tells whether anybody watches its peer.
class WatchedStream final : public net::ByteStream {
 public:
  explicit WatchedStream(bool& watched) : watched_(watched) {}

  net::Task<net::ReadResult> read_some(std::span<char>) override {
    co_return net::ReadResult(boost::asio::error::eof, 0);
  }
  net::Task<net::ErrorCode> write(std::span<const std::string_view>) override {
    co_return net::ErrorCode(boost::asio::error::broken_pipe);
  }
  void cancel_read() override {}
  void close() override {}
  net::Task<void> shutdown_send() override { co_return; }
  void watch_peer(std::function<void()>) override { watched_ = true; }
  void unwatch_peer() override { watched_ = false; }
  const std::string& remote_address() const override { return name_; }
  const std::string& remote_ip() const override { return name_; }

 private:
  bool& watched_;
  std::string name_ = "watched";
};

class PoolTest : public net::NetTest {
 protected:
  PoolTest() {
    auto sockets = net::open_listen_sockets("127.0.0.1", 0, 1);
    const std::uint16_t port = (*sockets)[0].port;
    listener.emplace(
        sweep, std::move((*sockets)[0]), net::ListenerOptions(),
        [this](std::unique_ptr<net::ByteStream> stream) { accepted.push_back(std::move(stream)); });
    listener->start();
    TargetOptions place;
    place.host = "127.0.0.1";
    place.port = port;
    target = table.intern(place);
    place.host = "localhost";
    other = table.intern(place);
  }
  ~PoolTest() override { loop.destroy_tasks(); }

  std::unique_ptr<Connection> acquire(const Target& from, bool fresh = false) {
    const AcquireOptions options(clock.now() + seconds(10), fresh);
    auto connection = run(pool->acquire(from, options));
    EXPECT_TRUE(connection.ok());
    return connection ? std::move(*connection) : nullptr;
  }
  void make_pool(PoolOptions options) { pool.emplace(sweep, connector, options); }

  net::Resolver resolver{sweep, net::ResolverOptions()};
  net::Connector connector{sweep, resolver, net::ConnectorOptions()};
  TargetTable table;
  std::shared_ptr<const Target> target;
  std::shared_ptr<const Target> other;
  std::vector<std::unique_ptr<net::ByteStream>> accepted;
  std::optional<net::Listener> listener;
  std::optional<Pool> pool{std::in_place, sweep, connector, PoolOptions()};
};

TEST_F(PoolTest, ReusesTheConnectionThatBecameIdleLast) {
  auto first = acquire(*target);
  auto second = acquire(*target);
  EXPECT_FALSE(first->reused());
  net::ByteStream* const last = &first->stream();
  pool->give_back(std::move(second));
  pool->give_back(std::move(first));
  EXPECT_EQ(pool->idle(), 2u);
  auto again = acquire(*target);
  EXPECT_EQ(&again->stream(), last);
  EXPECT_TRUE(again->reused());
  EXPECT_EQ(again->requests_served, 1u);
  EXPECT_EQ(pool->idle(*target), 1u);
}

TEST_F(PoolTest, NeverSharesBetweenTargets) {
  pool->give_back(acquire(*target));
  EXPECT_EQ(pool->take_idle(*other), nullptr);
  EXPECT_EQ(pool->idle(*other), 0u);
  EXPECT_NE(pool->take_idle(*target), nullptr);
}

TEST_F(PoolTest, TakesNothingByFetchingAheadWhetherOrNotThereIsOne) {
  pool->fetch_idle(*target);
  pool->give_back(acquire(*target));
  pool->fetch_idle(*target);
  pool->fetch_idle(*other);
  EXPECT_EQ(pool->idle(*target), 1u);
  EXPECT_NE(pool->take_idle(*target), nullptr);
  pool->fetch_idle(*target);
}

TEST_F(PoolTest, MakesAFreshOneWhenAskedTo) {
  pool->give_back(acquire(*target));
  EXPECT_FALSE(acquire(*target, true)->reused());
  EXPECT_EQ(pool->idle(*target), 1u);
}

TEST_F(PoolTest, KeepsNoMoreThanItsSize) {
  PoolOptions options;
  options.pool_size_max = 2;
  make_pool(options);
  auto a = acquire(*target);
  auto b = acquire(*target);
  auto c = acquire(*target);
  pool->give_back(std::move(a));
  pool->give_back(std::move(b));
  pool->give_back(std::move(c));
  EXPECT_EQ(pool->idle(), 2u);
  run_until([this] { return accepted.size() == 3; });
  EXPECT_EQ(read_text(*accepted[2]), "(End of file)");
}

TEST_F(PoolTest, DropsWhatWasIdleTooLongAndKeepsTheRest) {
  auto old = acquire(*target);
  auto young = acquire(*target);
  pool->give_back(std::move(old));
  advance(seconds(60));
  pool->give_back(std::move(young));
  advance(seconds(29));
  EXPECT_EQ(pool->idle(), 2u);
  advance(seconds(1));
  EXPECT_EQ(pool->idle(), 1u);
  advance(seconds(59));
  EXPECT_EQ(pool->idle(), 1u);
  advance(seconds(1));
  EXPECT_EQ(pool->idle(), 0u);
}

TEST_F(PoolTest, ForgetsAnIdleConnectionThatTheUpstreamCloses) {
  pool->give_back(acquire(*target));
  run_until([this] { return accepted.size() == 1; });
  accepted.clear();
  run_until([this] { return pool->idle() == 0; });
  EXPECT_EQ(pool->take_idle(*target), nullptr);
}

TEST_F(PoolTest, WatchesAConnectionWhileItIsIdleAndOnlyThen) {
  bool watched = false;
  pool->give_back(
      std::make_unique<Connection>(std::make_unique<WatchedStream>(watched), target->index()));
  EXPECT_TRUE(watched);
  const auto used = pool->take_idle(*target);
  EXPECT_FALSE(watched);
}

TEST_F(PoolTest, ClosesAConnectionWithBytesThatNobodyAskedFor) {
  auto connection = acquire(*target);
  connection->buffer().space(1);
  connection->buffer().commit(1);
  pool->give_back(std::move(connection));
  EXPECT_EQ(pool->idle(), 0u);
}

TEST_F(PoolTest, RetiresAConnectionAfterItsShareOfRequests) {
  PoolOptions options;
  options.requests_per_connection_max = 2;
  make_pool(options);
  pool->give_back(acquire(*target));
  EXPECT_EQ(pool->idle(), 1u);
  pool->give_back(acquire(*target));
  EXPECT_EQ(pool->idle(), 0u);
}

TEST_F(PoolTest, SmallerLimitsApplyToWhatIsIdle) {
  auto a = acquire(*target);
  auto b = acquire(*target);
  auto c = acquire(*other);
  pool->give_back(std::move(a));
  pool->give_back(std::move(b));
  pool->give_back(std::move(c));
  PoolOptions options;
  options.pool_size_max = 1;
  pool->set_options(options);
  EXPECT_EQ(pool->idle(*target), 1u);
  EXPECT_EQ(pool->idle(*other), 1u);
  pool->close_idle();
  EXPECT_EQ(pool->idle(), 0u);
}

TEST_F(PoolTest, PassesOnWhyAConnectionCannotBeMade) {
  listener.reset();
  const AcquireOptions options(clock.now() + seconds(10));
  auto refused = run(pool->acquire(*target, options));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "connect_refused");
}

}  // namespace
}  // namespace headgate::upstream
