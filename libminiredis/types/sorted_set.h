// Sorted sets: members with a score each, in the order of (score, member).
//
// Two forms:
//   packed  one types::Packed, in order: member, then the score as 8 bytes. Up to
//           limits.sorted_set_max_packed_entries members of at most
//           limits.sorted_set_max_packed_value bytes. "listpack" to clients.
//   tree    for each member a block | score 8 | length | member |, found by its member through a
//           Dictionary and by its place in the order through a RankTree. "skiplist" to clients.
//
// A set becomes a tree when it outgrows the packed form and stays one, as in Redis. Measured: a
// million members "member:1234567" with random scores, added in random order, take 63.2 bytes each
// by account and 64.4 by resident memory: 32 for the block, 11 for the slot of the dictionary, 20
// for the place in the tree (redis-server 7.0: 112).
//
// Scores are any double but NaN. Ranks count from 0, from the lowest score on. All ranges are
// ranges of ranks: rank_of() a bound gives their ends.
//
// Views of members are valid until the next change. Growing functions throw std::bad_alloc and
// leave the set as it was.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "memory/containers.h"
#include "types/dictionary.h"
#include "types/object.h"
#include "types/packed.h"
#include "types/rank_tree.h"

namespace miniredis::types {

// An end of a range of scores.
struct ScoreBound {
  double score = 0;
  bool exclusive = false;
};
// An end of a range of members whose scores are all the same.
struct MemberBound {
  enum class Kind : std::uint8_t { kLowest, kMember, kHighest };  // "-", a member, "+"
  Kind kind = Kind::kMember;
  Bytes member;
  bool exclusive = false;
};

class SortedSet {
 public:
  static constexpr Type kType = Type::kSortedSet;

  // A member of the tree form.
  class Element {
   public:
    double score = 0;
    Bytes member() const noexcept {
      const char* at = reinterpret_cast<const char*>(this + 1);
      const std::size_t length = length_prefix::take(at);
      return {at, length};
    }
    static Element* create(memory::Account& account, Bytes member, double score);
    static void destroy(memory::Account& account, Element* element) noexcept;
    std::size_t bytes() const noexcept {
      return sizeof(Element) + Packed::item_bytes(member().size());
    }
  };

  // Where a member is, or would be. Valid until the next change, but for the one made through it.
  struct Place {
    bool found = false;
    double score = 0;  // if found

   private:
    friend class SortedSet;
    std::uint64_t hash = 0;      // tree
    Element* element = nullptr;  // tree
    const char* item = nullptr;  // packed
  };

  SortedSet(const Environment& environment, Object object) noexcept
      : environment_(&environment), object_(object) {}
  Object object() const noexcept { return object_; }
  bool empty() const noexcept { return object_.data == nullptr; }
  std::size_t size() const noexcept { return size_of(object_); }

  Place find(Bytes member) const noexcept;
  std::optional<double> score(Bytes member) const noexcept {
    const Place place = find(member);
    return place.found ? std::optional(place.score) : std::nullopt;
  }
  // Gives the member of `place` this score: adds it, or changes its score. `place` is used up.
  void put(const Place& place, Bytes member, double score);
  // Adds the member or changes its score.
  void put(Bytes member, double score) { put(find(member), member, score); }
  // Says of an empty set how many members it will have, so that it need not grow in steps.
  void expect(std::size_t members);
  // Adds a member that is not there; fastest when they come in order.
  void append(Bytes member, double score);
  bool erase(Bytes member) noexcept;
  // Takes `count` members out, from `rank` on; there are as many.
  void erase_range(std::size_t rank, std::size_t count) noexcept;

  // Members before this one in the order.
  std::optional<std::size_t> rank(Bytes member) const noexcept;
  // Where a range that starts at `least` begins, and where one that ends at `most` ends: one behind
  // its last rank.
  std::size_t rank_of_first(const ScoreBound& least) const noexcept;
  std::size_t rank_behind(const ScoreBound& most) const noexcept;
  std::size_t rank_of_first(const MemberBound& least) const noexcept;
  std::size_t rank_behind(const MemberBound& most) const noexcept;

  // Visits `count` members from `rank` on, upwards or downwards, as visit(member, score). There are
  // as many.
  template <typename Visit>
  void walk(std::size_t rank, std::size_t count, bool downwards, Visit&& visit) const;
  template <typename Visit>
  void walk_all(Visit&& visit) const {
    walk(0, size(), false, std::forward<Visit>(visit));
  }
  // One step of a walk with Redis' SCAN guarantee: see Dictionary::scan. A packed set comes at
  // once.
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
  friend class SortedSetBuilder;
  enum Form : std::uint16_t { kPacked = 0, kTree = 1 };

  struct ByMember {
    static std::uint64_t hash(const Element& element, const base::HashKey& key) noexcept {
      return base::hash_bytes(element.member(), key);
    }
    static bool before(const Element& a, const Element& b) noexcept {
      return a.member() < b.member();
    }
  };
  using Order = RankTree<double, Element, ByMember>;
  struct Tree {
    Tree(memory::Account& account, const base::HashKey& key) noexcept
        : members(account, key), order(account) {}
    Dictionary<Element, ByMember> members;
    Order order;
    std::size_t torn = 0;  // destroy_some: how far the dictionary has been emptied
  };

  static Tree* make_tree(const Environment& environment);
  static void destroy_tree(memory::Account& account, Tree* tree) noexcept;
  static Tree& tree_in(Object object) noexcept { return *static_cast<Tree*>(object.data); }

  memory::Account& account() const noexcept { return environment_->account; }
  bool is_tree() const noexcept { return object_.form == kTree; }
  Tree& tree() const noexcept { return tree_in(object_); }
  Packed packed() const noexcept { return Packed(object_.data); }
  void set_packed(const Packed& packed) noexcept { object_ = {packed.block(), kPacked}; }
  bool fits_packed(Bytes member) const noexcept;

  static double take_score(const char*& at) noexcept {
    double score = 0;
    std::memcpy(&score, at + 1, sizeof score);
    at += 1 + sizeof score;
    return score;
  }
  // Where the first member behind (score, member) begins.
  static const char* behind_in(const Packed& packed, Bytes member, double score) noexcept;
  template <typename Behind>
  std::size_t count_until(Behind&& behind) const noexcept;
  void put_packed(const Place& place, Bytes member, double score);
  void put_tree(const Place& place, Bytes member, double score);
  void insert_into(Tree& tree, std::uint64_t hash, Bytes member, double score) const;
  void become_tree(std::size_t members = 0);
  void drop_if_empty() noexcept;

  const Environment* environment_;
  Object object_;
};

template <typename Visit>
void SortedSet::walk(std::size_t rank, std::size_t count, bool downwards, Visit&& visit) const {
  if (count == 0) return;
  if (is_tree()) {
    auto cursor = tree().order.at(rank);
    if (!downwards) cursor.fetch_ahead(count);
    for (;;) {
      visit(cursor.item().member(), cursor.key());
      if (--count == 0) return;
      if (downwards)
        cursor.previous();
      else if (cursor.next())
        cursor.fetch_ahead(count);
    }
  }
  const Packed items = packed();
  if (!downwards) {
    const char* at = items.at(2 * rank);
    for (; count > 0; --count) {
      const Bytes member = Packed::next(at);
      const double score = take_score(at);
      visit(member, score);
    }
    return;
  }
  // A packed block is read forwards only: the places of a stretch at a time, from the last one on.
  constexpr std::size_t kStretch = 128;
  const char* starts[kStretch];
  while (count > 0) {
    const std::size_t now = count < kStretch ? count : kStretch;
    const char* at = items.at(2 * (rank + 1 - now));
    for (std::size_t i = 0; i < now; ++i) {
      starts[i] = at;
      Packed::skip(at);
      Packed::skip(at);
    }
    for (std::size_t i = now; i-- > 0;) {
      at = starts[i];
      const Bytes member = Packed::next(at);
      const double score = take_score(at);
      visit(member, score);
    }
    count -= now;
    rank -= now;
  }
}

template <typename Visit>
std::uint64_t SortedSet::scan(std::uint64_t cursor, Visit&& visit) const {
  if (is_tree()) {
    return tree().members.scan(
        cursor, [&](const Element& element) { visit(element.member(), element.score); });
  }
  walk_all(visit);
  return 0;
}

// Gathers the result of an operation on several sets: members come in any order, and more than
// once. Owns what it gathers until finish() gives it away.
class SortedSetBuilder {
 public:
  // `expected`: how many members there will be at least.
  explicit SortedSetBuilder(const Environment& environment, std::size_t expected = 0);
  ~SortedSetBuilder();
  SortedSetBuilder(const SortedSetBuilder&) = delete;
  SortedSetBuilder& operator=(const SortedSetBuilder&) = delete;

  // A member: its score if it has been added before, to be changed in place.
  struct Found {
    double* score;
    std::uint64_t hash;
  };
  Found find(Bytes member) const noexcept;
  // Adds a member that is not there.
  void add(const Found& found, Bytes member, double score);
  void add(Bytes member, double score) {
    add({nullptr, base::hash_bytes(member, environment_->hash_key)}, member, score);
  }
  std::size_t size() const noexcept { return tree_->members.size(); }
  // What has been added, in order. The elements stay here.
  using Ordered = memory::Vector<std::pair<double, SortedSet::Element*>>;
  Ordered in_order() const;
  // Puts all in order. Called once; the object is the caller's.
  Object finish();

 private:
  const Environment* environment_;
  SortedSet::Tree* tree_;
  std::size_t longest_ = 0;
};

}  // namespace miniredis::types
