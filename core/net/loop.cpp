#include "core/net/loop.hpp"

#include <boost/asio/detail/concurrency_hint.hpp>

namespace headgate::net {

Loop::Loop() : IoContext(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO) {}

}  // namespace headgate::net
