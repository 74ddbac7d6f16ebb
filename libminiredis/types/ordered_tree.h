// An ordered map from small keys to small values: a B+tree. Under a stream it is the index of its
// nodes, the list of its groups, and every list of pending entries.
//
//   inner page   | count 4 | room 4 | branch | branch | ...       branch: first key below, page
//   leaf         | previous 8 | next 8 | count 4 | room 4 | slot | slot | ...
//
// Pages are of about 1 KiB; a tree that is a single leaf grows that leaf by doubling. Appending
// leaves full pages behind; inserting elsewhere splits a page in halves; pages that have shrunk to
// a quarter are joined to a neighbour. So no step moves more than some pages, whatever the size.
//
// A branch's key is always that of the first slot below it, so a key may be a view into what its
// value points to.
//
// Owned: the pages, through the account that every change is given; it must always be the same, and
// the tree must be emptied with clear() or take_leaf() before it goes. Not owned: what values point
// to. Cursors are valid until the next insert or erase. One thread at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "memory/account.h"

namespace miniredis::types {

struct NoValue {};

template <typename Key, typename Value>
class OrderedTree {
 public:
  struct Slot {
    Key key;
    [[no_unique_address]] Value value;
  };
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);

  struct Leaf {
    Leaf* previous;
    Leaf* next;
    std::uint32_t count;
    std::uint32_t room;
    Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }
    const Slot* slots() const noexcept { return reinterpret_cast<const Slot*>(this + 1); }
  };
  struct Cursor {
    Leaf* leaf = nullptr;  // null: behind the last, or before the first
    std::uint32_t index = 0;
    explicit operator bool() const noexcept { return leaf != nullptr; }
    const Key& key() const noexcept {
      return leaf->slots()[index].key;  // NOLINT(*-core.CallAndMessage): asked while there is one
    }
    Value& value() const noexcept {
      return leaf->slots()[index].value;  // NOLINT(*-core.CallAndMessage): likewise
    }
    void step_forward() noexcept {
      if (++index < leaf->count) return;
      leaf = leaf->next;
      index = 0;
    }
    void step_back() noexcept {
      if (index-- > 0) return;
      leaf = leaf->previous;
      index = leaf == nullptr ? 0 : leaf->count - 1;
    }
  };

  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  // Bytes of the pages by their allocator classes.
  std::size_t allocated_bytes() const noexcept { return bytes_; }
  std::size_t pages() const noexcept { return pages_; }

  Cursor first() const noexcept { return {first_, 0}; }
  Cursor last() const noexcept { return {last_, last_ == nullptr ? 0 : last_->count - 1}; }
  // The slot of the key.
  Cursor find(const Key& key) const noexcept {
    const Cursor at = floor(key);
    return at && at.key() == key ? at : Cursor{};
  }
  // The last slot whose key is not behind `key`.
  Cursor floor(const Key& key) const noexcept;
  // The first slot whose key is not before `key`.
  Cursor ceiling(const Key& key) const noexcept {
    Cursor at = floor(key);
    if (!at) return first();
    if (at.key() < key) at.step_forward();
    return at;
  }

  // False, and nothing is changed, when the key is there. Throws std::bad_alloc, unchanged.
  bool insert(memory::Account& account, const Key& key, const Value& value);
  // False when the key is not there.
  bool erase(memory::Account& account, const Key& key) noexcept;
  // Takes the first leaf out as a whole and visits its slots; only when not empty.
  template <typename Visit>  // visit(const Slot&)
  void take_leaf(memory::Account& account, Visit&& visit) noexcept;
  void clear(memory::Account& account) noexcept {
    while (!empty()) take_leaf(account, [](const Slot&) {});
  }

 private:
  struct Branch {
    Key key;
    void* page;
  };
  struct Inner {
    std::uint32_t count;
    std::uint32_t room;
    Branch* branches() noexcept { return reinterpret_cast<Branch*>(this + 1); }
  };
  // The way from the root to a leaf.
  static constexpr unsigned kMostHeight = 16;
  struct Step {
    Inner* page;
    std::uint32_t index;
  };
  struct Path {
    Step steps[kMostHeight];
    Leaf* leaf;
  };
  // New pages that an insertion needs, made before anything changes.
  struct Fresh;

  static constexpr std::uint32_t kLeafMost = (1024 - sizeof(Leaf)) / sizeof(Slot);
  static constexpr std::uint32_t kLeafFirst = 2;
  static constexpr std::uint32_t kInnerMost = (1024 - sizeof(Inner)) / sizeof(Branch);

  static constexpr std::size_t leaf_bytes(std::uint32_t room) noexcept {
    return sizeof(Leaf) + room * sizeof(Slot);
  }
  static constexpr std::size_t kInnerBytes = sizeof(Inner) + kInnerMost * sizeof(Branch);

  // The last of `count` items whose key is not behind `key`; 0 when there is none.
  template <typename Item>
  static std::uint32_t last_not_behind(const Item* items, std::uint32_t count,
                                       const Key& key) noexcept {
    std::uint32_t at = 0;
    while (count > 1) {
      const std::uint32_t half = count / 2;
      if (!(key < items[at + half].key)) at += half;
      count -= half;
    }
    return at;
  }
  Leaf* descend(const Key& key, Path* path) const noexcept;

  void* make_page(memory::Account& account, std::size_t bytes) {
    void* page = account.allocate(bytes);
    bytes_ += memory::block_size(bytes);
    ++pages_;
    return page;
  }
  void free_page(memory::Account& account, void* page, std::size_t bytes) noexcept {
    account.release(page, bytes);
    bytes_ -= memory::block_size(bytes);
    --pages_;
  }
  Leaf* make_leaf(memory::Account& account, std::uint32_t room) {
    auto* leaf = static_cast<Leaf*>(make_page(account, leaf_bytes(room)));
    *leaf = {nullptr, nullptr, 0, room};
    return leaf;
  }
  void free_leaf(memory::Account& account, Leaf* leaf) noexcept {
    free_page(account, leaf, leaf_bytes(leaf->room));
  }
  // The only leaf in a block of another size.
  void resize_only_leaf(memory::Account& account, std::uint32_t room);
  void link_behind(Leaf* leaf, Leaf* fresh) noexcept;
  void unlink(Leaf* leaf) noexcept;

  template <typename Item, typename Page>
  static void put(Page* page, Item* items, std::uint32_t index, const Item& item) noexcept {
    std::memmove(items + index + 1, items + index, (page->count - index) * sizeof(Item));
    items[index] = item;
    ++page->count;
  }
  template <typename Item, typename Page>
  static void cut(Page* page, Item* items, std::uint32_t index) noexcept {
    --page->count;
    std::memmove(items + index, items + index + 1, (page->count - index) * sizeof(Item));
  }
  // How many items stay in a full page that is split to take one more at `index`.
  static std::uint32_t split_point(std::uint32_t count, std::uint32_t index) noexcept {
    return index == count ? count : count / 2;
  }
  void add_branch(Path& path, unsigned level, Branch branch, Fresh& fresh) noexcept;
  // After the first slot of the leaf has changed: branches above follow.
  void update_keys(const Path& path, const Key& key) noexcept;
  void remove_leaf(memory::Account& account, Path& path) noexcept;
  void remove_branch(memory::Account& account, Path& path, unsigned level) noexcept;
  void lower_root(memory::Account& account) noexcept;
  void join_leaf(memory::Account& account, Path& path) noexcept;
  void join_inner(memory::Account& account, Path& path, unsigned level) noexcept;

  void* root_ = nullptr;  // a Leaf when height_ is 0
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::uint32_t pages_ = 0;
  std::uint32_t height_ = 0;  // inner pages on the way to a leaf
};

}  // namespace miniredis::types

#include "types/ordered_tree_inl.h"
