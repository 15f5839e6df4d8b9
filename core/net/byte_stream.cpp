#include "core/net/byte_stream.hpp"

#include <boost/asio/error.hpp>

#include "core/net/stream_error.hpp"

namespace headgate::net {

bool is_end(const ErrorCode& error) {
  return error == boost::asio::error::eof;
}

bool is_truncated(const ErrorCode& error) {
  return error == make_error_code(StreamError::truncated);
}

bool is_aborted(const ErrorCode& error) {
  return error == boost::asio::error::operation_aborted;
}

Task<ReadResult> ByteStream::read_into(ReadBuffer& buffer, std::size_t room) {
  const std::span<char> space = buffer.space(room);
  const ReadResult result = co_await read_some(space);
  buffer.commit(result.bytes);
  co_return result;
}

Task<ErrorCode> write(ByteStream& stream, std::string_view bytes) {
  const std::span<const std::string_view> pieces(&bytes, 1);
  co_return co_await stream.write(pieces);
}

}  // namespace headgate::net
