#include "types/hash.h"

#include <algorithm>

namespace miniredis::types {

Hash::Hash(const Environment& environment, Object object) noexcept
    : environment_(environment), form_(static_cast<Form>(object.form)) {
  if (form_ == kTable)
    table_ = static_cast<Table*>(object.data);
  else
    packed_ = Packed(object.data);
}

Object Hash::object() const noexcept {
  return {form_ == kTable ? table_ : packed_.block(), static_cast<std::uint16_t>(form_)};
}

std::size_t Hash::size() const noexcept {
  return size_of(object());
}

std::size_t Hash::live_size() const noexcept {
  if (is_live(next_expiry())) return size();
  std::size_t live = 0;
  each([&](Bytes, Bytes) { ++live; });
  return live;
}

template <bool Timed>
Hash::Found Hash::find_in(const Packed& packed, Bytes field) noexcept {
  const char* at = packed.begin();
  if constexpr (Timed) Packed::skip(at);
  while (at != packed.end()) {
    const char* const start = at;
    const bool same = base::equals(Packed::next(at), field);
    const char* const value = at;
    Packed::skip(at);
    const char* const time = at;
    if constexpr (Timed) Packed::skip(at);
    if (same) return {start, value, time, at};
  }
  return {nullptr, nullptr, nullptr, nullptr};
}

Hash::Found Hash::find_packed(Bytes field) const noexcept {
  return form_ == kPacked ? find_in<false>(packed_, field) : find_in<true>(packed_, field);
}

std::int64_t Hash::time_of(const Found& found) const noexcept {
  if (form_ == kPacked) return kNever;
  const char* at = found.time;
  return time_in(Packed::next(at));
}

Hash::Fields::Slot* Hash::find_slot(std::uint64_t hash, Bytes field) const noexcept {
  return table_->fields.find(
      hash, [field](const FieldBlock& block) { return base::equals(block.field(), field); });
}

std::optional<Bytes> Hash::get(Bytes field) const noexcept {
  if (form_ == kTable) {
    const Fields::Slot* slot = find_slot(hash_of(field), field);
    if (slot == nullptr) return std::nullopt;
    const FieldBlock* block = Fields::block_in(*slot);
    if (!is_live(block->expiry())) return std::nullopt;
    return block->value();
  }
  Found found = find_packed(field);
  if (found.field == nullptr || !is_live(time_of(found))) return std::nullopt;
  return Packed::next(found.value);
}

bool Hash::fits_packed(Bytes field, Bytes value, std::size_t fields) const noexcept {
  const Limits& limits = environment_.limits;
  return fields <= limits.hash_max_packed_entries &&
         std::max(field.size(), value.size()) <= limits.hash_max_packed_value &&
         packed_.used() + field.size() + value.size() + 2 * length_prefix::kMost + kTimeItem <=
             Packed::kMostBytes;
}

bool Hash::set(Bytes field, Bytes value, Lifetime lifetime) {
  if (form_ != kTable) {
    const Found found = find_packed(field);
    if (fits_packed(field, value, size() + (found.field == nullptr ? 1 : 0))) {
      return set_packed(found, field, value, lifetime);
    }
    convert_to_table();
  }
  return set_in_table(field, value, lifetime);
}

bool Hash::set_packed(const Found& found, Bytes field, Bytes value, Lifetime lifetime) {
  memory::Account& account = environment_.account;
  const bool timed = form_ == kTimedPacked;
  if (found.field == nullptr) {
    if (timed)
      packed_.append(account, {field, value, {}});
    else
      packed_.append(account, {field, value});
    return true;
  }
  const bool live = is_live(time_of(found));
  if (!timed || (live && lifetime == Lifetime::kKeep))
    packed_.splice(account, found.value, found.time, 1, {value});
  else
    packed_.splice(account, found.value, found.end, 2, {value, {}});
  return !live;
}

void Hash::insert_into_table(std::uint64_t hash, FieldBlock* block) {
  try {
    table_->fields.insert(hash, block);  // NOLINT(*-core.CallAndMessage): called when there is one
  } catch (...) {
    FieldBlock::destroy(environment_.account, block);
    throw;
  }
}

bool Hash::set_in_table(Bytes field, Bytes value, Lifetime lifetime) {
  memory::Account& account = environment_.account;
  const std::uint64_t hash = hash_of(field);
  Fields::Slot* slot = find_slot(hash, field);
  if (slot == nullptr) {
    insert_into_table(hash, FieldBlock::create(account, field, value));
    return true;
  }
  FieldBlock* old = Fields::block_in(*slot);
  const std::int64_t expiry = old->expiry();
  const bool live = is_live(expiry);
  const bool keeps = !old->has_expiry() || (live && lifetime == Lifetime::kKeep);
  if (keeps && old->assign(value)) return false;
  Fields::replace(slot, FieldBlock::create(account, field, value, keeps ? expiry : kNever));
  if (!keeps) note_stale(*old);
  FieldBlock::destroy(account, old);
  return !live;
}

bool Hash::erase(Bytes field) noexcept {
  memory::Account& account = environment_.account;
  if (form_ == kTable) {
    const std::uint64_t hash = hash_of(field);
    Fields::Slot* slot = find_slot(hash, field);
    if (slot == nullptr) return false;
    FieldBlock* block = Fields::block_in(*slot);
    const bool live = is_live(block->expiry());
    note_stale(*block);
    table_->fields.erase(slot, hash);
    FieldBlock::destroy(account, block);
    return live;
  }
  const Found found = find_packed(field);
  if (found.field == nullptr) return false;
  const bool live = is_live(time_of(found));
  packed_.erase(account, found.field, found.end, form_ == kPacked ? 2 : 3);
  if (form_ == kTimedPacked && empty()) {
    packed_.destroy(account);
    form_ = kPacked;
  }
  return live;
}

Hash::Pair Hash::random() const noexcept {
  constexpr int kTries = 32;
  for (int i = 0; i < kTries; ++i) {
    if (form_ == kTable) {
      const FieldBlock* block = table_->fields.random(environment_.rng);
      if (is_live(block->expiry())) return {block->field(), block->value()};
      continue;
    }
    const bool timed = form_ == kTimedPacked;
    const std::uint64_t index = environment_.rng.below(size());
    const char* at = packed_.at(timed ? 1 + 3 * index : 2 * index);
    const Bytes field = Packed::next(at);
    const Bytes value = Packed::next(at);
    if (!timed || is_live(time_in(Packed::next(at)))) return {field, value};
  }
  // Nearly all have expired and were not taken out yet.
  std::size_t left = environment_.rng.below(live_size());
  Pair chosen;
  each([&](Bytes field, Bytes value) {
    if (left-- == 0) chosen = {field, value};
  });
  return chosen;
}

Hash::Table* Hash::make_table(const Environment& environment) {
  return new (environment.account.allocate(sizeof(Table))) Table(environment);
}

void Hash::free_table(const Environment& environment, Table* table) noexcept {
  if (table->times != nullptr) {
    table->times->~Times();
    environment.account.release(table->times, sizeof(Times));
  }
  table->~Table();
  environment.account.release(table, sizeof(Table));
}

void Hash::copy_into_table(const Hash& from) {
  from.each_timed([&](Bytes field, Bytes value, std::int64_t expiry) {
    environment_.step();
    insert_into_table(hash_of(field), FieldBlock::create(environment_.account, field, value));
    if (expiry != kNever) set_expiry_in_table(field, expiry);
  });
}

Object Hash::table_of(const Environment& environment, const Hash& from) {
  Hash large(environment, {make_table(environment), kTable});
  try {
    large.copy_into_table(from);
  } catch (...) {
    Object half = large.object();
    destroy_some(environment, half, SIZE_MAX);
    throw;
  }
  return large.object();
}

void Hash::convert_to_table() {
  table_ = static_cast<Table*>(table_of(environment_, *this).data);
  packed_.destroy(environment_.account);
  form_ = kTable;
}

std::size_t Hash::size_of(Object object) noexcept {
  switch (static_cast<Form>(object.form)) {
    case kPacked:
      return Packed(object.data).count() / 2;
    case kTimedPacked:
      return (Packed(object.data).count() - 1) / 3;
    default:
      return static_cast<Table*>(object.data)->fields.size();
  }
}

const char* Hash::encoding_of(Object object) noexcept {
  switch (static_cast<Form>(object.form)) {
    case kPacked:
      return "listpack";
    case kTimedPacked:
      return "listpackex";
    default:
      return "hashtable";
  }
}

std::size_t Hash::allocated_bytes(const Environment& environment, Object object,
                                  std::size_t samples) {
  if (object.form != kTable) return Packed(object.data).allocated_bytes();
  const Table& table = *static_cast<Table*>(object.data);
  std::size_t looked = 0;
  std::size_t bytes = 0;
  const auto add = [&](const FieldBlock& block) {
    environment.step();
    ++looked;
    bytes += memory::block_size(block.total());
  };
  if (samples == 0 || samples >= table.fields.size())
    table.fields.each(add);
  else
    table.fields.sample(environment.rng, samples, add);
  const std::size_t elements = looked == 0 ? 0 : bytes * table.fields.size() / looked;
  const std::size_t times =
      table.times == nullptr ? 0 : sizeof(Times) + table.times->index.size() * sizeof(ExpiryRecord);
  return memory::block_size(sizeof(Table)) + table.fields.table_bytes() + elements + times;
}

Object Hash::clone(const Environment& environment, Object object) {
  if (object.form == kTable) return table_of(environment, Hash(environment, object));
  return {Packed(object.data).clone(environment.account).block(), object.form};
}

bool Hash::destroy_some(const Environment& environment, Object& object, std::size_t most) noexcept {
  if (object.form != kTable) {
    Packed(object.data).destroy(environment.account);
    return true;
  }
  Table* table = static_cast<Table*>(object.data);
  table->torn_down = table->fields.take_some(table->torn_down, most, [&](FieldBlock& block) {
    FieldBlock::destroy(environment.account, &block);
  });
  if (!table->fields.empty()) return false;
  free_table(environment, table);
  return true;
}

}  // namespace miniredis::types
