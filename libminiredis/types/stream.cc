#include "types/stream.h"

#include <algorithm>
#include <new>

namespace miniredis::types {
namespace {

constexpr std::size_t kFirstRoom = 88;     // for entries of a stream's first node
constexpr std::size_t kNeverShrunk = 256;  // room that is not worth an allocation
constexpr std::size_t kSealedWaste = 64;   // unused room that a full node may keep

}  // namespace

void Stream::create() {
  if (header_ != nullptr) return;
  header_ = new (environment_.account.allocate(sizeof(Header))) Header;
}

std::size_t Stream::most_node_bytes() const noexcept {
  const std::uint64_t limit = environment_.limits.stream_node_max_bytes;
  return limit == 0 ? kMostNodeBytes
                    : static_cast<std::size_t>(std::min<std::uint64_t>(limit, kMostEntryBytes));
}

std::uint64_t Stream::most_node_entries() const noexcept {
  const std::uint64_t limit = environment_.limits.stream_node_max_entries;
  return limit == 0 ? UINT64_MAX : limit;
}

// Adding

std::size_t Stream::entry_bytes(StreamNode::Words words) noexcept {
  std::size_t bytes = 0;
  for (const Bytes word : words) bytes += word.size();
  return bytes;
}

void Stream::refit(Nodes::Cursor at, std::size_t room) noexcept {
  StreamNode* const old = at.value();
  if (memory::block_size(sizeof(StreamNode) + old->names_end + room) >= old->allocated_bytes()) {
    return;
  }
  try {
    at.value() = old->copy(environment_.account, room);
  } catch (const std::bad_alloc&) {
    return;  // a smaller block would be a saving, not a need
  }
  StreamNode::destroy(environment_.account, old);
}

StreamNode* Stream::make_room(StreamNode* node, std::size_t bytes) {
  if (node->room - node->end >= bytes) [[likely]]
    return node;
  const std::size_t entries = node->end - node->begin;
  // A gap at the front is used when that pays for many entries.
  if (node->begin - node->names_end >= std::max(bytes, entries)) {
    node->close_gap();
    return node;
  }
  const std::size_t room = node->room - node->names_end;
  const std::size_t most = std::max(most_node_bytes(), node->used() + bytes) - node->names_end;
  const std::size_t wanted = std::max(std::min(2 * room, most), entries + bytes);
  StreamNode* const fresh = node->copy(environment_.account, wanted);
  header_->nodes.last().value() = fresh;
  StreamNode::destroy(environment_.account, node);
  return fresh;
}

StreamNode* Stream::add_node(StreamNode* before, StreamId id, StreamNode::Words words,
                             std::size_t bytes) {
  // What the node before it came to is the best guess at what this one will.
  std::size_t room = kFirstRoom;
  if (before != nullptr)
    room = std::min<std::size_t>(before->end - before->begin, most_node_bytes());
  StreamNode* const fresh =
      StreamNode::make(environment_.account, id, words, std::max(room, bytes));
  try {
    header_->nodes.insert(environment_.account, id, fresh);
    if (before != nullptr && before->room - before->used() > kSealedWaste) {
      refit(header_->nodes.find(before->base), before->end - before->begin);
    }
  } catch (const std::bad_alloc&) {
    StreamNode::destroy(environment_.account, fresh);
    throw;
  }
  return fresh;
}

void Stream::append(StreamId id, StreamNode::Words words) {
  create();
  StreamNode* node = nullptr;
  if (const Nodes::Cursor last = header_->nodes.last()) {
    node = last.value();
    if (node->entries < most_node_entries()) {
      const StreamNode::Shape shape = node->shape_of(id, words);
      if (node->used() + shape.total() <= most_node_bytes()) {
        node = make_room(node, shape.total());
        node->append(id, words, shape);
        header_->last_id = id;
        ++header_->length;
        ++header_->entries_added;
        return;
      }
    }
  }
  const StreamNode::Shape shape = StreamNode::first_shape(words);
  add_node(node, id, words, shape.total())->append(id, words, shape);
  header_->last_id = id;
  ++header_->length;
  ++header_->entries_added;
}

// Finding and deleting

bool Stream::contains(StreamId id) const noexcept {
  if (header_ == nullptr) return false;
  const Nodes::Cursor at = header_->nodes.floor(id);
  if (!at) return false;
  const StreamNode* node = at.value();
  std::uint32_t offset = node->ceiling(id);
  return offset < node->end && node->next_id(offset) == id;
}

void Stream::drop_node(StreamNode* node) noexcept {
  header_->nodes.erase(environment_.account, node->base);
  StreamNode::destroy(environment_.account, node);
}

void Stream::shrink_if_sparse(StreamId base, StreamNode* node) noexcept {
  const std::size_t entries = node->end - node->begin;
  if (node->room <= kNeverShrunk || node->used() >= node->room / 4) return;
  refit(header_->nodes.find(base), 2 * entries);
}

bool Stream::erase(StreamId id) noexcept {
  if (header_ == nullptr) return false;
  const Nodes::Cursor at = header_->nodes.floor(id);
  if (!at) return false;
  StreamNode* const node = at.value();
  const std::uint32_t from = node->ceiling(id);
  std::uint32_t to = from;
  if (from == node->end || !(node->next_id(to) == id)) return false;
  node->erase(from, to);
  --header_->length;
  if (header_->max_deleted_id < id) header_->max_deleted_id = id;
  if (node->entries == 0)
    drop_node(node);
  else
    shrink_if_sparse(node->base, node);
  return true;
}

std::uint64_t Stream::trim_to_length(std::uint64_t length, bool whole_nodes,
                                     std::uint64_t most) noexcept {
  std::uint64_t gone = 0;
  while (header_->length > length) {
    StreamNode* const node = header_->nodes.first().value();
    const std::uint64_t entries = node->entries;
    if (most > 0 && gone + entries > most) break;
    const std::uint64_t excess = header_->length - length;
    if (entries <= excess) {
      drop_node(node);
      header_->length -= entries;
      gone += entries;
      continue;
    }
    if (whole_nodes) break;
    for (std::uint64_t i = 0; i < excess; ++i) node->next_id(node->begin);
    node->entries -= static_cast<std::uint32_t>(excess);
    header_->length -= excess;
    gone += excess;
    shrink_if_sparse(node->base, node);
  }
  return gone;
}

std::uint64_t Stream::trim_before(StreamId id, bool whole_nodes, std::uint64_t most) noexcept {
  std::uint64_t gone = 0;
  while (header_->length > 0) {
    StreamNode* const node = header_->nodes.first().value();
    const std::uint64_t entries = node->entries;
    if (most > 0 && gone + entries > most) break;
    if (node->last_id() < id) {
      drop_node(node);
      header_->length -= entries;
      gone += entries;
      continue;
    }
    if (whole_nodes) break;
    std::uint32_t taken = 0;
    for (std::uint32_t behind = node->begin; node->next_id(behind) < id; ++taken) {
      node->begin = behind;
    }
    node->entries -= taken;
    header_->length -= taken;
    gone += taken;
    if (taken > 0) shrink_if_sparse(node->base, node);
    break;
  }
  return gone;
}

std::uint64_t Stream::count(StreamId from, StreamId to, std::uint64_t most) const noexcept {
  if (header_ == nullptr || to < from || most == 0) return 0;
  Nodes::Cursor at = header_->nodes.floor(from);
  if (!at) at = header_->nodes.first();
  std::uint64_t found = 0;
  bool first = true;
  for (; at && found < most; at.step_forward()) {
    const StreamNode* node = at.value();
    if (to < node->base) break;
    std::uint32_t offset = first ? node->ceiling(from) : node->begin;
    if (offset == node->begin && node->last_id() <= to) {
      found += node->entries;
    } else {
      while (offset < node->end && found < most && node->next_id(offset) <= to) ++found;
    }
    first = false;
  }
  return std::min(found, most);
}

// Progress of groups

bool Stream::has_gaps_from(StreamId id) const noexcept {
  const StreamId deleted = header_->max_deleted_id;
  if (empty() || deleted.is_zero() || deleted < first_entry_id()) return false;
  return id <= deleted;
}

std::int64_t Stream::entries_up_to(StreamId id) const noexcept {
  const auto added = static_cast<std::int64_t>(header_->entries_added);
  const auto length = static_cast<std::int64_t>(header_->length);
  if (added == 0) return 0;
  if (length == 0 && id <= header_->last_id) return added;
  if (id == header_->last_id) return added;
  if (id > header_->last_id) return StreamGroup::kUnknown;
  const StreamId first = first_entry_id();
  if (header_->max_deleted_id.is_zero() || header_->max_deleted_id < first) {
    if (id < first) return added - length;
    if (id == first) return added - length + 1;
  }
  return StreamGroup::kUnknown;
}

// Groups

StreamGroup* Stream::group(Bytes name) const noexcept {
  if (header_ == nullptr || header_->groups == nullptr) return nullptr;
  const Groups::Cursor at = header_->groups->find(name);
  return at ? at.value() : nullptr;
}

StreamGroup* Stream::add_group(Bytes name, StreamId last_id, std::int64_t entries_read) {
  create();
  memory::Account& account = environment_.account;
  if (header_->groups == nullptr) {
    header_->groups = new (account.allocate(sizeof(Groups))) Groups;
  }
  StreamGroup* const group = StreamGroup::make(account, name, last_id, entries_read);
  try {
    header_->groups->insert(account, group->name(), group);
  } catch (const std::bad_alloc&) {
    StreamGroup::destroy(account, group);
    throw;
  }
  return group;
}

void Stream::remove_group(StreamGroup* group) noexcept {
  header_->groups->erase(environment_.account, group->name());
  StreamGroup::destroy(environment_.account, group);
}

// Without a handle

std::size_t Stream::allocated_bytes(const Environment& environment, Object object,
                                    std::size_t samples) {
  const Stream stream(environment, object);
  const Header& header = *stream.header_;
  std::size_t node_bytes = 0;
  std::size_t nodes = 0;
  std::size_t entries = 0;
  for (auto at = header.nodes.first(); at; at.step_forward()) {
    environment.step();
    node_bytes += at.value()->allocated_bytes();
    entries += at.value()->entries;
    ++nodes;
    if (samples > 0 && entries >= samples) break;
  }
  if (nodes > 0) node_bytes = node_bytes * header.nodes.size() / nodes;
  std::size_t bytes =
      memory::block_size(sizeof(Header)) + header.nodes.allocated_bytes() + node_bytes;
  if (header.groups != nullptr) {
    bytes += memory::block_size(sizeof(Groups)) + header.groups->allocated_bytes();
    for (auto at = header.groups->first(); at; at.step_forward()) {
      bytes += at.value()->allocated_bytes();
    }
  }
  return bytes;
}

Object Stream::clone(const Environment& environment, Object object) {
  const Stream stream(environment, object);
  const Header& from = *stream.header_;
  Stream copy(environment, {});
  copy.create();
  Header& to = *copy.header_;
  memory::Account& account = environment.account;
  try {
    for (auto at = from.nodes.first(); at; at.step_forward()) {
      environment.step();
      const StreamNode& node = *at.value();
      StreamNode* const fresh = node.copy(account, node.end - node.begin);
      try {
        to.nodes.insert(account, at.key(), fresh);
      } catch (...) {
        StreamNode::destroy(account, fresh);
        throw;
      }
    }
    if (from.groups != nullptr) {
      to.groups = new (account.allocate(sizeof(Groups))) Groups;
      for (auto at = from.groups->first(); at; at.step_forward()) {
        StreamGroup* const fresh = at.value()->clone(account);
        try {
          to.groups->insert(account, fresh->name(), fresh);
        } catch (...) {
          StreamGroup::destroy(account, fresh);
          throw;
        }
      }
    }
  } catch (...) {
    Object half = copy.object();
    while (!destroy_some(environment, half, SIZE_MAX)) {
    }
    throw;
  }
  to.length = from.length;
  to.last_id = from.last_id;
  to.max_deleted_id = from.max_deleted_id;
  to.entries_added = from.entries_added;
  return copy.object();
}

bool Stream::destroy_some(const Environment& environment, Object& object,
                          std::size_t most) noexcept {
  auto* header = static_cast<Header*>(object.data);
  memory::Account& account = environment.account;
  std::size_t freed = 0;
  while (!header->nodes.empty()) {
    if (freed >= most) return false;
    StreamNode* const node = header->nodes.first().value();
    freed += node->entries;
    header->nodes.erase(account, node->base);
    StreamNode::destroy(account, node);
  }
  if (header->groups != nullptr) {
    while (!header->groups->empty()) {
      if (freed >= most) return false;
      StreamGroup* const group = header->groups->first().value();
      if (!group->empty_some(account, most, freed)) return false;
      header->groups->erase(account, group->name());
      StreamGroup::destroy(account, group);
      ++freed;
    }
    account.release(header->groups, sizeof(Groups));
  }
  account.release(header, sizeof(Header));
  return true;
}

// Walking

StreamWalk::StreamWalk(const Stream& stream, StreamId from, StreamId to,
                       Direction direction) noexcept
    : limit_(direction == kForward ? to : from), direction_(direction) {
  if (stream.header_ == nullptr || to < from) return;
  const Stream::Nodes& nodes = stream.header_->nodes;
  if (direction == kForward) {
    node_ = nodes.floor(from);
    if (!node_) node_ = nodes.first();
    if (node_) offset_ = node_.value()->ceiling(from);
    return;
  }
  node_ = nodes.floor(to);
  if (!node_) return;
  const StreamNode* node = node_.value();
  const auto behind = to.next();
  offset_ = behind ? node->ceiling(*behind) : node->end;
}

}  // namespace miniredis::types
