#include "types/sorted_set.h"

#include <algorithm>
#include <new>

namespace miniredis::types {

// --- Elements and trees

SortedSet::Element* SortedSet::Element::create(memory::Account& account, Bytes member,
                                               double score) {
  const std::size_t bytes = sizeof(Element) + Packed::item_bytes(member.size());
  auto* element = new (account.allocate(bytes)) Element;
  element->score = score;
  char* at = length_prefix::put(reinterpret_cast<char*>(element + 1), member.size());
  if (!member.empty()) std::memcpy(at, member.data(), member.size());
  return element;
}

void SortedSet::Element::destroy(memory::Account& account, Element* element) noexcept {
  account.release(element, element->bytes());
}

SortedSet::Tree* SortedSet::make_tree(const Environment& environment) {
  return new (environment.account.allocate(sizeof(Tree)))
      Tree(environment.account, environment.hash_key);
}

void SortedSet::destroy_tree(memory::Account& account, Tree* tree) noexcept {
  tree->members.take_some(tree->torn, SIZE_MAX,
                          [&](Element& element) { Element::destroy(account, &element); });
  tree->~Tree();
  account.release(tree, sizeof(Tree));
}

void SortedSet::insert_into(Tree& tree, std::uint64_t hash, Bytes member, double score) const {
  Element* element = Element::create(account(), member, score);
  try {
    tree.members.insert(hash, element);
  } catch (...) {
    Element::destroy(account(), element);
    throw;
  }
  try {
    tree.order.insert(score, element);
  } catch (...) {
    const auto is_it = [element](const Element& other) { return &other == element; };
    tree.members.erase(tree.members.find(hash, is_it), hash);
    Element::destroy(account(), element);
    throw;
  }
}

void SortedSet::become_tree(std::size_t members) {
  Tree* tree = make_tree(*environment_);
  try {
    tree->members.reserve(std::max(members, size() + 1));
    walk_all([&](Bytes member, double score) {
      insert_into(*tree, base::hash_bytes(member, environment_->hash_key), member, score);
    });
  } catch (...) {
    destroy_tree(account(), tree);
    throw;
  }
  packed().destroy(account());
  object_ = {tree, kTree};
}

void SortedSet::expect(std::size_t members) {
  if (members > environment_->limits.sorted_set_max_packed_entries) become_tree(members);
}

void SortedSet::drop_if_empty() noexcept {
  if (!is_tree() || !tree().members.empty()) return;
  destroy_tree(account(), &tree());
  object_ = {};
}

// --- Finding and changing

bool SortedSet::fits_packed(Bytes member) const noexcept {
  return size() < environment_->limits.sorted_set_max_packed_entries &&
         member.size() <= environment_->limits.sorted_set_max_packed_value &&
         packed().used() + Packed::item_bytes(member.size()) + Packed::item_bytes(sizeof(double)) <=
             Packed::kMostBytes;
}

SortedSet::Place SortedSet::find(Bytes member) const noexcept {
  Place place;
  if (is_tree()) {
    place.hash = base::hash_bytes(member, environment_->hash_key);
    auto* slot = tree().members.find(place.hash, [member](const Element& element) {
      return base::equals(element.member(), member);
    });
    if (slot != nullptr) {
      place.found = true;
      place.element = Dictionary<Element, ByMember>::block_in(*slot);
      place.score = place.element->score;
    }
    return place;
  }
  const Packed items = packed();
  const char* const end = items.end();
  for (const char* at = items.begin(); at != end;) {
    const char* const start = at;
    const bool found = base::equals(Packed::next(at), member);
    if (found) {
      place.found = true;
      place.item = start;
      place.score = take_score(at);
      break;
    }
    at += Packed::item_bytes(sizeof(double));
  }
  return place;
}

void SortedSet::put(const Place& place, Bytes member, double score) {
  if (is_tree()) {
    put_tree(place, member, score);
  } else if (place.found || fits_packed(member)) {
    put_packed(place, member, score);
  } else {
    become_tree();
    insert_into(tree(), base::hash_bytes(member, environment_->hash_key), member, score);
  }
}

void SortedSet::put_tree(const Place& place, Bytes member, double score) {
  if (!place.found) {
    insert_into(tree(), place.hash, member, score);
  } else if (place.score != score) {
    tree().order.change_key(place.score, score, place.element);
    place.element->score = score;
  }
}

const char* SortedSet::behind_in(const Packed& packed, Bytes member, double score) noexcept {
  const char* at = packed.begin();
  while (at != packed.end()) {
    const char* const start = at;
    const Bytes other = Packed::next(at);
    const double other_score = take_score(at);
    if (score < other_score || (score == other_score && member < other)) return start;
  }
  return at;
}

// -0 becomes 0 here and stays as it is in a tree, as Redis has it; the two are equal anyway.
void SortedSet::put_packed(const Place& place, Bytes member, double score) {
  Packed items = packed();
  score += 0.0;
  if (!place.found) {
    const char* at = behind_in(items, member, score);
    items.splice(account(), at, at, 0,
                 {member, Bytes(reinterpret_cast<const char*>(&score), sizeof score)});
    set_packed(items);
    return;
  }
  if (place.score == score) return;
  const char* to = behind_in(items, member, score);
  // The bytes are turned round within the block, so that nothing can fail halfway.
  auto* const from = const_cast<char*>(place.item);
  char* const value = from + Packed::item_bytes(member.size()) + 1;
  char* const next = value + sizeof score;
  std::memcpy(value, &score, sizeof score);
  if (to > next)
    std::rotate(from, next, const_cast<char*>(to));
  else if (to < from)
    std::rotate(const_cast<char*>(to), from, next);
}

void SortedSet::append(Bytes member, double score) {
  if (!is_tree() && !fits_packed(member)) become_tree();
  if (is_tree()) {
    insert_into(tree(), base::hash_bytes(member, environment_->hash_key), member, score);
    return;
  }
  Packed items = packed();
  score += 0.0;
  items.append(account(), {member, Bytes(reinterpret_cast<const char*>(&score), sizeof score)});
  set_packed(items);
}

bool SortedSet::erase(Bytes member) noexcept {
  if (is_tree()) {
    const std::uint64_t hash = base::hash_bytes(member, environment_->hash_key);
    auto* slot = tree().members.find(
        hash, [member](const Element& element) { return base::equals(element.member(), member); });
    if (slot == nullptr) return false;
    Element* element = Dictionary<Element, ByMember>::block_in(*slot);
    tree().order.erase(element->score, *element);
    tree().members.erase(slot, hash);
    Element::destroy(account(), element);
    drop_if_empty();
    return true;
  }
  const Place place = find(member);
  if (!place.found) return false;
  Packed items = packed();
  const char* to = place.item + Packed::item_bytes(member.size()) + Packed::item_bytes(8);
  items.erase(account(), place.item, to, 2);
  set_packed(items);
  return true;
}

void SortedSet::erase_range(std::size_t rank, std::size_t count) noexcept {
  if (count == 0) return;
  if (is_tree()) {
    Tree& tree = this->tree();
    tree.order.erase_run(rank, count, [&](Element& element) {
      const std::uint64_t hash = ByMember::hash(element, environment_->hash_key);
      const auto is_it = [&](const Element& other) { return &other == &element; };
      tree.members.erase(tree.members.find(hash, is_it), hash);
      Element::destroy(account(), &element);
    });
    drop_if_empty();
    return;
  }
  Packed items = packed();
  const char* const from = items.at(2 * rank);
  const char* to = from;
  for (std::size_t i = 0; i < 2 * count; ++i) Packed::skip(to);
  items.erase(account(), from, to, 2 * count);
  set_packed(items);
}

// --- Ranks

std::optional<std::size_t> SortedSet::rank(Bytes member) const noexcept {
  if (is_tree()) {
    const Place place = find(member);
    if (!place.found) return std::nullopt;
    return tree().order.count_before(Order::BeforeItem{place.score, *place.element});
  }
  const Packed items = packed();
  std::size_t rank = 0;
  for (const char* at = items.begin(); at != items.end(); ++rank) {
    if (base::equals(Packed::next(at), member)) return rank;
    at += Packed::item_bytes(sizeof(double));
  }
  return std::nullopt;
}

template <typename Behind>
std::size_t SortedSet::count_until(Behind&& behind) const noexcept {
  const Packed items = packed();
  std::size_t count = 0;
  for (const char* at = items.begin(); at != items.end(); ++count) {
    const Bytes member = Packed::next(at);
    if (behind(member, take_score(at))) break;
  }
  return count;
}

std::size_t SortedSet::rank_of_first(const ScoreBound& least) const noexcept {
  if (is_tree()) {
    return least.exclusive ? tree().order.count_before(Order::BehindKey{least.score})
                           : tree().order.count_before(Order::BeforeKey{least.score});
  }
  return count_until([&](Bytes, double score) {
    return least.exclusive ? score > least.score : score >= least.score;
  });
}

std::size_t SortedSet::rank_behind(const ScoreBound& most) const noexcept {
  return rank_of_first(ScoreBound{most.score, !most.exclusive});
}

namespace {

// The point before or behind a member, among those of one score.
struct MemberPoint {
  double key;
  Bytes member;
  bool behind;
  bool passes(const SortedSet::Element& element) const noexcept {
    return behind ? element.member() <= member : element.member() < member;
  }
};

}  // namespace

std::size_t SortedSet::rank_of_first(const MemberBound& least) const noexcept {
  if (least.kind == MemberBound::Kind::kLowest || empty()) return 0;
  if (least.kind == MemberBound::Kind::kHighest) return size();
  if (is_tree()) {
    const double score = tree().order.at(0).key();
    return tree().order.count_before(MemberPoint{score, least.member, least.exclusive});
  }
  return count_until([&](Bytes member, double) {
    return least.exclusive ? member > least.member : member >= least.member;
  });
}

std::size_t SortedSet::rank_behind(const MemberBound& most) const noexcept {
  return rank_of_first(MemberBound{most.kind, most.member, !most.exclusive});
}

// --- What all collections have

std::size_t SortedSet::size_of(Object object) noexcept {
  return object.form == kTree ? tree_in(object).members.size() : Packed(object.data).count() / 2;
}

const char* SortedSet::encoding_of(Object object) noexcept {
  return object.form == kTree ? "skiplist" : "listpack";
}

std::size_t SortedSet::allocated_bytes(const Environment& environment, Object object,
                                       std::size_t samples) {
  if (object.form != kTree) return Packed(object.data).allocated_bytes();
  const Tree& tree = tree_in(object);
  const std::size_t size = tree.members.size();
  std::size_t looked = 0;
  std::size_t bytes = 0;
  const auto look = [&](const Element& element) {
    environment.step();
    ++looked;
    bytes += memory::block_size(element.bytes());
  };
  if (samples == 0) {
    auto cursor = tree.order.at(0);
    for (std::size_t i = 0; i < size; ++i, cursor.next()) look(cursor.item());
  } else {
    tree.members.sample(environment.rng, samples, look);
  }
  if (looked > 0 && looked < size) bytes = bytes / looked * size;
  return memory::block_size(sizeof(Tree)) + tree.members.table_bytes() + tree.order.node_bytes() +
         bytes;
}

Object SortedSet::clone(const Environment& environment, Object object) {
  SortedSet copy(environment, {});
  if (object.form != kTree) {
    copy.set_packed(Packed(object.data).clone(environment.account));
    return copy.object();
  }
  Tree* tree = make_tree(environment);
  try {
    tree->members.reserve(size_of(object));
    SortedSet(environment, object).walk_all([&](Bytes member, double score) {
      environment.step();
      copy.insert_into(*tree, base::hash_bytes(member, environment.hash_key), member, score);
    });
  } catch (...) {
    destroy_tree(environment.account, tree);
    throw;
  }
  return {tree, kTree};
}

bool SortedSet::destroy_some(const Environment& environment, Object& object,
                             std::size_t most) noexcept {
  if (object.form != kTree) {
    Packed(object.data).destroy(environment.account);
    object = {};
    return true;
  }
  Tree& tree = tree_in(object);
  // A leaf costs about as much to free as some elements do.
  if (tree.order.free_some(most / 4 + 1)) return false;
  tree.torn = tree.members.take_some(
      tree.torn, most, [&](Element& element) { Element::destroy(environment.account, &element); });
  if (!tree.members.empty()) return false;
  destroy_tree(environment.account, &tree);
  object = {};
  return true;
}

// --- SortedSetBuilder

SortedSetBuilder::SortedSetBuilder(const Environment& environment, std::size_t expected)
    : environment_(&environment), tree_(SortedSet::make_tree(environment)) {
  try {
    tree_->members.reserve(expected);
  } catch (...) {
    SortedSet::destroy_tree(environment.account, tree_);
    throw;
  }
}

SortedSetBuilder::~SortedSetBuilder() {
  if (tree_ != nullptr) SortedSet::destroy_tree(environment_->account, tree_);
}

SortedSetBuilder::Found SortedSetBuilder::find(Bytes member) const noexcept {
  const std::uint64_t hash = base::hash_bytes(member, environment_->hash_key);
  auto* slot = tree_->members.find(hash, [member](const SortedSet::Element& element) {
    return base::equals(element.member(), member);
  });
  if (slot == nullptr) return {nullptr, hash};
  return {&decltype(tree_->members)::block_in(*slot)->score, hash};
}

void SortedSetBuilder::add(const Found& found, Bytes member, double score) {
  auto* element = SortedSet::Element::create(environment_->account, member, score);
  try {
    tree_->members.insert(found.hash, element);
  } catch (...) {
    SortedSet::Element::destroy(environment_->account, element);
    throw;
  }
  longest_ = std::max(longest_, member.size());
}

SortedSetBuilder::Ordered SortedSetBuilder::in_order() const {
  using Element = SortedSet::Element;
  Ordered all{memory::AccountedAllocator<std::pair<double, Element*>>(environment_->account)};
  all.reserve(tree_->members.size());
  tree_->members.each([&](Element& element) { all.emplace_back(element.score, &element); });
  std::sort(all.begin(), all.end(), [this](const auto& a, const auto& b) {
    environment_->step();
    return a.first < b.first ||
           (a.first == b.first && SortedSet::ByMember::before(*a.second, *b.second));
  });
  return all;
}

Object SortedSetBuilder::finish() {
  if (tree_->members.empty()) return {};
  const Ordered all = in_order();
  const Limits& limits = environment_->limits;
  if (all.size() <= limits.sorted_set_max_packed_entries &&
      longest_ <= limits.sorted_set_max_packed_value) {
    SortedSet set(*environment_, {});
    try {
      for (const auto& [score, element] : all) set.append(element->member(), score);
    } catch (...) {
      Object part = set.object();
      while (!SortedSet::destroy_some(*environment_, part, SIZE_MAX)) {
      }
      throw;
    }
    return set.object();
  }
  for (const auto& [score, element] : all) {
    environment_->step();
    tree_->order.insert(score, element);
  }
  return {std::exchange(tree_, nullptr), SortedSet::kTree};
}

}  // namespace miniredis::types
