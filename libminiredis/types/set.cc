#include "types/set.h"

#include <algorithm>
#include <new>
#include <optional>

namespace miniredis::types {

// --- Elements and tables

Set::Element* Set::Element::create(memory::Account& account, Bytes member) {
  auto* element = static_cast<Element*>(account.allocate(Packed::item_bytes(member.size())));
  char* at = length_prefix::put(&element->first_, member.size());
  if (!member.empty()) std::memcpy(at, member.data(), member.size());
  return element;
}

void Set::Element::destroy(memory::Account& account, Element* element) noexcept {
  account.release(element, element->bytes());
}

Set::Table* Set::make_table(const Environment& environment) {
  return new (environment.account.allocate(sizeof(Table)))
      Table(environment.account, environment.hash_key);
}

void Set::destroy_table(memory::Account& account, Table* table) noexcept {
  table->members.take_some(table->torn, SIZE_MAX,
                           [&](Element& element) { Element::destroy(account, &element); });
  table->~Table();
  account.release(table, sizeof(Table));
}

void Set::insert_into(Table& table, std::uint64_t hash, Bytes member) const {
  Element* element = Element::create(account(), member);
  try {
    table.members.insert(hash, element);
  } catch (...) {
    Element::destroy(account(), element);
    throw;
  }
}

// --- From form to form

void Set::become_packed(std::size_t more_bytes) {
  Packed items;
  std::size_t bytes = more_bytes;
  each([&](Bytes member) { bytes += Packed::item_bytes(member.size()); });
  items.reserve(account(), bytes);
  each([&](Bytes member) { items.append(account(), {member}); });
  integers().destroy(account());
  object_ = {items.block(), kPacked};
}

void Set::become_table(std::size_t members) {
  Table* table = make_table(*environment_);
  try {
    table->members.reserve(std::max(members, size() + 1));
    each([&](Bytes member) { insert_into(*table, hash_of(member), member); });
  } catch (...) {
    destroy_table(account(), table);
    throw;
  }
  if (object_.form == kIntegers)
    integers().destroy(account());
  else
    packed().destroy(account());
  object_ = {table, kTable};
}

bool Set::fits_integers() const noexcept {
  return integers().count() < environment_->limits.set_max_integers &&
         integers().has_room_for_one();
}

bool Set::fits_packed(Bytes member) const noexcept {
  const Limits& limits = environment_->limits;
  if (size() >= limits.set_max_packed_entries || member.size() > limits.set_max_packed_value) {
    return false;
  }
  if (object_.form == kPacked) {
    return packed().used() + Packed::item_bytes(member.size()) <= Packed::kMostBytes;
  }
  // The longest integers are the first and the last one.
  const IntegerSet set = integers();
  if (set.count() == 0) return member.size() < Packed::kMostBytes / 2;
  char digits[base::kMaxIntChars];
  const std::size_t longest = std::max(base::format_int(set.at(0), digits),
                                       base::format_int(set.at(set.count() - 1), digits));
  return longest <= limits.set_max_packed_value &&
         set.count() * Packed::item_bytes(longest) + Packed::item_bytes(member.size()) <=
             Packed::kMostBytes;
}

// --- Adding and erasing

void Set::expect(std::size_t more, Bytes first) {
  const Limits& limits = environment_->limits;
  if (more <= std::min(limits.set_max_integers, limits.set_max_packed_entries)) [[likely]]
    return;
  if (object_.form == kTable) return;
  const bool as_integers = empty() ? base::parse_int(first).has_value() : object_.form == kIntegers;
  const bool fits = (as_integers && more <= limits.set_max_integers) ||
                    ((empty() || !as_integers) && more <= limits.set_max_packed_entries);
  if (!fits) become_table();
}

bool Set::add_to_integers(std::int64_t value) {
  IntegerSet set = integers();
  if (!fits_integers()) {
    if (set.contains(value)) return false;
    char digits[base::kMaxIntChars];
    const Bytes text(digits, base::format_int(value, digits));
    // An empty set may have no place for integers at all.
    if (set.count() == 0 && fits_packed(text)) return add_to_packed(text);
    become_table();
    return add_to_table(text);
  }
  const bool is_new = set.add(account(), value);
  set_integers(set);
  return is_new;
}

bool Set::add_to_packed(Bytes member) {
  Packed items = object_.form == kPacked ? packed() : Packed();
  if (find_in(items, member) != nullptr) return false;
  if (!fits_packed(member)) {
    become_table();
    return add_to_table(member);
  }
  items.append(account(), {member});
  set_packed(items);
  return true;
}

bool Set::add_to_table(Bytes member) {
  const std::uint64_t hash = hash_of(member);
  Table& table = table_in(object_);
  if (is_in(table.members, hash, member)) return false;
  insert_into(table, hash, member);
  return true;
}

bool Set::add(Bytes member) {
  if (object_.form == kTable) return add_to_table(member);
  if (object_.form == kPacked) return add_to_packed(member);
  if (const auto value = base::parse_int(member)) return add_to_integers(*value);
  if (fits_packed(member)) {
    if (!empty()) become_packed(Packed::item_bytes(member.size()));
    return add_to_packed(member);
  }
  become_table();
  return add_to_table(member);
}

bool Set::add(Member member) {
  if (member.is_integer() && object_.form == kIntegers) return add_to_integers(member.integer());
  char digits[base::kMaxIntChars];
  return add(member.text(digits));
}

void Set::shape_for(std::span<const Member> members) {
  const Limits& limits = environment_->limits;
  const bool few = members.size() <= limits.set_max_packed_entries;
  if (!few && members.size() > limits.set_max_integers) {
    become_table(members.size());
    return;
  }
  bool are_integers = true;
  std::size_t longest = 0;
  char digits[base::kMaxIntChars];
  for (const Member member : members) {
    const Bytes text = member.text(digits);
    are_integers = are_integers && (member.is_integer() || base::parse_int(text));
    longest = std::max(longest, text.size());
  }
  const bool fits_integers = are_integers && members.size() <= limits.set_max_integers;
  if (!fits_integers && !(few && longest <= limits.set_max_packed_value)) {
    become_table(members.size());
  }
}

void Set::add_new(Member member) {
  char digits[base::kMaxIntChars];
  if (object_.form == kTable) {
    const Bytes text = member.text(digits);
    insert_into(table_in(object_), hash_of(text), text);
  } else {
    add(member);
  }
}

void Set::erase_slot(Members::Slot* slot, std::uint64_t hash) noexcept {
  Element* element = Members::block_in(*slot);
  members().erase(slot, hash);
  Element::destroy(account(), element);
  if (!members().empty()) return;
  destroy_table(account(), &table_in(object_));
  object_ = {};
}

bool Set::erase(Bytes member) noexcept {
  if (object_.form == kTable) {
    const std::uint64_t hash = hash_of(member);
    Members::Slot* slot = members().find(
        hash, [member](const Element& element) { return base::equals(element.member(), member); });
    if (slot == nullptr) return false;
    erase_slot(slot, hash);
    return true;
  }
  if (object_.form == kPacked) {
    Packed items = packed();
    const char* const item = find_in(items, member);
    if (item == nullptr) return false;
    items.erase(account(), item, item + Packed::item_bytes(member.size()), 1);
    set_packed(items);
    return true;
  }
  const auto value = base::parse_int(member);
  if (!value) return false;
  IntegerSet set = integers();
  const bool was_there = set.erase(account(), *value);
  set_integers(set);
  return was_there;
}

// --- Finding

namespace {

std::uint64_t load_word(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

// Members of a set often begin alike: their last bytes are compared first.
const char* Set::find_in(const Packed& packed, Bytes member) noexcept {
  const char* const end = packed.end();
  const std::size_t size = member.size();
  const bool has_tail = size >= 8;
  const std::uint64_t tail = has_tail ? load_word(member.data() + size - 8) : 0;
  for (const char* at = packed.begin(); at != end;) {
    const char* const start = at;
    const Bytes item = Packed::next(at);
    if (item.size() != size) continue;
    if (has_tail && load_word(at - 8) != tail) continue;
    if (base::equals(item, member)) return start;
  }
  return nullptr;
}

bool Set::contains(Bytes member) const noexcept {
  if (object_.form == kTable) return is_in(members(), hash_of(member), member);
  if (object_.form == kPacked) return find_in(packed(), member) != nullptr;
  const auto value = empty() ? std::nullopt : base::parse_int(member);
  return value && integers().contains(*value);
}

Member Set::random() const noexcept {
  if (object_.form == kTable) return Member(members().random(environment_->rng)->member());
  const std::size_t index = environment_->rng.below(size());
  if (object_.form == kIntegers) return Member(integers().at(index));
  const Packed items = packed();
  const char* at = items.at(index);
  return Member(Packed::next(at));
}

void MemberBatch::hash(const base::HashKey& key) noexcept {
  if (is_hashed_) return;
  is_hashed_ = true;
  char digits[base::kMaxIntChars];
  for (std::size_t i = 0; i < count_; ++i) {
    hashes_[i] = base::hash_bytes(members_[i].text(digits), key);
  }
}

namespace {

// A table of this many members and the blocks of them stay in the processor's caches while many
// look-ups go through it: nothing is gained by fetching ahead.
constexpr std::size_t kCached = 4096;

// Finds members of a packed set by their hash: for one batch of look-ups, which would walk over all
// items once each.
class PackedIndex {
 public:
  static constexpr std::size_t kMost = 192;  // items

  PackedIndex(const Packed& packed, const base::HashKey& key) noexcept {
    const char* const end = packed.end();
    for (const char* at = packed.begin(); at != end;) {
      const char* const start = at;
      std::size_t slot = base::hash_bytes(Packed::next(at), key) % kSlots;
      while (items_[slot] != nullptr) slot = (slot + 1) % kSlots;
      items_[slot] = start;
    }
  }
  bool contains(std::uint64_t hash, Bytes member) const noexcept {
    for (std::size_t slot = hash % kSlots; items_[slot] != nullptr; slot = (slot + 1) % kSlots) {
      const char* at = items_[slot];
      if (base::equals(Packed::next(at), member)) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kSlots = 256;
  const char* items_[kSlots] = {};
};

}  // namespace

void Set::look_up_in_table(MemberBatch& batch, bool keep_found) const {
  const Members& table = members();
  batch.hash(environment_->hash_key);
  const std::size_t count = batch.count_;
  if (table.size() > kCached) {
    for (std::size_t i = 0; i < count; ++i) table.prefetch(batch.hashes_[i]);
    for (std::size_t i = 0; i < count; ++i) table.prefetch_block(batch.hashes_[i]);
  }
  char digits[base::kMaxIntChars];
  batch.filter([&](std::size_t i) {
    return is_in(table, batch.hashes_[i], batch.members_[i].text(digits)) == keep_found;
  });
}

void Set::look_up_in_packed(MemberBatch& batch, bool keep_found) const {
  const Packed items = packed();
  char digits[base::kMaxIntChars];
  if (batch.count_ < 4 || items.count() < 8 || items.count() > PackedIndex::kMost) {
    batch.filter([&](std::size_t i) {
      return (find_in(items, batch.members_[i].text(digits)) != nullptr) == keep_found;
    });
    return;
  }
  batch.hash(environment_->hash_key);
  const PackedIndex index(items, environment_->hash_key);
  batch.filter([&](std::size_t i) {
    return index.contains(batch.hashes_[i], batch.members_[i].text(digits)) == keep_found;
  });
}

// Integers from a set of integers come in order: each is looked for from the one before.
void Set::look_up_in_integers(MemberBatch& batch, bool keep_found) const {
  const IntegerSet set = integers();
  std::size_t at = 0;
  std::int64_t last = INT64_MAX;
  batch.filter([&](std::size_t i) {
    const Member member = batch.members_[i];
    const auto value =
        member.is_integer() ? std::optional(member.integer()) : base::parse_int(member.text());
    if (!value) return !keep_found;
    at = *value < last ? set.lower_bound(*value) : set.lower_bound_from(at, *value);
    last = *value;
    return (at < set.count() && set.at(at) == *value) == keep_found;
  });
}

void Set::look_up(MemberBatch& batch, bool keep_found) const {
  if (object_.form == kTable)
    look_up_in_table(batch, keep_found);
  else if (object_.form == kPacked)
    look_up_in_packed(batch, keep_found);
  else
    look_up_in_integers(batch, keep_found);
}

// --- What all collections have

std::size_t Set::size_of(Object object) noexcept {
  if (object.form == kTable) return table_in(object).members.size();
  return object.form == kPacked ? Packed(object.data).count() : IntegerSet(object.data).count();
}

const char* Set::encoding_of(Object object) noexcept {
  if (object.form == kTable) return "hashtable";
  return object.form == kPacked ? "listpack" : "intset";
}

std::size_t Set::allocated_bytes(const Environment& environment, Object object,
                                 std::size_t samples) {
  if (object.form == kIntegers) return IntegerSet(object.data).allocated_bytes();
  if (object.form == kPacked) return Packed(object.data).allocated_bytes();
  const Members& members = table_in(object).members;
  std::size_t looked = 0;
  std::size_t bytes = 0;
  const auto look = [&](const Element& element) {
    environment.step();
    ++looked;
    bytes += memory::block_size(element.bytes());
  };
  if (samples == 0 || samples >= members.size())
    members.each(look);
  else
    members.sample(environment.rng, samples, look);
  const std::size_t elements = looked == 0 ? 0 : bytes * members.size() / looked;
  return memory::block_size(sizeof(Table)) + members.table_bytes() + elements;
}

Object Set::clone(const Environment& environment, Object object) {
  memory::Account& account = environment.account;
  if (object.form == kIntegers) return {IntegerSet(object.data).clone(account).block(), kIntegers};
  if (object.form == kPacked) return {Packed(object.data).clone(account).block(), kPacked};
  Table* table = make_table(environment);
  try {
    const Set copy(environment, {});
    table->members.reserve(table_in(object).members.size());
    table_in(object).members.each([&](const Element& element) {
      environment.step();
      copy.insert_into(*table, copy.hash_of(element.member()), element.member());
    });
  } catch (...) {
    destroy_table(account, table);
    throw;
  }
  return {table, kTable};
}

bool Set::destroy_some(const Environment& environment, Object& object, std::size_t most) noexcept {
  memory::Account& account = environment.account;
  if (object.form == kTable) {
    Table& table = table_in(object);
    table.torn = table.members.take_some(
        table.torn, most, [&](Element& element) { Element::destroy(account, &element); });
    if (!table.members.empty()) return false;
    destroy_table(account, &table);
  } else if (object.form == kPacked) {
    Packed(object.data).destroy(account);
  } else {
    IntegerSet(object.data).destroy(account);
  }
  object = {};
  return true;
}

}  // namespace miniredis::types
