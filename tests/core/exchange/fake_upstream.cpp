#include "tests/core/exchange/fake_upstream.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace headgate::exchange {

std::string answer(int status, const std::string& type, const std::string& body,
                   const std::string& more_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\ncontent-type: " + type +
         "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" +
         body;
}

std::string chunk(const std::string& bytes) {
  std::array<char, 32> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  return size.data() + bytes + "\r\n";
}

std::string stream_head(const std::string& more_headers) {
  return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n" +
         more_headers + "\r\n";
}

std::string sse(const std::vector<std::string>& events) {
  std::string text;
  for (const std::string& event : events) text += "data: " + event + "\n\n";
  return text;
}

std::string stream_of(const std::string& text) {
  return stream_head() + chunk(text) + "0\r\n\r\n";
}

FakeUpstream::FakeUpstream(net::DeadlineSweep& sweep) : sweep_(sweep), next_piece_(sweep.io()) {
  auto sockets = net::open_listen_sockets("127.0.0.1", 0, 1);
  port_ = (*sockets)[0].port;
  listener_ = std::make_unique<net::Listener>(
      sweep, std::move((*sockets)[0]), net::ListenerOptions(),
      [this](std::unique_ptr<net::ByteStream> stream) { accept(std::move(stream)); });
  listener_->start();
}

void FakeUpstream::accept(std::unique_ptr<net::ByteStream> stream) {
  ++connections_;
  net::spawn(sweep_.io(), serve(std::move(stream)));
}

net::Task<void> FakeUpstream::serve(std::unique_ptr<net::ByteStream> stream) {
  std::string buffer;
  for (;;) {
    const bool came = co_await take_request(*stream, buffer);
    if (!came || replies_.empty()) break;
    const Reply reply = replies_.front();
    if (replies_.size() > 1) replies_.pop_front();
    for (std::size_t i = 0; i < reply.pieces.size(); ++i) {
      if (i > 0) co_await next_piece_.wait();
      const std::string_view piece = reply.pieces[i];
      if (!piece.empty()) co_await net::write(*stream, piece);
    }
    if (reply.reset) stream->reset();
    if (reply.close || reply.reset) break;
  }
  stream->close();
  ++ended_;
}

net::Task<bool> FakeUpstream::take_request(net::ByteStream& stream, std::string& buffer) {
  std::array<char, 65536> room;
  for (;;) {
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head != std::string::npos) {
      std::size_t length = 0;
      const std::size_t at = buffer.find("content-length: ");
      if (at < head) length = std::stoul(buffer.substr(at + 16));
      if (buffer.size() >= head + 4 + length) {
        requests_.push_back(buffer.substr(0, head + 4 + length));
        buffer.erase(0, head + 4 + length);
        co_return true;
      }
    }
    const net::ReadResult in = co_await stream.read_some(std::span<char>(room));
    if (in.error) co_return false;
    buffer.append(room.data(), in.bytes);
  }
}

}  // namespace headgate::exchange
