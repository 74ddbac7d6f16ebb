#include "resp/decoder.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.h"

namespace miniredis::resp {
namespace {

constexpr int kMaxDepth = 64;

class Cursor {
 public:
  explicit Cursor(Bytes bytes) noexcept : bytes_(bytes) {}
  std::size_t position() const noexcept { return at_; }

  std::optional<Value> value(int depth);

 private:
  std::optional<Bytes> line() {
    const std::size_t end = bytes_.find("\r\n", at_);
    if (end == Bytes::npos) return std::nullopt;
    const Bytes text = bytes_.substr(at_, end - at_);
    at_ = end + 2;
    return text;
  }
  std::optional<Value> text(Value::Kind kind, std::int64_t length) {
    if (length < 0) return Value();
    const auto size = static_cast<std::size_t>(length);
    if (bytes_.size() - at_ < size + 2) return std::nullopt;
    Bytes body = bytes_.substr(at_, size);
    at_ += size + 2;
    if (kind == Value::Kind::kVerbatim && size >= 4) body.remove_prefix(4);
    return Value::text_of(kind, std::string(body));
  }
  std::optional<Value> items(Value::Kind kind, std::int64_t count, int depth) {
    if (count < 0) return Value();
    std::vector<Value> all;
    for (std::int64_t i = 0; i < count; ++i) {
      auto item = value(depth + 1);
      if (!item) return std::nullopt;
      all.push_back(std::move(*item));
    }
    return Value::aggregate(kind, std::move(all));
  }

  Bytes bytes_;
  std::size_t at_ = 0;
};

std::optional<Value> Cursor::value(int depth) {
  using Kind = Value::Kind;
  if (depth > kMaxDepth || at_ >= bytes_.size()) return std::nullopt;
  const char type = bytes_[at_++];
  const auto head = line();
  if (!head) return std::nullopt;
  switch (type) {
    case '+':
      return Value::text_of(Kind::kStatus, std::string(*head));
    case '-':
      return Value::text_of(Kind::kError, std::string(*head));
    case '(':
      return Value::text_of(Kind::kBigNumber, std::string(*head));
    case '_':
      return Value();
    case '#':
      return Value::boolean(*head == "t");
    case ',': {
      if (*head == "nan") return Value::real(std::numeric_limits<double>::quiet_NaN());
      const auto number = base::parse_double(*head);
      return number ? std::optional(Value::real(*number)) : std::nullopt;
    }
    default:
      break;
  }
  const auto number = base::parse_int(*head);
  if (!number || *number > std::numeric_limits<std::int32_t>::max()) {
    return type == ':' && number ? std::optional(Value::integer(*number)) : std::nullopt;
  }
  switch (type) {
    case ':':
      return Value::integer(*number);
    case '$':
      return text(Kind::kString, *number);
    case '=':
      return text(Kind::kVerbatim, *number);
    case '*':
      return items(Kind::kArray, *number, depth);
    case '%':
      return items(Kind::kMap, *number * 2, depth);
    case '~':
      return items(Kind::kSet, *number, depth);
    case '>':
      return items(Kind::kPush, *number, depth);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Decoded> decode(Bytes bytes) {
  Cursor cursor(bytes);
  auto value = cursor.value(0);
  if (!value) return std::nullopt;
  return Decoded{std::move(*value), cursor.position()};
}

}  // namespace miniredis::resp
