#include "commands/expiry_time.h"

#include "base/numbers.h"

namespace miniredis::commands {

std::optional<std::int64_t> expiry_time(Context& context, ExpiryKind kind, std::int64_t amount,
                                        Bytes command, bool must_be_positive) {
  const bool seconds = kind == ExpiryKind::kSeconds || kind == ExpiryKind::kUnixSeconds;
  const bool relative = kind == ExpiryKind::kSeconds || kind == ExpiryKind::kMillis;
  std::optional<std::int64_t> time = amount;
  if (must_be_positive && amount <= 0) time.reset();
  if (time && seconds) time = base::checked_multiply(*time, 1000);
  if (time && relative) time = base::checked_add(*time, context.now_ms());
  if (!time) context.fail(wire::invalid_expire(command));
  return time;
}

}  // namespace miniredis::commands
