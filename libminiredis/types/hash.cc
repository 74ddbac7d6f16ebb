#include "types/hash.h"

#include <algorithm>

namespace miniredis::types {

// FieldBlock

FieldBlock* FieldBlock::create(memory::Account& account, Bytes field, Bytes value) {
  const bool wide = field.size() > 0xff || value.size() > 0xff;
  const std::size_t head = wide ? 9 : 3;
  auto* block = static_cast<FieldBlock*>(account.allocate(head + field.size() + value.size()));
  block->kind_ = wide ? kWide : 0;
  if (wide) {
    const auto field_size = static_cast<std::uint32_t>(field.size());
    const auto value_size = static_cast<std::uint32_t>(value.size());
    std::memcpy(block->at(1), &field_size, sizeof field_size);
    std::memcpy(block->at(5), &value_size, sizeof value_size);
  } else {
    *block->at(1) = static_cast<char>(field.size());
    *block->at(2) = static_cast<char>(value.size());
  }
  if (!field.empty()) std::memcpy(block->at(head), field.data(), field.size());
  if (!value.empty()) std::memcpy(block->at(head + field.size()), value.data(), value.size());
  return block;
}

void FieldBlock::destroy(memory::Account& account, FieldBlock* block) noexcept {
  account.release(block, block->total());
}

bool FieldBlock::assign(Bytes value) noexcept {
  const bool wide = (kind_ & kWide) != 0;
  if (!wide && value.size() > 0xff) return false;
  const std::size_t keep = head() + field_size();
  if (memory::block_size(keep + value.size()) != memory::block_size(total())) return false;
  if (wide) {
    const auto size = static_cast<std::uint32_t>(value.size());
    std::memcpy(at(5), &size, sizeof size);
  } else {
    *at(2) = static_cast<char>(value.size());
  }
  if (!value.empty()) std::memcpy(at(keep), value.data(), value.size());
  return true;
}

// Hash

Hash::Hash(const Environment& environment, Object object) noexcept
    : environment_(environment), form_(static_cast<Form>(object.form)) {
  if (form_ == kPacked)
    packed_ = Packed(object.data);
  else
    table_ = static_cast<Table*>(object.data);
}

Object Hash::object() const noexcept {
  return {form_ == kPacked ? packed_.block() : table_, static_cast<std::uint16_t>(form_)};
}

std::size_t Hash::size() const noexcept {
  return form_ == kPacked ? packed_.count() / 2 : table_->fields.size();
}

Hash::Found Hash::find_packed(Bytes field) const noexcept {
  for (const char* at = packed_.begin(); at != packed_.end();) {
    const char* const start = at;
    const bool same = base::equals(Packed::next(at), field);
    const char* const value = at;
    Packed::skip(at);
    if (same) return {start, value, at};
  }
  return {nullptr, nullptr, nullptr};
}

Hash::Fields::Slot* Hash::find_slot(std::uint64_t hash, Bytes field) const noexcept {
  return table_->fields.find(
      hash, [field](const FieldBlock& block) { return base::equals(block.field(), field); });
}

std::optional<Bytes> Hash::get(Bytes field) const noexcept {
  if (form_ == kPacked) {
    Found found = find_packed(field);
    if (found.field == nullptr) return std::nullopt;
    return Packed::next(found.value);
  }
  const Fields::Slot* slot = find_slot(hash_of(field), field);
  if (slot == nullptr) return std::nullopt;
  return Fields::block_in(*slot)->value();
}

bool Hash::fits_packed(Bytes field, Bytes value, std::size_t fields) const noexcept {
  const Limits& limits = environment_.limits;
  return fields <= limits.hash_max_packed_entries &&
         std::max(field.size(), value.size()) <= limits.hash_max_packed_value &&
         packed_.used() + field.size() + value.size() + 2 * length_prefix::kMost <=
             Packed::kMostBytes;
}

bool Hash::set(Bytes field, Bytes value) {
  memory::Account& account = environment_.account;
  if (form_ == kPacked) {
    const Found found = find_packed(field);
    const bool is_new = found.field == nullptr;
    if (fits_packed(field, value, size() + (is_new ? 1 : 0))) {
      if (is_new)
        packed_.append(account, {field, value});
      else
        packed_.splice(account, found.value, found.end, 1, {value});
      return is_new;
    }
    convert_to_table();
  }
  const std::uint64_t hash = hash_of(field);
  Fields::Slot* slot = find_slot(hash, field);
  if (slot != nullptr) {
    FieldBlock* old = Fields::block_in(*slot);
    if (old->assign(value)) return false;
    Fields::replace(slot, FieldBlock::create(account, field, value));
    FieldBlock::destroy(account, old);
    return false;
  }
  FieldBlock* block = FieldBlock::create(account, field, value);
  try {
    table_->fields.insert(hash, block);
  } catch (...) {
    FieldBlock::destroy(account, block);
    throw;
  }
  return true;
}

bool Hash::erase(Bytes field) noexcept {
  if (form_ == kPacked) {
    const Found found = find_packed(field);
    if (found.field == nullptr) return false;
    packed_.erase(environment_.account, found.field, found.end, 2);
    return true;
  }
  const std::uint64_t hash = hash_of(field);
  Fields::Slot* slot = find_slot(hash, field);
  if (slot == nullptr) return false;
  FieldBlock* block = Fields::block_in(*slot);
  table_->fields.erase(slot, hash);
  FieldBlock::destroy(environment_.account, block);
  return true;
}

Hash::Pair Hash::random() const noexcept {
  if (form_ == kPacked) {
    const char* at = packed_.at(2 * environment_.rng.below(size()));
    const Bytes field = Packed::next(at);
    return {field, Packed::next(at)};
  }
  const FieldBlock* block = table_->fields.random(environment_.rng);
  return {block->field(), block->value()};
}

Hash::Table* Hash::make_table(const Environment& environment) {
  return new (environment.account.allocate(sizeof(Table))) Table(environment);
}

void Hash::free_table(const Environment& environment, Table* table) noexcept {
  table->~Table();
  environment.account.release(table, sizeof(Table));
}

void Hash::convert_to_table() {
  Hash large(environment_, {make_table(environment_), kTable});
  try {
    each([&](Bytes field, Bytes value) { large.set(field, value); });
  } catch (...) {
    Object half = large.object();
    destroy_some(environment_, half, SIZE_MAX);
    throw;
  }
  packed_.destroy(environment_.account);
  form_ = kTable;
  table_ = large.table_;
}

std::size_t Hash::size_of(Object object) noexcept {
  return object.form == kPacked ? Packed(object.data).count() / 2
                                : static_cast<Table*>(object.data)->fields.size();
}

const char* Hash::encoding_of(Object object) noexcept {
  return object.form == kPacked ? "listpack" : "hashtable";
}

std::size_t Hash::allocated_bytes(const Environment& environment, Object object,
                                  std::size_t samples) noexcept {
  if (object.form == kPacked) return Packed(object.data).allocated_bytes();
  const Table& table = *static_cast<Table*>(object.data);
  std::size_t looked = 0;
  std::size_t bytes = 0;
  const auto add = [&](const FieldBlock& block) {
    ++looked;
    bytes += memory::block_size(block.total());
  };
  if (samples == 0 || samples >= table.fields.size())
    table.fields.each(add);
  else
    table.fields.sample(environment.rng, samples, add);
  const std::size_t elements = looked == 0 ? 0 : bytes * table.fields.size() / looked;
  return memory::block_size(sizeof(Table)) + table.fields.table_bytes() + elements;
}

Object Hash::clone(const Environment& environment, Object object) {
  if (object.form == kPacked) return {Packed(object.data).clone(environment.account).block(), 0};
  Hash copy(environment, {make_table(environment), kTable});
  try {
    Hash(environment, object).each([&](Bytes field, Bytes value) { copy.set(field, value); });
  } catch (...) {
    Object half = copy.object();
    destroy_some(environment, half, SIZE_MAX);
    throw;
  }
  return copy.object();
}

bool Hash::destroy_some(const Environment& environment, Object& object, std::size_t most) noexcept {
  if (object.form == kPacked) {
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
