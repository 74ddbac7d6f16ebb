// A B+tree over (key, item) that knows how many elements stand before each: order, ranges and ranks
// in O(log n).
//
//   inner   | count | keys | items | children | sizes |    of each child: its least element, as key
//                                                          and item, and how many it holds
//   leaf    | count | keys | items |                       63 elements with 8-byte keys
//
// Keys stand side by side, apart from the items, so that a search in a node reads keys alone; an
// item is looked at only among equal keys. Every node is one block of kNodeBytes, a class of the
// allocator.
//
// Why a B+tree with counts (Comer, "The ubiquitous B-tree", 1979; counts as in Knuth, TAOCP 3,
// 6.2.4) and not a skip list: an element costs its 16 bytes in a leaf instead of a node of its own
// with 1.33 links and spans on the average. Before a leaf is split it gives to its neighbours, so
// that random inserts fill leaves to about 85 %, and inserts in order to nearly 100 %.
//
// Order is `static bool before(const Item& a, const Item& b)` among items of equal keys. An element
// is in the tree once; keys are numbers that order strictly (no NaN).
// Owned: the nodes, through the account. Not owned: the items.
// Threads: one at a time. Cursors are valid until the next change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/prefetch.h"
#include "memory/account.h"

namespace miniredis::types {

template <typename Key, typename Item, typename Order>
class RankTree {
  struct Leaf;
  struct Inner;
  // From the root to a leaf: in each inner node the child that was taken.
  static constexpr unsigned kMaxHeight = 24;
  struct Step {
    Inner* node;
    std::size_t index;
  };
  struct Path {
    Step steps[kMaxHeight];
    Leaf* leaf = nullptr;
    std::size_t at = 0;
  };

 public:
  static constexpr std::size_t kNodeBytes = 1024;

  explicit RankTree(memory::Account& account) noexcept : account_(&account) {}
  ~RankTree() {
    while (free_some(1 << 20)) {
    }
  }
  RankTree(const RankTree&) = delete;
  RankTree& operator=(const RankTree&) = delete;

  std::size_t size() const noexcept { return size_; }
  std::size_t node_bytes() const noexcept { return nodes_ * memory::block_size(kNodeBytes); }

  // Points between elements: `key`, and of the elements with that key, whether one stands before.
  struct BeforeKey {
    Key key;
    bool passes(const Item&) const noexcept { return false; }
  };
  struct BehindKey {
    Key key;
    bool passes(const Item&) const noexcept { return true; }
  };
  struct BeforeItem {
    Key key;
    const Item& item;
    bool passes(const Item& other) const noexcept { return Order::before(other, item); }
  };
  struct BehindItem {
    Key key;
    const Item& item;
    bool passes(const Item& other) const noexcept { return !Order::before(item, other); }
  };

  // Elements that stand before a point: one of the above, or alike.
  template <typename Point>
  std::size_t count_before(const Point& point) const noexcept;

  // Adds an element that is not there. Throws std::bad_alloc: nothing has been added then.
  void insert(Key key, Item* item);
  // Takes out an element that is there.
  void erase(Key key, const Item& item) noexcept;
  // Gives an element that is there another key, unequal to its own. Throws std::bad_alloc: it has
  // its old key then.
  void change_key(Key key, Key fresh, Item* item);
  // Takes out `count` elements from `rank` on and gives each item to `take`, which may free it.
  template <typename Take>
  void erase_run(std::size_t rank, std::size_t count, Take&& take) noexcept;

  // Walks elements one by one, either way.
  class Cursor {
   public:
    bool valid() const noexcept { return path_.leaf != nullptr; }
    Key key() const noexcept { return path_.leaf->keys[path_.at]; }
    Item& item() const noexcept {
      return *path_.leaf->items[path_.at];  // NOLINT(*-core.NullDereference): asked while valid()
    }
    // Returns whether another leaf begins.
    bool next() noexcept {
      if (++path_.at < path_.leaf->count) return false;
      turn_forward();
      return true;
    }
    void previous() noexcept {
      if (path_.at == 0)
        turn_back();
      else
        --path_.at;
    }
    // Asks the processor to fetch the items of up to `count` elements from here on in this leaf.
    void fetch_ahead(std::size_t count) const noexcept {
      if (path_.leaf == nullptr) return;
      const std::size_t left = path_.leaf->count - path_.at;
      if (count > left) count = left;
      for (std::size_t i = 0; i < count; ++i) base::prefetch(path_.leaf->items[path_.at + i]);
    }

   private:
    friend class RankTree;
    void turn_forward() noexcept;
    void turn_back() noexcept;
    Path path_;
    unsigned height_ = 0;
  };
  // The element of this rank; rank < size().
  Cursor at(std::size_t rank) const noexcept;

  // For tearing down: frees about `leaves` leaves and returns whether more are left. Once called,
  // nothing else may be but this and the destructor.
  bool free_some(std::size_t leaves) noexcept;

 private:
  static constexpr std::size_t kLeafItems = (kNodeBytes - 8) / (sizeof(Key) + sizeof(Item*));
  static constexpr std::size_t kChildren =
      (kNodeBytes - 8) / (sizeof(Key) + sizeof(Item*) + sizeof(void*) + 8);

  struct Leaf {
    static constexpr std::size_t kMost = kLeafItems;
    std::size_t count;
    Key keys[kMost];
    Item* items[kMost];
  };
  struct Inner {
    static constexpr std::size_t kMost = kChildren;
    std::size_t count;
    Key keys[kMost];
    Item* items[kMost];
    void* children[kMost];
    std::size_t sizes[kMost];
    Leaf* leaf(std::size_t index) const noexcept { return static_cast<Leaf*>(children[index]); }
    Inner* inner(std::size_t index) const noexcept { return static_cast<Inner*>(children[index]); }
  };
  static_assert(sizeof(Leaf) <= kNodeBytes && sizeof(Inner) <= kNodeBytes);

  static std::size_t keys_below(const Key* keys, std::size_t count, const Key& key) noexcept;
  template <typename Node, typename Point>
  static std::size_t search(const Node& node, const Point& point) noexcept;
  // Fills in the path to where the point is and returns how many elements stand before its leaf.
  template <typename Point>
  std::size_t descend(const Point& point, Path& path) const noexcept;
  std::size_t descend_to_rank(std::size_t rank, Path& path) const noexcept;

  static void move(Leaf& to, std::size_t to_at, const Leaf& from, std::size_t at,
                   std::size_t count) noexcept;
  static void move(Inner& to, std::size_t to_at, const Inner& from, std::size_t at,
                   std::size_t count) noexcept;
  static std::size_t weight(const Leaf&, std::size_t, std::size_t count) noexcept { return count; }
  static std::size_t weight(const Inner& node, std::size_t at, std::size_t count) noexcept {
    std::size_t sum = 0;
    for (std::size_t i = at; i < at + count; ++i) sum += node.sizes[i];
    return sum;
  }
  // Moves `count` elements or children between the children `left` and `left` + 1 of `parent`.
  template <typename Node>
  static void give_right(Inner& parent, std::size_t left, std::size_t count) noexcept;
  template <typename Node>
  static void give_left(Inner& parent, std::size_t left, std::size_t count) noexcept;

  template <typename Node>
  Node* make_node();
  void free_node(void* node) noexcept;
  // One step of making the full leaf of the path less full: the caller searches again. Throws
  // std::bad_alloc, unchanged.
  void make_room(const Path& path);
  bool give_to_neighbour(const Path& path) noexcept;
  void add_root();
  template <typename Node>
  void split(const Path& path, unsigned level, std::size_t at);
  void put(const Path& path, Key key, Item* item) noexcept;

  void take_out(Path& path, std::size_t count) noexcept;
  // The node at `level` of the path has fewer children or elements than before.
  void mend(const Path& path) noexcept;
  template <typename Node>
  bool mend_level(const Path& path, unsigned level) noexcept;
  void remove_child(Inner& parent, std::size_t index) noexcept;
  // Writes the least element of the node at `level` into the nodes above.
  void refresh(const Path& path, unsigned level) noexcept;
  static void set_least(Inner& parent, std::size_t index, const Key& key, Item* item) noexcept {
    parent.keys[index] = key;
    parent.items[index] = item;
  }

  memory::Account* account_;
  void* root_ = nullptr;  // a Leaf when height_ == 0
  std::size_t size_ = 0;
  std::size_t nodes_ = 0;
  unsigned height_ = 0;  // inner nodes above a leaf
};

}  // namespace miniredis::types

#include "types/rank_tree_inl.h"  // IWYU pragma: export
