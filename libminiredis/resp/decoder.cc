#include "resp/decoder.h"

#include <string>
#include <utility>
#include <vector>

#include "miniredis/reply.h"

namespace miniredis::resp {
namespace {

constexpr int kMaxDepth = 64;

std::optional<Value> value_of(ReplyReader& reader, int depth) {
  using Kind = Value::Kind;
  if (depth > kMaxDepth) return std::nullopt;
  const auto item = reader.next();
  if (!item) return std::nullopt;
  switch (item->kind) {
    case Kind::kNil:
      return Value();
    case Kind::kBoolean:
      return Value::boolean(item->integer != 0);
    case Kind::kInteger:
      return Value::integer(item->integer);
    case Kind::kDouble:
      return Value::real(item->real);
    case Kind::kString:
    case Kind::kStatus:
    case Kind::kError:
    case Kind::kVerbatim:
    case Kind::kBigNumber:
      return Value::text_of(item->kind, std::string(item->text));
    default:
      break;
  }
  const std::size_t count = item->kind == Kind::kMap ? 2 * item->count : item->count;
  std::vector<Value> all;
  for (std::size_t i = 0; i < count; ++i) {
    auto member = value_of(reader, depth + 1);
    if (!member) return std::nullopt;
    all.push_back(std::move(*member));
  }
  return Value::aggregate(item->kind, std::move(all));
}

}  // namespace

std::optional<Decoded> decode(Bytes bytes) {
  ReplyReader reader(bytes);
  auto value = value_of(reader, 0);
  if (!value) return std::nullopt;
  return Decoded{std::move(*value), reader.position()};
}

}  // namespace miniredis::resp
