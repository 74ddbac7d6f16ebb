// Bodies of types/rank_tree.h; include that.
#pragma once

#include "types/rank_tree.h"  // IWYU pragma: keep

namespace miniredis::types {

// --- Searching

// Without branches: which half is taken can't be foretold.
template <typename Key, typename Item, typename Order>
std::size_t RankTree<Key, Item, Order>::keys_below(const Key* keys, std::size_t count,
                                                   const Key& key) noexcept {
  const Key* base = keys;
  while (count > 1) {
    const std::size_t half = count / 2;
    base += static_cast<std::size_t>(base[half - 1] < key) * half;
    count -= half;
  }
  return static_cast<std::size_t>(base - keys) +
         static_cast<std::size_t>(count == 1 && *base < key);
}

template <typename Key, typename Item, typename Order>
template <typename Node, typename Point>
std::size_t RankTree<Key, Item, Order>::search(const Node& node, const Point& point) noexcept {
  std::size_t low = keys_below(node.keys, node.count, point.key);
  std::size_t high = node.count;
  if (low == high || point.key < node.keys[low]) return low;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (point.key < node.keys[middle] || !point.passes(*node.items[middle]))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

template <typename Key, typename Item, typename Order>
template <typename Point>
std::size_t RankTree<Key, Item, Order>::descend(const Point& point, Path& path) const noexcept {
  std::size_t rank = 0;
  const void* node = root_;
  for (unsigned level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(const_cast<void*>(node));
    const std::size_t passed = search(*inner, point);
    const std::size_t index = passed == 0 ? 0 : passed - 1;
    node = inner->children[index];
    for (std::size_t line = 0; line < sizeof(Key) * Leaf::kMost; line += 64) {
      base::prefetch(static_cast<const char*>(node) + line);
    }
    rank += weight(*inner, 0, index);
    path.steps[level] = {inner, index};
  }
  path.leaf = static_cast<Leaf*>(const_cast<void*>(node));
  path.at = search(*path.leaf, point);
  return rank;
}

template <typename Key, typename Item, typename Order>
template <typename Point>
std::size_t RankTree<Key, Item, Order>::count_before(const Point& point) const noexcept {
  if (root_ == nullptr) return 0;
  Path path;
  const std::size_t rank = descend(point, path);
  return rank + path.at;
}

template <typename Key, typename Item, typename Order>
std::size_t RankTree<Key, Item, Order>::descend_to_rank(std::size_t rank,
                                                        Path& path) const noexcept {
  void* node = root_;
  for (unsigned level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    std::size_t index = 0;
    while (rank >= inner->sizes[index]) rank -= inner->sizes[index++];
    path.steps[level] = {inner, index};
    node = inner->children[index];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.at = rank;
  return rank;
}

template <typename Key, typename Item, typename Order>
typename RankTree<Key, Item, Order>::Cursor RankTree<Key, Item, Order>::at(
    std::size_t rank) const noexcept {
  Cursor cursor;
  cursor.height_ = height_;
  descend_to_rank(rank, cursor.path_);
  return cursor;
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::Cursor::turn_forward() noexcept {
  unsigned level = height_;
  while (level > 0 && path_.steps[level - 1].index + 1 == path_.steps[level - 1].node->count) {
    --level;
  }
  if (level == 0) {
    path_.leaf = nullptr;
    return;
  }
  Step* step = &path_.steps[level - 1];
  ++step->index;
  for (; level < height_; ++level) {
    path_.steps[level] = {step->node->inner(step->index), 0};
    step = &path_.steps[level];
  }
  path_.leaf = step->node->leaf(step->index);
  path_.at = 0;
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::Cursor::turn_back() noexcept {
  unsigned level = height_;
  while (level > 0 && path_.steps[level - 1].index == 0) --level;
  if (level == 0) {
    path_.leaf = nullptr;
    return;
  }
  Step* step = &path_.steps[level - 1];
  --step->index;
  for (; level < height_; ++level) {
    Inner* node = step->node->inner(step->index);
    path_.steps[level] = {node, node->count - 1};
    step = &path_.steps[level];
  }
  path_.leaf = step->node->leaf(step->index);
  path_.at = path_.leaf->count - 1;
}

// --- Nodes

template <typename Key, typename Item, typename Order>
template <typename Node>
Node* RankTree<Key, Item, Order>::make_node() {
  auto* node = static_cast<Node*>(account_->allocate(kNodeBytes));
  node->count = 0;
  ++nodes_;
  return node;
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::free_node(void* node) noexcept {
  account_->release(node, kNodeBytes);
  --nodes_;
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::move(Leaf& to, std::size_t to_at, const Leaf& from, std::size_t at,
                                      std::size_t count) noexcept {
  std::memmove(to.keys + to_at, from.keys + at, count * sizeof(Key));
  std::memmove(to.items + to_at, from.items + at, count * sizeof(Item*));
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::move(Inner& to, std::size_t to_at, const Inner& from,
                                      std::size_t at, std::size_t count) noexcept {
  std::memmove(to.keys + to_at, from.keys + at, count * sizeof(Key));
  std::memmove(to.items + to_at, from.items + at, count * sizeof(Item*));
  std::memmove(to.children + to_at, from.children + at, count * sizeof(void*));
  std::memmove(to.sizes + to_at, from.sizes + at, count * sizeof(std::size_t));
}

template <typename Key, typename Item, typename Order>
template <typename Node>
void RankTree<Key, Item, Order>::give_right(Inner& parent, std::size_t left,
                                            std::size_t count) noexcept {
  Node& from = *static_cast<Node*>(parent.children[left]);
  Node& to = *static_cast<Node*>(parent.children[left + 1]);
  const std::size_t moved = weight(from, from.count - count, count);
  move(to, count, to, 0, to.count);
  move(to, 0, from, from.count - count, count);
  from.count -= count;
  to.count += count;
  parent.sizes[left] -= moved;
  parent.sizes[left + 1] += moved;
  set_least(parent, left + 1, to.keys[0], to.items[0]);
}

template <typename Key, typename Item, typename Order>
template <typename Node>
void RankTree<Key, Item, Order>::give_left(Inner& parent, std::size_t left,
                                           std::size_t count) noexcept {
  Node& to = *static_cast<Node*>(parent.children[left]);
  Node& from = *static_cast<Node*>(parent.children[left + 1]);
  const std::size_t moved = weight(from, 0, count);
  move(to, to.count, from, 0, count);
  move(from, 0, from, count, from.count - count);
  from.count -= count;
  to.count += count;
  parent.sizes[left] += moved;
  parent.sizes[left + 1] -= moved;
  if (from.count > 0) set_least(parent, left + 1, from.keys[0], from.items[0]);
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::refresh(const Path& path, unsigned level) noexcept {
  if (level == 0) return;
  Key key;
  Item* item = nullptr;
  if (level == height_) {
    key = path.leaf->keys[0];
    item = path.leaf->items[0];
  } else {
    key = path.steps[level].node->keys[0];
    item = path.steps[level].node->items[0];
  }
  for (; level > 0; --level) {
    const Step& step = path.steps[level - 1];
    set_least(*step.node, step.index, key, item);
    if (step.index != 0) return;
  }
}

// --- Growing

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::insert(Key key, Item* item) {
  if (root_ == nullptr) root_ = make_node<Leaf>();
  for (;;) {
    Path path;
    descend(BeforeItem{key, *item}, path);
    if (path.leaf->count < Leaf::kMost) {
      put(path, key, item);
      return;
    }
    make_room(path);
  }
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::put(const Path& path, Key key, Item* item) noexcept {
  Leaf& leaf = *path.leaf;
  move(leaf, path.at + 1, leaf, path.at, leaf.count - path.at);
  leaf.keys[path.at] = key;
  leaf.items[path.at] = item;
  ++leaf.count;
  ++size_;
  for (unsigned level = 0; level < height_; ++level) {
    ++path.steps[level].node->sizes[path.steps[level].index];
  }
  if (path.at == 0) refresh(path, height_);
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::make_room(const Path& path) {
  if (give_to_neighbour(path)) return;
  unsigned level = height_;
  while (level > 0 && path.steps[level - 1].node->count == Inner::kMost) --level;
  if (level == 0)
    add_root();
  else if (level == height_)
    split<Leaf>(path, level, path.at);
  else
    split<Inner>(path, level, path.steps[level].index);
}

// Only where a good part of the neighbour is free, lest the same elements go to and fro.
template <typename Key, typename Item, typename Order>
bool RankTree<Key, Item, Order>::give_to_neighbour(const Path& path) noexcept {
  if (height_ == 0) return false;
  const Step& step = path.steps[height_ - 1];
  Inner& parent = *step.node;
  const auto room = [&](std::size_t index) { return Leaf::kMost - parent.leaf(index)->count; };
  if (step.index + 1 < parent.count && room(step.index + 1) >= Leaf::kMost / 8) {
    give_right<Leaf>(parent, step.index, (room(step.index + 1) + 1) / 2);
    return true;
  }
  if (step.index > 0 && room(step.index - 1) >= Leaf::kMost / 8) {
    give_left<Leaf>(parent, step.index - 1, (room(step.index - 1) + 1) / 2);
    return true;
  }
  return false;
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::add_root() {
  auto* root = make_node<Inner>();
  root->count = 1;
  root->children[0] = root_;
  root->sizes[0] = size_;
  if (height_ == 0) {
    const auto* leaf = static_cast<const Leaf*>(root_);
    set_least(*root, 0, leaf->keys[0], leaf->items[0]);
  } else {
    const auto* inner = static_cast<const Inner*>(root_);
    set_least(*root, 0, inner->keys[0], inner->items[0]);
  }
  root_ = root;
  ++height_;
}

// `at` is where the new element goes, or in an inner node the child it goes to. At either end of
// the tree only one is split off: elements that come in order leave full nodes behind.
template <typename Key, typename Item, typename Order>
template <typename Node>
void RankTree<Key, Item, Order>::split(const Path& path, unsigned level, std::size_t at) {
  const Step& step = path.steps[level - 1];
  Inner& parent = *step.node;
  bool first = at == 0;
  bool last = at + 1 >= Node::kMost;
  for (unsigned i = 0; i < level; ++i) {
    first = first && path.steps[i].index == 0;
    last = last && path.steps[i].index + 1 == path.steps[i].node->count;
  }
  const std::size_t moving = last ? 1 : first ? Node::kMost - 1 : Node::kMost / 2;
  auto* fresh = make_node<Node>();
  const std::size_t right = step.index + 1;
  move(parent, right + 1, parent, right, parent.count - right);
  ++parent.count;
  parent.children[right] = fresh;
  parent.sizes[right] = 0;
  give_right<Node>(parent, step.index, moving);
}

// --- Shrinking

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::erase(Key key, const Item& item) noexcept {
  Path path;
  descend(BehindItem{key, item}, path);
  --path.at;
  take_out(path, 1);
}

template <typename Key, typename Item, typename Order>
template <typename Take>
void RankTree<Key, Item, Order>::erase_run(std::size_t rank, std::size_t count,
                                           Take&& take) noexcept {
  while (count > 0) {
    Path path;
    descend_to_rank(rank, path);
    const std::size_t left = path.leaf->count - path.at;
    const std::size_t now = count < left ? count : left;
    Item* const* items = path.leaf->items + path.at;
    for (std::size_t i = 0; i < now; ++i) base::prefetch(items[i]);
    for (std::size_t i = 0; i < now; ++i) take(*items[i]);
    take_out(path, now);
    count -= now;
  }
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::take_out(Path& path, std::size_t count) noexcept {
  Leaf& leaf = *path.leaf;
  move(leaf, path.at, leaf, path.at + count, leaf.count - path.at - count);
  leaf.count -= count;
  size_ -= count;
  for (unsigned level = 0; level < height_; ++level) {
    path.steps[level].node->sizes[path.steps[level].index] -= count;
  }
  if (path.at == 0 && leaf.count > 0) refresh(path, height_);
  if (leaf.count < Leaf::kMost / 2) mend(path);
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::mend(const Path& path) noexcept {
  unsigned level = height_;
  bool changed = level > 0 && mend_level<Leaf>(path, level);
  while (changed && --level > 0) changed = mend_level<Inner>(path, level);
  while (height_ > 0 && static_cast<Inner*>(root_)->count <= 1) {
    auto* root = static_cast<Inner*>(root_);
    root_ = root->count == 0 ? nullptr : root->children[0];
    free_node(root);
    height_ = root_ == nullptr ? 0 : height_ - 1;
  }
  if (root_ != nullptr && size_ == 0) {
    free_node(root_);
    root_ = nullptr;
  }
}

// Returns whether the node above has lost a child.
template <typename Key, typename Item, typename Order>
template <typename Node>
bool RankTree<Key, Item, Order>::mend_level(const Path& path, unsigned level) noexcept {
  const Step& step = path.steps[level - 1];
  Inner& parent = *step.node;
  const auto count = [&](std::size_t index) {
    return static_cast<Node*>(parent.children[index])->count;
  };
  const std::size_t here = count(step.index);
  if (here == 0) {
    remove_child(parent, step.index);
    if (step.index == 0 && parent.count > 0) refresh(path, level - 1);
    return true;
  }
  if (here >= Node::kMost / 2 || parent.count == 1) return false;
  // Some room is left in a merged node, lest the next insert splits it again.
  const std::size_t most = Node::kMost - Node::kMost / 8;
  std::size_t left = step.index > 0 ? step.index - 1 : 0;
  if (count(left) + count(left + 1) > most && left + 2 < parent.count && step.index > 0 &&
      here + count(step.index + 1) <= most) {
    left = step.index;
  }
  const std::size_t right = left + 1;
  if (count(left) + count(right) <= most) {
    give_left<Node>(parent, left, count(right));
    remove_child(parent, right);
    return true;
  }
  if (here < Node::kMost / 4) {
    const std::size_t even = (count(left) + count(right)) / 2;
    if (count(left) < even)
      give_left<Node>(parent, left, even - count(left));
    else
      give_right<Node>(parent, left, count(left) - even);
  }
  return false;
}

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::remove_child(Inner& parent, std::size_t index) noexcept {
  free_node(parent.children[index]);
  move(parent, index, parent, index + 1, parent.count - index - 1);
  --parent.count;
}

template <typename Key, typename Item, typename Order>
bool RankTree<Key, Item, Order>::free_some(std::size_t leaves) noexcept {
  while (root_ != nullptr && leaves-- > 0) {
    Path path;
    void* node = root_;
    for (unsigned level = 0; level < height_; ++level) {
      auto* inner = static_cast<Inner*>(node);
      path.steps[level] = {inner, inner->count - 1};
      node = inner->children[inner->count - 1];
    }
    free_node(node);
    unsigned level = height_;
    while (level > 0 && --path.steps[level - 1].node->count == 0) {
      free_node(path.steps[--level].node);
    }
    if (level == 0) root_ = nullptr;
  }
  return root_ != nullptr;
}

// --- Changing keys

template <typename Key, typename Item, typename Order>
void RankTree<Key, Item, Order>::change_key(Key key, Key fresh, Item* item) {
  Path path;
  descend(BehindItem{key, *item}, path);
  Leaf& leaf = *path.leaf;
  const std::size_t from = path.at - 1;
  const std::size_t last = leaf.count - 1;
  // What grows stays behind all that it was behind; so if it is before the last, it stays here.
  const bool grows = key < fresh;
  const bool stays =
      grows ? from < last && fresh < leaf.keys[last] : from > 0 && leaf.keys[0] < fresh;
  if (!stays) {
    insert(fresh, item);
    erase(key, *item);
    return;
  }
  std::size_t to = search(leaf, BeforeItem{fresh, *item});
  if (grows) {
    --to;
    move(leaf, from, leaf, from + 1, to - from);
  } else {
    move(leaf, to + 1, leaf, to, from - to);
  }
  leaf.keys[to] = fresh;
  leaf.items[to] = item;
  if (from == 0) refresh(path, height_);
}

}  // namespace miniredis::types
