#include "reply_reader.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "failure.h"

namespace miniredis::mredis {
namespace {

using Kind = Value::Kind;

[[noreturn]] void refuse(const std::string& why) {
  throw ConnectionError("the server sent something that is not a Redis reply: " + why);
}

std::int64_t to_int(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    refuse("'" + std::string(text.substr(0, 40)) + "' is no integer");
  }
  return value;
}

double to_double(std::string_view text) {
  // from_chars reads inf and nan too.
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    refuse("'" + std::string(text.substr(0, 40)) + "' is no double");
  }
  return value;
}

}  // namespace

void ReplyReader::feed(std::string_view bytes) {
  if (at_ > buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

std::optional<Value> ReplyReader::next() {
  for (;;) {
    std::optional<Value> element;
    if (!take_element(element)) return std::nullopt;
    if (!element) continue;
    if (std::optional<Value> reply = place(std::move(element))) return reply;
  }
}

std::optional<std::string_view> ReplyReader::take_line() {
  const std::size_t end = buffer_.find("\r\n", at_);
  if (end == std::string::npos) return std::nullopt;
  const std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 2;
  return line;
}

bool ReplyReader::take_element(std::optional<Value>& out) {
  const std::size_t start = at_;
  const std::optional<std::string_view> line = take_line();
  if (!line) return false;
  if (line->empty()) refuse("an empty line");
  const char mark = line->front();
  const std::string_view rest = line->substr(1);
  switch (mark) {
    case '+':
      out = Value::text_of(Kind::kStatus, std::string(rest));
      return true;
    case '-':
      out = Value::text_of(Kind::kError, std::string(rest));
      return true;
    case ':':
      out = Value::integer(to_int(rest));
      return true;
    case '_':
      out = Value();
      return true;
    case '#':
      if (rest != "t" && rest != "f") refuse("a boolean that is neither t nor f");
      out = Value::boolean(rest == "t");
      return true;
    case ',':
      out = Value::real(to_double(rest));
      return true;
    case '(':
      out = Value::text_of(Kind::kBigNumber, std::string(rest));
      return true;
    case '$':
    case '=':
    case '!':
      if (take_bulk(mark, to_int(rest), out)) return true;
      at_ = start;
      return false;
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      open_frame(mark, to_int(rest), out);
      return true;
    default:
      refuse("a line that begins with '" + std::string(1, mark) + "'");
  }
}

bool ReplyReader::take_bulk(char mark, std::int64_t length, std::optional<Value>& out) {
  if (length == -1) {
    out = Value();
    return true;
  }
  if (length < 0) refuse("a negative length");
  const std::size_t left = buffer_.size() - at_;
  if (left < 2 || left - 2 < static_cast<std::uint64_t>(length)) return false;
  const auto size = static_cast<std::size_t>(length);
  if (buffer_.compare(at_ + size, 2, "\r\n") != 0) refuse("a string longer than its length");
  std::string bytes = buffer_.substr(at_, size);
  at_ += size + 2;
  if (mark == '=') {
    // Three letters of format and a colon come before the text.
    out = Value::text_of(Kind::kVerbatim, bytes.size() >= 4 ? bytes.substr(4) : bytes);
  } else {
    out = Value::text_of(mark == '!' ? Kind::kError : Kind::kString, std::move(bytes));
  }
  return true;
}

void ReplyReader::open_frame(char mark, std::int64_t count, std::optional<Value>& out) {
  if (count == -1) {
    out = Value();
    return;
  }
  const bool pairs = mark == '%' || mark == '|';
  if (count < 0 || count > std::numeric_limits<std::int64_t>::max() / 2) refuse("a bad count");
  if (frames_.size() >= kMaxDepth) refuse("replies nested too deep");
  const Kind kind = pairs         ? Kind::kMap
                    : mark == '~' ? Kind::kSet
                    : mark == '>' ? Kind::kPush
                                  : Kind::kArray;
  const auto wanted = static_cast<std::size_t>(pairs ? count * 2 : count);
  if (wanted > 0) {
    frames_.push_back({kind, mark == '|', wanted, {}});
  } else if (mark != '|') {
    out = Value::aggregate(kind, {});
  }
}

std::optional<Value> ReplyReader::place(std::optional<Value> element) {
  while (element && !frames_.empty()) {
    Frame& frame = frames_.back();
    frame.items.push_back(std::move(*element));
    element.reset();
    if (frame.items.size() < frame.wanted) break;
    if (!frame.dropped) element = Value::aggregate(frame.kind, std::move(frame.items));
    frames_.pop_back();
  }
  return element;
}

}  // namespace miniredis::mredis
