#include "memory/account.h"

namespace miniredis::memory {

Account::Account(Account* parent, std::uint64_t limit_bytes) noexcept
    : parent_(parent), limit_(limit_bytes) {}

Account::~Account() {
  for (Account* level = parent_; level != nullptr; level = level->parent_) {
    level->used_.fetch_sub(reported_, std::memory_order_relaxed);
  }
}

void Account::report() noexcept {
  const std::int64_t now = used_.load(std::memory_order_relaxed);
  const std::int64_t delta = now - reported_;
  reported_ = now;
  for (Account* level = parent_; level != nullptr; level = level->parent_) {
    const std::int64_t total = level->used_.fetch_add(delta, std::memory_order_relaxed) + delta;
    std::int64_t peak = level->peak_.load(std::memory_order_relaxed);
    while (total > peak &&
           !level->peak_.compare_exchange_weak(peak, total, std::memory_order_relaxed)) {
    }
  }
}

std::uint64_t Account::excess(std::uint64_t more) const noexcept {
  const std::int64_t unreported = used_.load(std::memory_order_relaxed) - reported_;
  std::uint64_t worst = 0;
  for (const Account* level = this; level != nullptr; level = level->parent_) {
    const std::uint64_t limit = level->limit();
    if (limit == 0) continue;
    const std::int64_t known = level->used_.load(std::memory_order_relaxed);
    const std::uint64_t used = clamp(level == this ? known : known + unreported) + more;
    if (used > limit && used - limit > worst) worst = used - limit;
  }
  return worst;
}

}  // namespace miniredis::memory
