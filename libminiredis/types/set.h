// A set: members without order.
//
//   kIntegers  IntegerSet, while all members read as 64-bit integers, up to
//              Limits::set_max_integers of them ("intset")
//   kPacked    types::Packed, up to set_max_packed_entries members of up to set_max_packed_value
//              bytes ("listpack")
//   kTable     types::Dictionary of MemberBlocks ("hashtable")
//
// The form changes in that direction only. Arguments must not be views into the same set; views
// that are returned are valid until the next change.
#pragma once

#include <optional>

#include "base/numbers.h"
#include "types/dictionary.h"
#include "types/integer_set.h"
#include "types/object.h"
#include "types/packed.h"

namespace miniredis::types {

// | length 1, 3 or 5 | member |: see types/packed.h
class MemberBlock {
 public:
  static MemberBlock* create(memory::Account& account, Bytes member);
  static void destroy(memory::Account& account, MemberBlock* block) noexcept;
  Bytes member() const noexcept {
    const char* at = reinterpret_cast<const char*>(this);
    return Packed::next(at);
  }
  std::size_t total() const noexcept { return Packed::item_bytes(member().size()); }

 private:
  [[maybe_unused]] std::uint8_t first_;
};

struct MemberPolicy {
  static std::uint64_t hash(const MemberBlock& block, const base::HashKey& key) noexcept {
    return base::hash_bytes(block.member(), key);
  }
};

// A member that was read: a view into the set, or the text of an integer.
class Member {
 public:
  explicit Member(Bytes bytes) noexcept : bytes_(bytes) {}
  explicit Member(std::int64_t n) noexcept : digits_(base::format_int(n, text_)) {}
  Bytes bytes() const noexcept { return digits_ == 0 ? bytes_ : Bytes(text_, digits_); }

 private:
  Bytes bytes_;
  std::size_t digits_ = 0;
  char text_[base::kMaxIntChars];
};

class Set {
 public:
  static constexpr Type kType = Type::kSet;
  enum Form : std::uint16_t { kIntegers, kPacked, kTable };

  Set(const Environment& environment, Object object) noexcept;
  Object object() const noexcept;
  Form form() const noexcept { return form_; }

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  bool contains(Bytes member) const noexcept;
  // Return whether that changed anything. add() throws std::bad_alloc, unchanged.
  bool add(Bytes member);
  bool erase(Bytes member) noexcept;
  // A member by chance, each with the same; only when there is one.
  Member random() const noexcept;
  // Asks the processor to fetch what contains() of that member will read first.
  void prefetch(Bytes member) const noexcept {
    if (form_ == kTable) table_->members.prefetch(hash_of(member));
  }

  // Visits each member until `visit(Bytes)` returns false; the bytes are valid during the call.
  template <typename Visit>
  void each_while(Visit&& visit) const {
    if (form_ == kIntegers) {
      for (std::size_t i = 0; i < integers_.count(); ++i) {
        char text[base::kMaxIntChars];
        if (!visit(Bytes(text, base::format_int(integers_.at(i), text)))) return;
      }
    } else if (form_ == kPacked) {
      for (const char* at = packed_.begin(); at != packed_.end();) {
        if (!visit(Packed::next(at))) return;
      }
    } else {
      bool on = true;
      table_->members.each([&](const MemberBlock& block) {
        if (on) on = visit(block.member());
      });
    }
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    each_while([&](Bytes member) {
      visit(member);
      return true;
    });
  }
  // One step of a scan, with the guarantee of Dictionary::scan; the small forms are walked in one.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, Visit&& visit) const {
    if (form_ != kTable) {
      each(visit);
      return 0;
    }
    return table_->members.scan(cursor, [&](const MemberBlock& block) { visit(block.member()); });
  }

  static std::size_t size_of(Object object) noexcept;
  static const char* encoding_of(Object object) noexcept;
  static std::size_t allocated_bytes(const Environment& environment, Object object,
                                     std::size_t samples) noexcept;
  static Object clone(const Environment& environment, Object object);
  static bool destroy_some(const Environment& environment, Object& object,
                           std::size_t most) noexcept;

 private:
  using Members = Dictionary<MemberBlock, MemberPolicy>;
  struct Table {
    explicit Table(const Environment& environment)
        : members(environment.account, environment.hash_key) {}
    Members members;
    std::size_t torn_down = 0;  // position of destroy_some
  };
  struct Found {
    const char* begin;  // null: not there
    const char* end;
  };

  Found find_packed(Bytes member) const noexcept;
  Members::Slot* find_slot(std::uint64_t hash, Bytes member) const noexcept;
  std::uint64_t hash_of(Bytes member) const noexcept {
    return base::hash_bytes(member, environment_->hash_key);
  }
  bool fits_packed(std::size_t members, std::size_t longest) const noexcept;
  bool add_to_integers(std::int64_t n);
  // Puts all members into another form.
  void convert(Form form);
  void leave_integers_for(Bytes member);
  static Table* make_table(const Environment& environment);

  const Environment* environment_;
  Form form_;
  IntegerSet integers_;
  Packed packed_;
  Table* table_ = nullptr;
};

}  // namespace miniredis::types
