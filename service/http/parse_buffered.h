// Parsing of what has come already. Beast's asynchronous reads go once through the event loop even
// when they need not read; most messages lie in the buffer as a whole when their first bytes do.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace miniredis::service {

// Takes from the buffer what the parser can use: up to the end of the head, or when it has that, up
// to the message's end. Says nothing of a message that needs more: reading goes on from there.
template <typename Parser>
boost::system::error_code parse_buffered(Parser& parser, boost::beast::flat_buffer& buffer) {
  boost::system::error_code failure;
  const bool in_body = parser.is_header_done();
  while (buffer.size() > 0 && !parser.is_done() && parser.is_header_done() == in_body) {
    const std::size_t used = parser.put(buffer.data(), failure);
    buffer.consume(used);
    if (failure == boost::beast::http::error::need_more) return {};
    if (failure || used == 0) break;
  }
  return failure;
}

}  // namespace miniredis::service
