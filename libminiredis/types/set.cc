#include "types/set.h"

#include <algorithm>

namespace miniredis::types {
namespace {

// No block of integers grows beyond this, whatever the limits say.
constexpr std::size_t kMostIntegers = std::size_t{1} << 30;

std::optional<std::int64_t> as_integer(Bytes member) noexcept {
  return member.size() < base::kMaxIntChars ? base::parse_int(member) : std::nullopt;
}

}  // namespace

MemberBlock* MemberBlock::create(memory::Account& account, Bytes member) {
  auto* block = static_cast<char*>(account.allocate(Packed::item_bytes(member.size())));
  char* const at = length_prefix::put(block, member.size());
  if (!member.empty()) std::memcpy(at, member.data(), member.size());
  return reinterpret_cast<MemberBlock*>(block);
}

void MemberBlock::destroy(memory::Account& account, MemberBlock* block) noexcept {
  account.release(block, block->total());
}

Set::Set(const Environment& environment, Object object) noexcept
    : environment_(&environment), form_(static_cast<Form>(object.form)) {
  switch (form_) {
    case kIntegers:
      integers_ = IntegerSet(object.data);
      break;
    case kPacked:
      packed_ = Packed(object.data);
      break;
    case kTable:
      table_ = static_cast<Table*>(object.data);
      break;
  }
}

Object Set::object() const noexcept {
  void* const data = form_ == kIntegers ? integers_.block()
                     : form_ == kPacked ? packed_.block()
                                        : static_cast<void*>(table_);
  return {data, static_cast<std::uint16_t>(form_)};
}

std::size_t Set::size() const noexcept {
  if (form_ == kIntegers) return integers_.count();
  return form_ == kPacked ? packed_.count() : table_->members.size();
}

Set::Found Set::find_packed(Bytes member) const noexcept {
  for (const char* at = packed_.begin(); at != packed_.end();) {
    const char* const begin = at;
    if (base::equals(Packed::next(at), member)) return {begin, at};
  }
  return {nullptr, nullptr};
}

Set::Members::Slot* Set::find_slot(std::uint64_t hash, Bytes member) const noexcept {
  return table_->members.find(
      hash, [member](const MemberBlock& block) { return base::equals(block.member(), member); });
}

bool Set::contains(Bytes member) const noexcept {
  if (form_ == kTable) return find_slot(hash_of(member), member) != nullptr;
  if (form_ == kPacked) return find_packed(member).begin != nullptr;
  const auto n = as_integer(member);
  return n && integers_.contains(*n);
}

bool Set::fits_packed(std::size_t members, std::size_t longest) const noexcept {
  const Limits& limits = environment_->limits;
  return members <= limits.set_max_packed_entries && longest <= limits.set_max_packed_value &&
         packed_.used() + longest + length_prefix::kMost <= Packed::kMostBytes;
}

bool Set::add_to_integers(std::int64_t n) {
  if (!integers_.add(environment_->account, n)) return false;
  const std::size_t most =
      std::min<std::uint64_t>(environment_->limits.set_max_integers, kMostIntegers);
  if (integers_.count() > most) convert(kTable);
  return true;
}

// The integers are one too many in kind: as texts they fit a packed set, or need a table.
void Set::leave_integers_for(Bytes member) {
  std::size_t longest = member.size();
  if (integers_.count() > 0) {
    char text[base::kMaxIntChars];
    longest = std::max({longest, base::format_int(integers_.at(0), text),
                        base::format_int(integers_.at(integers_.count() - 1), text)});
  }
  convert(fits_packed(integers_.count() + 1, longest) ? kPacked : kTable);
}

bool Set::add(Bytes member) {
  memory::Account& account = environment_->account;
  if (form_ == kIntegers) {
    if (const auto n = as_integer(member)) return add_to_integers(*n);
    leave_integers_for(member);
  }
  if (form_ == kPacked) {
    if (find_packed(member).begin != nullptr) return false;
    if (fits_packed(size() + 1, member.size())) {
      packed_.append(account, {member});
      return true;
    }
    convert(kTable);
  }
  const std::uint64_t hash = hash_of(member);
  if (find_slot(hash, member) != nullptr) return false;
  MemberBlock* block = MemberBlock::create(account, member);
  try {
    table_->members.insert(hash, block);
  } catch (...) {
    MemberBlock::destroy(account, block);
    throw;
  }
  return true;
}

bool Set::erase(Bytes member) noexcept {
  memory::Account& account = environment_->account;
  if (form_ == kIntegers) {
    const auto n = as_integer(member);
    return n && integers_.erase(account, *n);
  }
  if (form_ == kPacked) {
    const Found found = find_packed(member);
    if (found.begin == nullptr) return false;
    packed_.erase(account, found.begin, found.end, 1);
    return true;
  }
  const std::uint64_t hash = hash_of(member);
  Members::Slot* slot = find_slot(hash, member);
  if (slot == nullptr) return false;
  MemberBlock* block = Members::block_in(*slot);
  table_->members.erase(slot, hash);
  MemberBlock::destroy(account, block);
  return true;
}

Member Set::random() const noexcept {
  if (form_ == kTable) return Member(table_->members.random(environment_->rng)->member());
  const std::size_t index = environment_->rng.below(size());
  if (form_ == kIntegers) return Member(integers_.at(index));
  const char* at = packed_.at(index);
  return Member(Packed::next(at));
}

Set::Table* Set::make_table(const Environment& environment) {
  return new (environment.account.allocate(sizeof(Table))) Table(environment);
}

void Set::convert(Form form) {
  Set other(*environment_, {form == kTable ? make_table(*environment_) : nullptr,
                            static_cast<std::uint16_t>(form)});
  try {
    each([&](Bytes member) {
      if (form == kPacked)
        other.packed_.append(environment_->account, {member});
      else
        other.add(member);
    });
  } catch (...) {
    Object half = other.object();
    if (half.data != nullptr) destroy_some(*environment_, half, SIZE_MAX);
    throw;
  }
  integers_.destroy(environment_->account);
  packed_.destroy(environment_->account);
  form_ = form;
  packed_ = other.packed_;
  table_ = other.table_;
}

std::size_t Set::size_of(Object object) noexcept {
  if (object.form == kIntegers) return IntegerSet(object.data).count();
  return object.form == kPacked ? Packed(object.data).count()
                                : static_cast<Table*>(object.data)->members.size();
}

const char* Set::encoding_of(Object object) noexcept {
  if (object.form == kIntegers) return "intset";
  return object.form == kPacked ? "listpack" : "hashtable";
}

std::size_t Set::allocated_bytes(const Environment& environment, Object object,
                                 std::size_t samples) noexcept {
  if (object.form == kIntegers) return IntegerSet(object.data).allocated_bytes();
  if (object.form == kPacked) return Packed(object.data).allocated_bytes();
  const Table& table = *static_cast<Table*>(object.data);
  std::size_t looked = 0;
  std::size_t bytes = 0;
  const auto add = [&](const MemberBlock& block) {
    ++looked;
    bytes += memory::block_size(block.total());
  };
  if (samples == 0 || samples >= table.members.size())
    table.members.each(add);
  else
    table.members.sample(environment.rng, samples, add);
  const std::size_t elements = looked == 0 ? 0 : bytes * table.members.size() / looked;
  return memory::block_size(sizeof(Table)) + table.members.table_bytes() + elements;
}

Object Set::clone(const Environment& environment, Object object) {
  if (object.form == kIntegers) {
    return {IntegerSet(object.data).clone(environment.account).block(), kIntegers};
  }
  if (object.form == kPacked) {
    return {Packed(object.data).clone(environment.account).block(), kPacked};
  }
  Set copy(environment, {make_table(environment), kTable});
  try {
    Set(environment, object).each([&](Bytes member) { copy.add(member); });
  } catch (...) {
    Object half = copy.object();
    destroy_some(environment, half, SIZE_MAX);
    throw;
  }
  return copy.object();
}

bool Set::destroy_some(const Environment& environment, Object& object, std::size_t most) noexcept {
  if (object.form == kIntegers) {
    IntegerSet(object.data).destroy(environment.account);
    return true;
  }
  if (object.form == kPacked) {
    Packed(object.data).destroy(environment.account);
    return true;
  }
  auto* table = static_cast<Table*>(object.data);
  table->torn_down = table->members.take_some(table->torn_down, most, [&](MemberBlock& block) {
    MemberBlock::destroy(environment.account, &block);
  });
  if (!table->members.empty()) return false;
  table->~Table();
  environment.account.release(table, sizeof(Table));
  return true;
}

}  // namespace miniredis::types
