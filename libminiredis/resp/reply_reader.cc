#include <limits>

#include "base/numbers.h"
#include "miniredis/reply.h"
#include "resp/buffer.h"

namespace miniredis {

namespace {

using Kind = Value::Kind;

// What one call leaves behind may be kept for the next up to here.
constexpr std::size_t kKeptBytes = 64U << 10;

std::optional<Kind> kind_of(char type) noexcept {
  switch (type) {
    case '+':
      return Kind::kStatus;
    case '-':
      return Kind::kError;
    case '(':
      return Kind::kBigNumber;
    case '_':
      return Kind::kNil;
    case '#':
      return Kind::kBoolean;
    case ',':
      return Kind::kDouble;
    case ':':
      return Kind::kInteger;
    case '$':
      return Kind::kString;
    case '=':
      return Kind::kVerbatim;
    case '*':
      return Kind::kArray;
    case '%':
      return Kind::kMap;
    case '~':
      return Kind::kSet;
    case '>':
      return Kind::kPush;
    default:
      return std::nullopt;
  }
}

std::optional<ReplyItem> real_of(Bytes head) {
  if (head == "nan") {
    return ReplyItem{.kind = Kind::kDouble, .real = std::numeric_limits<double>::quiet_NaN()};
  }
  const auto number = base::parse_double(head);
  if (!number) return std::nullopt;
  return ReplyItem{.kind = Kind::kDouble, .real = *number};
}

}  // namespace

ReplyBytes::ReplyBytes() : buffer_(std::make_unique<resp::Buffer>()) {}
ReplyBytes::~ReplyBytes() = default;
ReplyBytes::ReplyBytes(ReplyBytes&&) noexcept = default;
ReplyBytes& ReplyBytes::operator=(ReplyBytes&&) noexcept = default;

std::string_view ReplyBytes::view() const noexcept {
  return buffer_->view();
}
void ReplyBytes::clear() noexcept {
  if (buffer_->capacity() > kKeptBytes)
    buffer_->reset();
  else
    buffer_->clear();
}

std::optional<ReplyItem> ReplyReader::next() {
  const std::size_t before = at_;
  // Attributes speak of the reply behind them, and have no place in values.
  for (std::uint64_t passed_over = 0;;) {
    if (at_ < bytes_.size() && bytes_[at_] == '|') [[unlikely]] {
      const auto pairs = attribute_pairs();
      if (!pairs) break;
      passed_over += 2 * *pairs;
      continue;
    }
    auto item = step();
    if (item && passed_over == 0) return item;
    if (!item) break;
    passed_over += item->kind == Kind::kMap ? 2 * item->count : item->count;
    --passed_over;
  }
  at_ = before;
  return std::nullopt;
}

// How many pairs the attribute has whose head stands here, and is passed.
std::optional<std::uint64_t> ReplyReader::attribute_pairs() noexcept {
  const std::size_t end = bytes_.find('\r', at_ + 1);
  if (end == Bytes::npos || end + 1 >= bytes_.size()) return std::nullopt;
  const auto pairs = base::parse_int(bytes_.substr(at_ + 1, end - at_ - 1));
  if (!pairs || *pairs < 0 || *pairs > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  at_ = end + 2;
  return static_cast<std::uint64_t>(*pairs);
}

std::optional<ReplyItem> ReplyReader::step() {
  if (at_ >= bytes_.size()) return std::nullopt;
  const std::optional<Kind> kind = kind_of(bytes_[at_]);
  const std::size_t end = bytes_.find('\r', at_ + 1);
  if (!kind || end == Bytes::npos || end + 1 >= bytes_.size()) return std::nullopt;
  const Bytes head = bytes_.substr(at_ + 1, end - at_ - 1);
  std::size_t after = end + 2;
  ReplyItem item{.kind = *kind};
  switch (*kind) {
    case Kind::kStatus:
    case Kind::kError:
    case Kind::kBigNumber:
      item.text = head;
      break;
    case Kind::kNil:
      break;
    case Kind::kBoolean:
      item.integer = head == "t" ? 1 : 0;
      break;
    case Kind::kDouble: {
      const auto real = real_of(head);
      if (!real) return std::nullopt;
      item = *real;
      break;
    }
    default: {
      const auto number = base::parse_int(head);
      if (!number) return std::nullopt;
      item.integer = *number;
      if (*kind == Kind::kInteger) break;
      if (*number > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
      item.integer = 0;
      if (*number < 0) {  // RESP2's nothing
        item.kind = Kind::kNil;
        break;
      }
      const auto size = static_cast<std::size_t>(*number);
      if (*kind != Kind::kString && *kind != Kind::kVerbatim) {
        item.count = size;
        break;
      }
      if (bytes_.size() - after < size + 2) return std::nullopt;
      item.text = bytes_.substr(after, size);
      after += size + 2;
      if (*kind == Kind::kVerbatim && size >= 4) item.text.remove_prefix(4);
    }
  }
  at_ = after;
  return item;
}

}  // namespace miniredis
