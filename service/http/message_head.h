// The head of a message as one piece of bytes, and its writing beside the body.
//
// Beast's serializer hands the system a buffer for each part of each field, through several layers
// of views: half of what it cost to send a small answer.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/status.hpp>
#include <string>
#include <string_view>

namespace miniredis::service {

// "HTTP/1.1 200 OK" and the end of the line. `version`: 10 or 11.
inline std::string status_line(unsigned version, int status) {
  namespace http = boost::beast::http;
  std::string line = version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  line += std::to_string(status);
  line += ' ';
  line += std::string_view(http::obsolete_reason(static_cast<http::status>(status)));
  line += "\r\n";
  return line;
}

// Takes from the front of `pieces` what has been written.
inline void drop_written(std::array<boost::asio::const_buffer, 2>& pieces, std::size_t written) {
  for (boost::asio::const_buffer& piece : pieces) {
    const std::size_t taken = std::min(written, piece.size());
    piece += taken;
    written -= taken;
  }
}

// All fields, a line each, and the empty line. The fields are ones that may be written.
inline std::string field_lines(const boost::beast::http::fields& fields) {
  std::string lines;
  lines.reserve(512);
  for (const auto& field : fields) {
    lines += std::string_view(field.name_string());
    lines += ": ";
    lines += std::string_view(field.value());
    lines += "\r\n";
  }
  lines += "\r\n";
  return lines;
}

}  // namespace miniredis::service
