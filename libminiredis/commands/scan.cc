#include "commands/scan.h"

#include <charconv>

namespace miniredis::commands {

std::optional<std::uint64_t> parse_cursor(Bytes text) noexcept {
  std::uint64_t cursor = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, cursor);
  if (text.empty() || at != end || error != std::errc()) return std::nullopt;
  return cursor;
}

void reply_cursor(Context& context, std::uint64_t cursor) {
  char digits[base::kMaxIntChars];
  context.reply.array(2);
  context.reply.bulk({digits, base::format_uint(cursor, digits)});
}

std::optional<std::uint64_t> checked_cursor(Context& context, const ElementScanArgs& args) {
  const auto cursor = parse_cursor(args.cursor);
  if (!cursor) {
    context.fail(wire::kInvalidCursor);
    return std::nullopt;
  }
  if (args.count < 1) {
    context.fail(wire::kSyntax);
    return std::nullopt;
  }
  return cursor;
}

}  // namespace miniredis::commands
