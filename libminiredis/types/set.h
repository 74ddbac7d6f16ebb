// Sets: members without an order.
//
// Three forms:
//   integers  one types::IntegerSet, for members that all read as 64-bit integers; up to
//             limits.set_max_integers. "intset" to clients.
//   packed    one types::Packed, in order of arrival; up to limits.set_max_packed_entries members
//             of at most limits.set_max_packed_value bytes. "listpack" to clients.
//   table     a block | length | bytes | for each member, in a types::Dictionary. "hashtable" to
//             clients.
//
// A set takes the first form that its members fit and goes on to the next one when it has to, never
// back, as in Redis 7.2. Measured: a million members "member:1234567" take 26.6 bytes each by
// account and 28.2 by resident memory: 16 for the block, 11 for the slot of the dictionary
// (redis-server 7.0: 56 and 66).
//
// Members that are handed out are valid until the next change. Growing functions throw
// std::bad_alloc and leave the set as it was.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "base/numbers.h"
#include "types/dictionary.h"
#include "types/integer_set.h"
#include "types/object.h"
#include "types/packed.h"

namespace miniredis::types {

// A member as its set holds it: an integer that stands nowhere as text, or a text.
class Member {
 public:
  Member() noexcept = default;
  explicit Member(std::int64_t integer) noexcept : integer_(integer) {}
  explicit Member(Bytes text) noexcept
      : data_(text.data() == nullptr ? "" : text.data()),
        integer_(static_cast<std::int64_t>(text.size())) {}

  bool is_integer() const noexcept { return data_ == nullptr; }
  std::int64_t integer() const noexcept { return integer_; }
  // Only when it is no integer.
  Bytes text() const noexcept { return {data_, static_cast<std::size_t>(integer_)}; }
  // In either case; an integer is written to `scratch`, of base::kMaxIntChars.
  Bytes text(char* scratch) const noexcept {
    return is_integer() ? Bytes(scratch, base::format_int(integer_, scratch)) : text();
  }

 private:
  const char* data_ = nullptr;  // null: an integer
  std::int64_t integer_ = 0;    // or the text's length
};

// Some members on their way through several sets: they are looked up together, so that the waits
// for memory overlap. Members are views, as elsewhere.
class MemberBatch {
 public:
  static constexpr std::size_t kMost = 64;

  bool full() const noexcept { return count_ == kMost; }
  bool empty() const noexcept { return count_ == 0; }
  void clear() noexcept { count_ = 0, is_hashed_ = false; }
  // Only when not full, and before any look-up.
  void add(Member member) noexcept { members_[count_++] = member; }
  template <typename Visit>
  void each(Visit&& visit) const {
    for (std::size_t i = 0; i < count_; ++i) visit(members_[i]);
  }

 private:
  friend class Set;
  void hash(const base::HashKey& key) noexcept;
  // Keeps the members for which `keep(index)` holds.
  template <typename Keep>
  void filter(Keep&& keep);

  std::size_t count_ = 0;
  bool is_hashed_ = false;
  Member members_[kMost];
  std::uint64_t hashes_[kMost];
};

class Set {
 public:
  static constexpr Type kType = Type::kSet;

  Set(const Environment& environment, Object object) noexcept
      : environment_(&environment), object_(object) {}
  Object object() const noexcept { return object_; }
  bool empty() const noexcept { return object_.data == nullptr; }
  std::size_t size() const noexcept { return size_of(object_); }
  bool is_table() const noexcept { return object_.form == kTable; }

  bool contains(Bytes member) const noexcept;
  // Drops from `batch` the members that are not in this set; or those that are.
  void keep_common(MemberBatch& batch) const { look_up(batch, true); }
  void keep_different(MemberBatch& batch) const { look_up(batch, false); }

  // Changes the form to the last one, with room for so many members.
  void become_table(std::size_t members = 0);
  // Says that about `more` members will be added, of which `first` is one: a set that will be large
  // is a table at once, as in Redis.
  void expect(std::size_t more, Bytes first);
  // Gives an empty set the form that it will have with all of these, so that it need not pass
  // through others.
  void shape_for(std::span<const Member> members);
  // Returns whether it is new. The bytes must not lie in this set.
  bool add(Bytes member);
  bool add(Member member);
  // Adds a member that is known not to be there.
  void add_new(Member member);
  // Returns whether it was there.
  bool erase(Bytes member) noexcept;

  // A member by chance, each with the same; only when not empty.
  Member random() const noexcept;
  // Takes such a member out after `take(member)` has seen it.
  template <typename Take>
  void pop(Take&& take);

  // Visits every member as visit(Member).
  template <typename Visit>
  void walk(Visit&& visit) const;
  // The same as visit(Bytes); the text of an integer is valid during the call only.
  template <typename Visit>
  void each(Visit&& visit) const {
    walk([&](Member member) {
      char digits[base::kMaxIntChars];
      visit(member.text(digits));
    });
  }
  // One step of a walk with Redis' SCAN guarantee: see Dictionary::scan. The small forms come at
  // once. Visits as walk() does.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const;

  static std::size_t size_of(Object object) noexcept;
  static const char* encoding_of(Object object) noexcept;
  static std::size_t allocated_bytes(const Environment& environment, Object object,
                                     std::size_t samples);
  static Object clone(const Environment& environment, Object object);
  static bool destroy_some(const Environment& environment, Object& object,
                           std::size_t most) noexcept;

 private:
  enum Form : std::uint16_t { kIntegers = 0, kPacked = 1, kTable = 2 };

  // A member of the table form: its length and its bytes.
  class Element {
   public:
    static Element* create(memory::Account& account, Bytes member);
    static void destroy(memory::Account& account, Element* element) noexcept;
    Bytes member() const noexcept {
      const char* at = &first_;
      const std::size_t length = length_prefix::take(at);
      return {at, length};
    }
    std::size_t bytes() const noexcept { return Packed::item_bytes(member().size()); }

   private:
    char first_;
  };
  struct ByMember {
    static std::uint64_t hash(const Element& element, const base::HashKey& key) noexcept {
      return base::hash_bytes(element.member(), key);
    }
  };
  using Members = Dictionary<Element, ByMember>;
  struct Table {
    Table(memory::Account& account, const base::HashKey& key) noexcept : members(account, key) {}
    Members members;
    std::size_t torn = 0;  // destroy_some: how far the dictionary has been emptied
  };

  static Table* make_table(const Environment& environment);
  static void destroy_table(memory::Account& account, Table* table) noexcept;
  static Table& table_in(Object object) noexcept { return *static_cast<Table*>(object.data); }
  static bool is_in(const Members& members, std::uint64_t hash, Bytes member) noexcept {
    return members.find(hash, [member](const Element& element) {
      return base::equals(element.member(), member);
    }) != nullptr;
  }

  memory::Account& account() const noexcept { return environment_->account; }
  Members& members() const noexcept { return table_in(object_).members; }
  IntegerSet integers() const noexcept { return IntegerSet(object_.data); }
  Packed packed() const noexcept { return Packed(object_.data); }
  void set_integers(const IntegerSet& set) noexcept { object_ = {set.block(), kIntegers}; }
  void set_packed(const Packed& packed) noexcept {
    object_ = packed.block() == nullptr ? Object{} : Object{packed.block(), kPacked};
  }
  std::uint64_t hash_of(Bytes member) const noexcept {
    return base::hash_bytes(member, environment_->hash_key);
  }
  // Where the item begins; null when it is not there.
  static const char* find_in(const Packed& packed, Bytes member) noexcept;

  bool fits_integers() const noexcept;
  bool fits_packed(Bytes member) const noexcept;
  bool add_to_integers(std::int64_t value);
  bool add_to_packed(Bytes member);
  bool add_to_table(Bytes member);
  void insert_into(Table& table, std::uint64_t hash, Bytes member) const;
  void become_packed(std::size_t more_bytes);
  void erase_slot(Members::Slot* slot, std::uint64_t hash) noexcept;
  // Drop from `batch` those that are not found, or those that are.
  void look_up(MemberBatch& batch, bool keep_found) const;
  void look_up_in_table(MemberBatch& batch, bool keep_found) const;
  void look_up_in_packed(MemberBatch& batch, bool keep_found) const;
  void look_up_in_integers(MemberBatch& batch, bool keep_found) const;

  const Environment* environment_;
  Object object_;
};

template <typename Keep>
void MemberBatch::filter(Keep&& keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!keep(i)) continue;
    members_[kept] = members_[i];
    hashes_[kept] = hashes_[i];
    ++kept;
  }
  count_ = kept;
}

template <typename Visit>
void Set::walk(Visit&& visit) const {
  switch (object_.form) {
    case kIntegers:
      integers().each([&](std::int64_t integer) { visit(Member(integer)); });
      break;
    case kPacked: {
      const Packed items = packed();
      const char* const end = items.end();
      for (const char* at = items.begin(); at != end;) visit(Member(Packed::next(at)));
      break;
    }
    default:
      members().each([&](const Element& element) { visit(Member(element.member())); });
  }
}

template <typename Visit>
std::uint64_t Set::scan(std::uint64_t cursor, Visit&& visit) const {
  if (object_.form == kTable) {
    return members().scan(cursor, [&](const Element& element) { visit(Member(element.member())); });
  }
  walk(visit);
  return 0;
}

template <typename Take>
void Set::pop(Take&& take) {
  if (object_.form == kTable) {
    Element* const element = members().random(environment_->rng);
    take(Member(element->member()));
    const std::uint64_t hash = hash_of(element->member());
    erase_slot(members().find(hash, [=](const Element& other) { return &other == element; }), hash);
    return;
  }
  const Member member = random();
  take(member);
  char scratch[base::kMaxIntChars];
  erase(member.text(scratch));
}

}  // namespace miniredis::types
