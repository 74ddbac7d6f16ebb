// A stream: entries of names and values in the order of their ids, to which is added at the end,
// and the groups of consumers that read it.
//
// Entries lie in StreamNodes of up to Limits::stream_node_max_bytes and stream_node_max_entries (0:
// no limit but kMostNodeBytes); an entry that is larger has a node of its own. Nodes are found
// through an OrderedTree by the id they began with. An entry that is deleted is taken out of its
// node at once; a node goes with its last entry.
//
// A stream lives when it has no entry, and even before it has had one: exists() says whether there
// is any.
//
// Arguments must not be views into the same stream; entries are valid until it changes.
#pragma once

#include <cstdint>

#include "types/object.h"
#include "types/ordered_tree.h"
#include "types/stream_groups.h"
#include "types/stream_node.h"

namespace miniredis::types {

class Stream {
 public:
  static constexpr Type kType = Type::kStream;
  static constexpr bool kLivesEmpty = true;
  static constexpr std::size_t kMostNodeBytes = std::size_t{64} << 10;
  // Entries of more are refused by append()'s callers.
  static constexpr std::size_t kMostEntryBytes = std::size_t{1} << 30;
  using Groups = OrderedTree<Bytes, StreamGroup*>;
  using Nodes = OrderedTree<StreamId, StreamNode*>;

  Stream(const Environment& environment, Object object) noexcept
      : environment_(environment), header_(static_cast<Header*>(object.data)) {}
  Object object() const noexcept { return {header_, 0}; }

  bool exists() const noexcept { return header_ != nullptr; }
  // Makes an empty stream where there is none. Throws std::bad_alloc, unchanged.
  void create();

  std::size_t size() const noexcept { return header_ == nullptr ? 0 : header_->length; }
  bool empty() const noexcept { return size() == 0; }

  // What follows up to the groups, only when it exists, unless it says otherwise.

  // The greatest id ever given.
  StreamId last_id() const noexcept { return header_->last_id; }
  void set_last_id(StreamId id) noexcept { header_->last_id = id; }
  // The greatest id that was ever deleted by erase(); trimming does not count.
  StreamId max_deleted_id() const noexcept { return header_->max_deleted_id; }
  void set_max_deleted_id(StreamId id) noexcept { header_->max_deleted_id = id; }
  // How many entries were ever added.
  std::uint64_t entries_added() const noexcept { return header_->entries_added; }
  void set_entries_added(std::uint64_t count) noexcept { header_->entries_added = count; }
  // Those that are there; 0-0 when there are none.
  StreamId first_entry_id() const noexcept {
    return empty() ? StreamId{} : header_->nodes.first().value()->first_id();
  }
  StreamId last_entry_id() const noexcept {
    return empty() ? StreamId{} : header_->nodes.last().value()->last_id();
  }

  // Adds an entry behind all others: `id` > last_id(); makes the stream if there is none. `words`:
  // name, value, name, value ... Throws std::bad_alloc, unchanged but for being there.
  void append(StreamId id, StreamNode::Words words);
  static std::size_t entry_bytes(StreamNode::Words words) noexcept;
  // False when there is no such entry. Also when there is no stream.
  bool contains(StreamId id) const noexcept;
  bool erase(StreamId id) noexcept;

  // Takes entries off the front. `whole_nodes`: only such as go with their node. Stops before more
  // than `most` would be gone; 0: no such limit. Returns how many went.
  std::uint64_t trim_to_length(std::uint64_t length, bool whole_nodes, std::uint64_t most) noexcept;
  std::uint64_t trim_before(StreamId id, bool whole_nodes, std::uint64_t most) noexcept;

  // How many entries lie in [from, to], up to `most`. Also when there is no stream. O(nodes), and a
  // walk through those at either end.
  std::uint64_t count(StreamId from, StreamId to, std::uint64_t most) const noexcept;

  // How many entries had been added when the one of this id was, it counted; StreamGroup::kUnknown
  // when that can't be told, because entries were deleted or the id was never given.
  std::int64_t entries_up_to(StreamId id) const noexcept;
  // Whether entries with ids from `id` on were deleted by erase().
  bool has_gaps_from(StreamId id) const noexcept;

  // In the order of their names. Also when there is no stream.
  Groups::Cursor first_group() const noexcept {
    return header_ == nullptr || header_->groups == nullptr ? Groups::Cursor{}
                                                            : header_->groups->first();
  }
  std::size_t group_count() const noexcept {
    return header_ == nullptr || header_->groups == nullptr ? 0 : header_->groups->size();
  }
  StreamGroup* group(Bytes name) const noexcept;
  // Only when there is none of this name; makes the stream if there is none. Throws std::bad_alloc,
  // unchanged but for being there.
  StreamGroup* add_group(Bytes name, StreamId last_id, std::int64_t entries_read);
  // O(pending entries and consumers).
  void remove_group(StreamGroup* group) noexcept;

  const Nodes& nodes() const noexcept { return header_->nodes; }
  memory::Account& account() const noexcept { return environment_.account; }

  static std::size_t size_of(Object object) noexcept {
    return static_cast<const Header*>(object.data)->length;
  }
  static const char* encoding_of(Object) noexcept { return "stream"; }
  static std::size_t allocated_bytes(const Environment& environment, Object object,
                                     std::size_t samples);
  static Object clone(const Environment& environment, Object object);
  static bool destroy_some(const Environment& environment, Object& object,
                           std::size_t most) noexcept;

 private:
  friend class StreamWalk;

  struct Header {
    Nodes nodes;
    std::uint64_t length = 0;
    StreamId last_id;
    StreamId max_deleted_id;
    std::uint64_t entries_added = 0;
    Groups* groups = nullptr;
  };

  std::size_t most_node_bytes() const noexcept;
  std::uint64_t most_node_entries() const noexcept;
  // Room for an entry in the last node, which it fits by the limits; the node may move.
  StreamNode* make_room(StreamNode* node, std::size_t bytes);
  StreamNode* add_node(StreamNode* before, StreamId id, StreamNode::Words words, std::size_t bytes);
  // The node in a block of another size, if there is one to be had.
  void refit(Nodes::Cursor at, std::size_t room) noexcept;
  void shrink_if_sparse(StreamId base, StreamNode* node) noexcept;
  void drop_node(StreamNode* node) noexcept;

  const Environment& environment_;
  Header* header_;
};

// Entries with ids in [from, to], one after the other:
//   StreamWalk walk(stream, from, to, StreamWalk::kForward);
//   while (const auto entry = walk.next()) ...
class StreamWalk {
 public:
  enum Direction : bool { kForward, kBackward };

  StreamWalk(const Stream& stream, StreamId from, StreamId to, Direction direction) noexcept;

  // The next entry; false when there is none.
  bool next(StreamEntry& entry) noexcept {
    return direction_ == kForward ? next_forward(entry) : next_backward(entry);
  }

 private:
  bool next_forward(StreamEntry& entry) noexcept {
    if (!node_) return false;
    const StreamNode* node = node_.value();
    if (offset_ == node->end) {
      node_.step_forward();
      if (!node_) return false;
      node = node_.value();
      offset_ = node->begin;
    }
    entry = node->next(offset_);
    if (entry.id <= limit_) return true;
    node_ = {};
    return false;
  }
  bool next_backward(StreamEntry& entry) noexcept {
    if (!node_) return false;
    const StreamNode* node = node_.value();
    if (offset_ == node->begin) {
      node_.step_back();
      if (!node_) return false;
      node = node_.value();
      offset_ = node->end;
    }
    entry = node->previous(offset_);
    if (entry.id >= limit_) return true;
    node_ = {};
    return false;
  }

  Stream::Nodes::Cursor node_;
  std::uint32_t offset_ = 0;
  StreamId limit_;
  Direction direction_;
};

}  // namespace miniredis::types
