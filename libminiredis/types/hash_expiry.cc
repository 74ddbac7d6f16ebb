// Fields that expire.
#include <algorithm>
#include <new>

#include "types/hash.h"

namespace miniredis::types {
namespace {

// Stale records looked at by each call that adds one: more than it adds.
constexpr std::size_t kSweep = 32;

Bytes bytes_of(const std::int64_t& unix_ms) noexcept {
  return {reinterpret_cast<const char*>(&unix_ms), sizeof unix_ms};
}

}  // namespace

std::optional<std::int64_t> Hash::expiry(Bytes field) const noexcept {
  std::int64_t time = 0;
  if (form_ == kTable) {
    const Fields::Slot* slot = find_slot(hash_of(field), field);
    if (slot == nullptr) return std::nullopt;
    time = Fields::block_in(*slot)->expiry();
  } else {
    const Found found = find_packed(field);
    if (found.field == nullptr) return std::nullopt;
    time = time_of(found);
  }
  if (!is_live(time)) return std::nullopt;
  return time;
}

std::int64_t Hash::next_expiry_of(Object object) noexcept {
  switch (static_cast<Form>(object.form)) {
    case kPacked:
      return kNever;
    case kTimedPacked: {
      const char* at = Packed(object.data).begin();
      return time_in(Packed::next(at));
    }
    default: {
      const Times* times = static_cast<Table*>(object.data)->times;
      return times == nullptr ? kNever : times->next;
    }
  }
}

std::int64_t Hash::next_expiry() const noexcept {
  return next_expiry_of(object());
}

void Hash::become_timed() {
  memory::Account& account = environment_.account;
  Packed timed;
  try {
    timed.reserve(account, kTimeItem + packed_.used() + size());
    timed.append(account, {bytes_of(kNever)});
    each([&](Bytes field, Bytes value) { timed.append(account, {field, value, {}}); });
  } catch (...) {
    timed.destroy(account);
    throw;
  }
  packed_.destroy(account);
  packed_ = timed;
  form_ = kTimedPacked;
}

void Hash::write_next(std::int64_t unix_ms) {
  const char* const begin = packed_.begin();
  packed_.splice(environment_.account, begin, begin + kTimeItem, 1, {bytes_of(unix_ms)});
}

void Hash::set_expiry(Bytes field, std::int64_t unix_ms) {
  if (form_ == kPacked) {
    if (unix_ms == kNever) return;
    if (packed_.used() + (size() + 1) * kTimeItem > Packed::kMostBytes)
      convert_to_table();
    else
      become_timed();
  }
  if (form_ == kTable) {
    set_expiry_in_table(field, unix_ms);
    return;
  }
  const Found found = find_packed(field);
  packed_.splice(environment_.account, found.time, found.end, 1,
                 {unix_ms == kNever ? Bytes{} : bytes_of(unix_ms)});
  if (unix_ms < next_expiry()) write_next(unix_ms);
}

void Hash::set_expiry_in_table(Bytes field, std::int64_t unix_ms) {
  memory::Account& account = environment_.account;
  const std::uint64_t hash = hash_of(field);
  Fields::Slot* slot = find_slot(hash, field);
  FieldBlock* block = Fields::block_in(*slot);
  if (block->expiry() == unix_ms) return;
  FieldBlock* fresh = nullptr;
  if (block->has_expiry() != (unix_ms != kNever)) {
    fresh = FieldBlock::create(account, field, block->value(), unix_ms);
  }
  if (unix_ms != kNever) {
    try {
      if (table_->times == nullptr) {
        table_->times = new (account.allocate(sizeof(Times))) Times(account);
      }
      table_->times->index.add(unix_ms, hash);
    } catch (...) {
      if (fresh != nullptr) FieldBlock::destroy(account, fresh);
      throw;
    }
    table_->times->next = std::min(table_->times->next, unix_ms);
  }
  note_stale(*block);
  if (fresh != nullptr) {
    Fields::replace(slot, fresh);
    FieldBlock::destroy(account, block);
  } else {
    block->set_expiry(unix_ms);
  }
  ExpiryIndex& index = table_->times->index;
  if (index.wants_sweep()) {
    index.sweep(kSweep, [&](const ExpiryRecord& record) { return find_slot(record) != nullptr; });
  }
}

Hash::Fields::Slot* Hash::find_slot(const ExpiryRecord& record) const noexcept {
  return table_->fields.find(record.hash, [&](const FieldBlock& block) {
    return block.expiry() == record.unix_ms && hash_of(block.field()) == record.hash;
  });
}

std::size_t Hash::expire_some(std::size_t most) {
  if (is_live(next_expiry())) return 0;
  return form_ == kTable ? expire_in_table(most) : expire_packed();
}

std::size_t Hash::expire_packed() {
  memory::Account& account = environment_.account;
  std::size_t expired = 0;
  std::int64_t next = kNever;
  const char* at = packed_.begin();
  Packed::skip(at);
  while (at != packed_.end()) {
    const char* const start = at;
    Packed::skip(at);
    Packed::skip(at);
    const std::int64_t time = time_in(Packed::next(at));
    if (is_live(time)) {
      next = std::min(next, time);
    } else {
      at = packed_.erase(account, start, at, 3);
      ++expired;
    }
  }
  if (empty()) {
    packed_.destroy(account);
    form_ = kPacked;
  } else {
    write_next(next);
  }
  return expired;
}

std::size_t Hash::expire_in_table(std::size_t most) {
  ExpiryIndex& index = table_->times->index;
  std::size_t expired = 0;
  for (std::size_t n = 0; n < most; ++n) {
    const auto due = index.next_due();
    if (!due || is_live(*due)) break;
    const auto record = index.take_due(environment_.now_ms);
    if (!record) continue;
    Fields::Slot* slot = find_slot(*record);
    if (slot == nullptr) continue;
    FieldBlock* block = Fields::block_in(*slot);
    table_->fields.erase(slot, record->hash);
    FieldBlock::destroy(environment_.account, block);
    ++expired;
  }
  table_->times->next = index.next_due().value_or(kNever);
  return expired;
}

}  // namespace miniredis::types
