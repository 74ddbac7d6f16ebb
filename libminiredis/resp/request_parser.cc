#include "resp/request_parser.h"

#include <algorithm>
#include <cstring>

#include "base/numbers.h"
#include "miniredis/commands.h"

namespace miniredis::resp {
namespace {

// A length line is a type byte, at most 20 characters and CR LF; Redis waits for up to 64 KiB of
// it.
constexpr std::size_t kMaxLengthLine = 32;

}  // namespace

RequestParser::Outcome RequestParser::fail(std::string reason) {
  error_ = std::move(reason);
  started_ = false;
  return Outcome::kError;
}

void RequestParser::rebase(const char* base) noexcept {
  if (base != base_ && started_) {
    for (Bytes& argument : arguments_) {
      argument = {base + (argument.data() - base_), argument.size()};
    }
  }
  base_ = base;
}

RequestParser::Outcome RequestParser::parse(Bytes input, const RequestLimits& limits) {
  if (input.empty()) return incomplete(1);
  if (started_) {
    rebase(input.data());
    return parse_array(input, limits);
  }
  was_inline_ = input[0] != '*';
  if (!was_inline_ && parse_whole(input, limits)) [[likely]]
    return Outcome::kRequest;
  arguments_.clear();
  base_ = input.data();
  position_ = 0;
  if (was_inline_) return parse_inline(input, limits);

  std::int64_t count = 0;
  switch (read_number(input, count)) {
    case Line::kIncomplete:
      return incomplete(input.size() + 1);
    case Line::kError:
      return fail("invalid multibulk length");
    case Line::kNumber:
      break;
  }
  if (count > INT32_MAX) return fail("invalid multibulk length");
  if (count > limits.max_arguments) {
    return fail(limits.unauthenticated ? "unauthenticated multibulk length"
                                       : "invalid multibulk length");
  }
  if (count <= 0) return Outcome::kEmpty;
  left_ = count;
  bulk_ = -1;
  started_ = true;
  return parse_array(input, limits);
}

namespace {

// Reads one to three digits, CR and LF at `p` and moves behind them. Looks at five bytes.
inline bool read_short(const char*& p, unsigned& number) noexcept {
  const auto digit = [&](int i) { return static_cast<unsigned char>(p[i]) - unsigned{'0'}; };
  number = digit(0);
  if (number > 9) return false;
  if (p[1] == '\r') {
    p += 3;
    return p[-1] == '\n';
  }
  if (number == 0 || digit(1) > 9) return false;
  number = number * 10 + digit(1);
  if (p[2] == '\r') {
    p += 4;
    return p[-1] == '\n';
  }
  if (digit(2) > 9 || p[3] != '\r') return false;
  number = number * 10 + digit(2);
  p += 5;
  return p[-1] == '\n';
}

}  // namespace

bool RequestParser::parse_whole(Bytes input, const RequestLimits& limits) {
  // Behind every number of a whole request stand two bytes more at least: five may be looked at.
  constexpr std::ptrdiff_t kLooked = 5;
  constexpr unsigned kMostArguments = 64;
  const char* p = input.data() + 1;
  const char* const end = input.data() + input.size();
  unsigned count = 0;
  if (end - p < kLooked || !read_short(p, count) || count == 0 || count > kMostArguments) {
    return false;
  }
  if (count > limits.max_arguments || limits.max_bulk_bytes < 999) return false;
  if (arguments_.size() != count) arguments_.resize(count);
  for (Bytes& argument : arguments_) {
    unsigned length = 0;
    if (end - p < kLooked + 1 || *p++ != '$' || !read_short(p, length) ||
        end - p < static_cast<std::ptrdiff_t>(length) + 2) {
      return false;
    }
    argument = {p, length};
    p += length + 2;
  }
  position_ = static_cast<std::size_t>(p - input.data());
  return true;
}

// Reads the number of a line such as "*3\r\n" or "$5\r\n" at position_, and moves behind the line.
RequestParser::Line RequestParser::read_number(Bytes input, std::int64_t& number) {
  const std::size_t start = position_ + 1;
  const std::size_t span = std::min(input.size() - start, kMaxLengthLine);
  const void* found = std::memchr(input.data() + start, '\r', span);
  if (found == nullptr) return span == kMaxLengthLine ? Line::kError : Line::kIncomplete;
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  if (end + 1 >= input.size()) return Line::kIncomplete;
  const auto parsed = base::parse_int(input.substr(start, end - start));
  if (!parsed) return Line::kError;
  number = *parsed;
  position_ = end + 2;
  return Line::kNumber;
}

RequestParser::Outcome RequestParser::parse_array(Bytes input, const RequestLimits& limits) {
  while (left_ > 0) {
    if (bulk_ < 0) {
      if (position_ >= input.size()) return incomplete(position_ + 1);
      if (input[position_] != '$') {
        return fail(std::string("expected '$', got '") + input[position_] + "'");
      }
      std::int64_t length = 0;
      switch (read_number(input, length)) {
        case Line::kIncomplete:
          return incomplete(input.size() + 1);
        case Line::kError:
          return fail("invalid bulk length");
        case Line::kNumber:
          break;
      }
      if (length < 0 || length > limits.max_bulk_bytes) {
        return fail(limits.unauthenticated && length >= 0 ? "unauthenticated bulk length"
                                                          : "invalid bulk length");
      }
      bulk_ = length;
    }
    const auto length = static_cast<std::size_t>(bulk_);
    if (input.size() - position_ < length + 2) return incomplete(position_ + length + 2);
    arguments_.emplace_back(input.data() + position_, length);
    position_ += length + 2;
    bulk_ = -1;
    --left_;
  }
  started_ = false;
  return Outcome::kRequest;
}

RequestParser::Outcome RequestParser::parse_inline(Bytes input, const RequestLimits& limits) {
  const std::size_t end = input.substr(0, limits.max_inline_bytes + 1).find('\n');
  if (end == Bytes::npos) {
    if (input.size() > limits.max_inline_bytes) return fail("too big inline request");
    return incomplete(input.size() + 1);
  }
  Bytes line = input.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  position_ = end + 1;
  auto words = split_command_line(line);
  if (!words) return fail("unbalanced quotes in request");
  inline_ = std::move(*words);
  if (inline_.empty()) return Outcome::kEmpty;
  if (static_cast<std::int64_t>(inline_.size()) > limits.max_arguments) {
    return fail("unauthenticated multibulk length");
  }
  arguments_.assign(inline_.begin(), inline_.end());
  return Outcome::kRequest;
}

}  // namespace miniredis::resp
