#pragma once
// One connection: requests in, replies out, one after the other.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "tests/tools/upstream-sim/reply.hpp"
#include "tests/tools/upstream-sim/simulator.hpp"

namespace boost::asio::ssl {
class context;
}

namespace sim {

// TCP and Unix sockets alike.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;

// What a connection is given by its listener. What it refers to outlives the connection.
struct Surroundings {
  Simulator& simulator;
  Replies& replies;
  std::string listener;
  std::shared_ptr<boost::asio::ssl::context> tls;  // none: plain
};

// Serves the connection until it ends.
void serve(Socket socket, const Surroundings& surroundings);

}  // namespace sim
