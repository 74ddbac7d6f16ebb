// The second half of ordered_tree.h.
#pragma once

#include <new>

namespace miniredis::types {

template <typename Key, typename Value>
struct OrderedTree<Key, Value>::Fresh {
  void* pages[kMostHeight + 1];
  unsigned made = 0;
  unsigned taken = 0;
  void* take() noexcept {
    return pages[taken++];  // NOLINT(*.UndefReturn): as many were made as are taken
  }
  Inner* take_inner() noexcept {
    auto* page = static_cast<Inner*>(take());
    *page = {0, kInnerMost};
    return page;
  }
};

template <typename Key, typename Value>
auto OrderedTree<Key, Value>::descend(const Key& key, Path* path) const noexcept -> Leaf* {
  void* page = root_;
  for (unsigned level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(page);
    const std::uint32_t index = last_not_behind(inner->branches(), inner->count, key);
    if (path != nullptr) path->steps[level] = {inner, index};
    page = inner->branches()[index].page;
  }
  auto* leaf = static_cast<Leaf*>(page);
  if (path != nullptr) path->leaf = leaf;
  return leaf;
}

template <typename Key, typename Value>
auto OrderedTree<Key, Value>::floor(const Key& key) const noexcept -> Cursor {
  if (root_ == nullptr) return {};
  // The last leaf is what most look-ups want: streams are read and written at their end.
  Leaf* leaf = key < last_->slots()[0].key ? descend(key, nullptr) : last_;
  const std::uint32_t index = last_not_behind(leaf->slots(), leaf->count, key);
  if (key < leaf->slots()[index].key) return {};
  return {leaf, index};
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::link_behind(Leaf* leaf, Leaf* fresh) noexcept {
  fresh->previous = leaf;
  fresh->next = leaf->next;
  leaf->next = fresh;
  (fresh->next == nullptr ? last_ : fresh->next->previous) = fresh;
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::unlink(Leaf* leaf) noexcept {
  (leaf->previous == nullptr ? first_ : leaf->previous->next) = leaf->next;
  (leaf->next == nullptr ? last_ : leaf->next->previous) = leaf->previous;
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::resize_only_leaf(memory::Account& account, std::uint32_t room) {
  Leaf* const old = first_;
  Leaf* const fresh = make_leaf(account, room);
  fresh->count = old->count;
  std::memcpy(fresh->slots(), old->slots(), old->count * sizeof(Slot));
  root_ = first_ = last_ = fresh;
  free_leaf(account, old);
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::update_keys(const Path& path, const Key& key) noexcept {
  for (unsigned level = height_; level-- > 0;) {
    const Step& step = path.steps[level];
    step.page->branches()[step.index].key = key;
    if (step.index != 0) return;
  }
}

// Puts a branch behind the one that the path takes at `level`.
template <typename Key, typename Value>
void OrderedTree<Key, Value>::add_branch(Path& path, unsigned level, Branch branch,
                                         Fresh& fresh) noexcept {
  Inner* const page = path.steps[level].page;
  const std::uint32_t index = path.steps[level].index + 1;
  if (page->count < page->room) {
    put(page, page->branches(), index, branch);
    return;
  }
  Inner* const right = fresh.take_inner();
  const std::uint32_t stay = split_point(page->count, index);
  right->count = page->count - stay;
  std::memcpy(right->branches(), page->branches() + stay, right->count * sizeof(Branch));
  page->count = stay;
  if (index <= stay && right->count > 0)
    put(page, page->branches(), index, branch);
  else
    put(right, right->branches(), index - stay, branch);
  const Branch to_right{right->branches()[0].key, right};
  if (level > 0) {
    add_branch(path, level - 1, to_right, fresh);
    return;
  }
  Inner* const root = fresh.take_inner();
  root->count = 2;
  root->branches()[0] = {page->branches()[0].key, page};
  root->branches()[1] = to_right;
  root_ = root;
  ++height_;
}

template <typename Key, typename Value>
bool OrderedTree<Key, Value>::insert(memory::Account& account, const Key& key, const Value& value) {
  if (root_ == nullptr) {
    root_ = first_ = last_ = make_leaf(account, kLeafFirst);
    first_->slots()[0] = {key, value};
    first_->count = 1;
    count_ = 1;
    return true;
  }
  Path path;
  Leaf* leaf = descend(key, &path);
  std::uint32_t index = last_not_behind(leaf->slots(), leaf->count, key);
  if (leaf->slots()[index].key == key) return false;
  if (leaf->slots()[index].key < key) ++index;
  if (leaf->count == leaf->room && height_ == 0 && leaf->room < kLeafMost) {
    const std::uint32_t wanted = 2 * leaf->room < kLeafMost ? 2 * leaf->room : kLeafMost;
    resize_only_leaf(account, wanted);
    leaf = path.leaf = first_;
  }
  if (leaf->count < leaf->room) {
    put(leaf, leaf->slots(), index, Slot{key, value});
    ++count_;
    if (index == 0) update_keys(path, key);
    return true;
  }
  // A leaf, an inner page for each full one above, and a root when all are full.
  Fresh fresh;
  try {
    fresh.pages[fresh.made] = make_leaf(account, kLeafMost);
    ++fresh.made;
    unsigned level = height_;
    while (level > 0 && path.steps[level - 1].page->count == kInnerMost) {
      fresh.pages[fresh.made] = make_page(account, kInnerBytes);
      ++fresh.made;
      --level;
    }
    if (level == 0) {
      fresh.pages[fresh.made] = make_page(account, kInnerBytes);
      ++fresh.made;
    }
  } catch (const std::bad_alloc&) {
    for (unsigned i = 0; i < fresh.made; ++i) {
      free_page(account, fresh.pages[i], i == 0 ? leaf_bytes(kLeafMost) : kInnerBytes);
    }
    throw;
  }
  auto* const right = static_cast<Leaf*>(fresh.take());
  const std::uint32_t stay = split_point(leaf->count, leaf == last_ ? index : 0);
  right->count = leaf->count - stay;
  std::memcpy(right->slots(), leaf->slots() + stay, right->count * sizeof(Slot));
  leaf->count = stay;
  link_behind(leaf, right);
  if (index <= stay && right->count > 0)
    put(leaf, leaf->slots(), index, Slot{key, value});
  else
    put(right, right->slots(), index - stay, Slot{key, value});
  ++count_;
  if (index == 0) update_keys(path, key);
  const Branch to_right{right->slots()[0].key, right};
  if (height_ > 0) {
    add_branch(path, height_ - 1, to_right, fresh);
    return true;
  }
  Inner* const root = fresh.take_inner();
  root->count = 2;
  root->branches()[0] = {leaf->slots()[0].key, leaf};
  root->branches()[1] = to_right;
  root_ = root;
  height_ = 1;
  return true;
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::lower_root(memory::Account& account) noexcept {
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    void* const below = static_cast<Inner*>(root_)->branches()[0].page;
    free_page(account, root_, kInnerBytes);
    root_ = below;
    --height_;
  }
}

// Takes out the branch of the path at `level`, and pages that are empty then.
template <typename Key, typename Value>
void OrderedTree<Key, Value>::remove_branch(memory::Account& account, Path& path,
                                            unsigned level) noexcept {
  Inner* const page = path.steps[level].page;
  const std::uint32_t index = path.steps[level].index;
  cut(page, page->branches(), index);
  if (page->count == 0) {
    free_page(account, page, kInnerBytes);
    if (level > 0)
      remove_branch(account, path, level - 1);
    else
      root_ = nullptr;
    return;
  }
  if (index == 0) {
    const Key key = page->branches()[0].key;
    for (unsigned above = level; above-- > 0;) {
      const Step& step = path.steps[above];
      step.page->branches()[step.index].key = key;
      if (step.index != 0) break;
    }
  }
  if (level > 0) join_inner(account, path, level);
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::remove_leaf(memory::Account& account, Path& path) noexcept {
  unlink(path.leaf);
  free_leaf(account, path.leaf);
  if (height_ == 0) {
    root_ = nullptr;
    return;
  }
  remove_branch(account, path, height_ - 1);
  if (root_ == nullptr)
    height_ = 0;
  else
    lower_root(account);
}

// Joins the inner page of the path at `level` to a neighbour when both are small.
template <typename Key, typename Value>
void OrderedTree<Key, Value>::join_inner(memory::Account& account, Path& path,
                                         unsigned level) noexcept {
  Inner* page = path.steps[level].page;
  if (page->count > kInnerMost / 4) return;
  Step& above = path.steps[level - 1];
  if (above.page->count == 1) return;
  const std::uint32_t left_index = above.index == 0 ? 0 : above.index - 1;
  auto* const left = static_cast<Inner*>(above.page->branches()[left_index].page);
  auto* const right = static_cast<Inner*>(above.page->branches()[left_index + 1].page);
  if (left->count + right->count > kInnerMost * 3 / 4) return;
  std::memcpy(left->branches() + left->count, right->branches(), right->count * sizeof(Branch));
  left->count += right->count;
  free_page(account, right, kInnerBytes);
  above.index = left_index + 1;
  remove_branch(account, path, level - 1);
}

template <typename Key, typename Value>
void OrderedTree<Key, Value>::join_leaf(memory::Account& account, Path& path) noexcept {
  Step& above = path.steps[height_ - 1];
  if (above.page->count == 1) return;
  const std::uint32_t left_index = above.index == 0 ? 0 : above.index - 1;
  auto* const left = static_cast<Leaf*>(above.page->branches()[left_index].page);
  auto* const right = static_cast<Leaf*>(above.page->branches()[left_index + 1].page);
  if (left->count + right->count > left->room * 3 / 4) return;
  std::memcpy(left->slots() + left->count, right->slots(), right->count * sizeof(Slot));
  left->count += right->count;
  above.index = left_index + 1;
  path.leaf = right;
  remove_leaf(account, path);
}

template <typename Key, typename Value>
bool OrderedTree<Key, Value>::erase(memory::Account& account, const Key& key) noexcept {
  if (root_ == nullptr) return false;
  Path path;
  Leaf* const leaf = descend(key, &path);
  const std::uint32_t index = last_not_behind(leaf->slots(), leaf->count, key);
  if (!(leaf->slots()[index].key == key)) return false;
  cut(leaf, leaf->slots(), index);
  --count_;
  if (leaf->count == 0) {
    remove_leaf(account, path);
    return true;
  }
  if (index == 0) update_keys(path, leaf->slots()[0].key);
  if (leaf->count > leaf->room / 4) return true;
  if (height_ > 0) {
    join_leaf(account, path);
  } else if (leaf->room > kLeafFirst) {
    try {
      resize_only_leaf(account, leaf->room / 2);
    } catch (const std::bad_alloc&) {
      // A smaller page would be a saving, not a need.
    }
  }
  return true;
}

template <typename Key, typename Value>
template <typename Visit>
void OrderedTree<Key, Value>::take_leaf(memory::Account& account, Visit&& visit) noexcept {
  Path path;
  void* page = root_;
  for (unsigned level = 0; level < height_; ++level) {
    path.steps[level] = {static_cast<Inner*>(page), 0};
    page = static_cast<Inner*>(page)->branches()[0].page;
  }
  path.leaf = static_cast<Leaf*>(page);
  count_ -= path.leaf->count;  // NOLINT(*-core.NullDereference): called while there is one
  for (std::uint32_t i = 0; i < path.leaf->count; ++i) visit(path.leaf->slots()[i]);
  remove_leaf(account, path);
}

}  // namespace miniredis::types
