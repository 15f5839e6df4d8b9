#include "core/upstream/pool.hpp"

#include <algorithm>
#include <utility>

namespace headgate::upstream {
namespace {

// Of a stream, from its beginning: what sending on it touches. An object that is smaller does no
// harm here.
constexpr std::size_t kStreamBytes = 320;

}  // namespace

Pool::Pool(net::DeadlineSweep& sweep, net::Connector& connector, PoolOptions options)
    : sweep_(sweep),
      connector_(connector),
      options_(options),
      idle_deadline_(sweep, [this] { sweep_idle(); }) {}

Pool::~Pool() = default;

net::Task<Result<std::unique_ptr<Connection>>> Pool::acquire(const Target& target,
                                                             AcquireOptions options) {
  if (!options.fresh) {
    if (auto connection = take_idle(target)) co_return std::move(connection);
  }
  net::ConnectOptions connect(target.host(), target.port(), options.connect_deadline);
  connect.unix_path = target.unix_path();
  connect.tls = target.tls();
  connect.tls_name = target.tls_name();
  connect.cancel = options.cancel;
  const std::size_t index = target.index();
  auto stream = co_await connector_.connect(std::move(connect));
  if (!stream) co_return std::move(stream.error());
  co_return std::make_unique<Connection>(std::move(*stream), index, &read_memory_);
}

void Pool::fetch_idle(const Target& target) const {
  if (target.index() >= lists_.size() || lists_[target.index()].empty()) return;
  net::Footprint::fetch(&lists_[target.index()].back()->stream(), kStreamBytes);
}

std::unique_ptr<Connection> Pool::take_idle(const Target& target) {
  if (target.index() >= lists_.size()) return nullptr;
  IdleList& list = lists_[target.index()];
  if (list.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(list.back());
  list.pop_back();
  --idle_total_;
  if (!list.empty()) net::Footprint::fetch(list.back().get(), sizeof(Connection));
  connection->stream().unwatch_peer();
  return connection;
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  ++connection->requests_served;
  if (!connection->buffer().empty() || options_.pool_size_max == 0 ||
      connection->requests_served >= options_.requests_per_connection_max) {
    return;
  }
  const std::size_t index = connection->target_index_;
  if (index >= lists_.size()) lists_.resize(index + 1);
  IdleList& list = lists_[index];
  if (list.size() >= options_.pool_size_max) return;

  connection->buffer().release();
  connection->idle_since_ = sweep_.clock().now();
  connection->stream().watch_peer([this, idle = connection.get()] { drop(idle); });
  if (!idle_deadline_.armed()) {
    idle_deadline_.arm(connection->idle_since_ + options_.idle_timeout);
  }
  list.push_back(std::move(connection));
  ++idle_total_;
}

// The upstream has closed it.
void Pool::drop(Connection* connection) {
  IdleList& list = lists_[connection->target_index_];
  const auto found = std::find_if(list.begin(), list.end(), [connection](const auto& idle) {
    return idle.get() == connection;
  });
  if (found == list.end()) return;
  list.erase(found);
  --idle_total_;
}

void Pool::sweep_idle() {
  const TimePoint overdue = sweep_.clock().now() - options_.idle_timeout;
  TimePoint oldest = TimePoint::max();
  for (IdleList& list : lists_) {
    const auto alive = std::find_if(list.begin(), list.end(), [overdue](const auto& idle) {
      return idle->idle_since_ > overdue;
    });
    idle_total_ -= static_cast<std::size_t>(alive - list.begin());
    list.erase(list.begin(), alive);
    if (list.empty()) {
      IdleList().swap(list);  // the target may be gone for good
    } else {
      oldest = std::min(oldest, list.front()->idle_since_);
    }
  }
  if (idle_total_ > 0) idle_deadline_.arm(oldest + options_.idle_timeout);
}

void Pool::set_options(PoolOptions options) {
  options_ = options;
  for (IdleList& list : lists_) {
    if (list.size() <= options_.pool_size_max) continue;
    const std::size_t surplus = list.size() - options_.pool_size_max;
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(surplus));
    idle_total_ -= surplus;
  }
  sweep_idle();
}

void Pool::close_idle() {
  for (IdleList& list : lists_) list.clear();
  idle_total_ = 0;
  idle_deadline_.disarm();
}

std::size_t Pool::idle(const Target& target) const {
  return target.index() < lists_.size() ? lists_[target.index()].size() : 0;
}

}  // namespace headgate::upstream
