// The consumer groups of a stream: how far each has read, and what its consumers have been given
// and have not acknowledged yet.
//
// A pending entry stands twice: in the group's tree, with when and how often it was delivered and
// to whom, and in its consumer's, by its id alone. Both are ordered by id; everything here is
// O(log n) unless it says otherwise.
//
// Blocks are made through the account that each change is given, always the stream's.
// Threads: one at a time. Pointers are valid until what they point to is deleted.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "memory/account.h"
#include "types/ordered_tree.h"
#include "types/stream_id.h"

namespace miniredis::types {

struct StreamConsumer {
  static constexpr std::int64_t kNever = -1;

  OrderedTree<StreamId, NoValue> pending;
  std::int64_t seen_ms;             // last tried to read or claim; Unix ms
  std::int64_t active_ms = kNever;  // last got something
  std::size_t name_size;

  Bytes name() const noexcept { return {reinterpret_cast<const char*>(this + 1), name_size}; }
};

struct StreamPending {
  std::int64_t delivered_ms;
  std::uint64_t deliveries;
  StreamConsumer* consumer;
};

class StreamGroup {
 public:
  static constexpr std::int64_t kUnknown = -1;
  using Pending = OrderedTree<StreamId, StreamPending>;
  using Consumers = OrderedTree<Bytes, StreamConsumer*>;

  // Throws std::bad_alloc.
  static StreamGroup* make(memory::Account& account, Bytes name, StreamId last_id,
                           std::int64_t entries_read);
  // Frees pending entries and consumers until about `most` are counted in `freed`; true: none is
  // left. Until then nothing else may be done with the group.
  bool empty_some(memory::Account& account, std::size_t most, std::size_t& freed) noexcept;
  // With all that it has. O(n).
  static void destroy(memory::Account& account, StreamGroup* group) noexcept;
  StreamGroup* clone(memory::Account& account) const;

  Bytes name() const noexcept { return {reinterpret_cast<const char*>(this + 1), name_size_}; }
  const Pending& pending() const noexcept { return pending_; }
  const Consumers& consumers() const noexcept { return consumers_; }
  // O(consumers).
  std::size_t allocated_bytes() const noexcept;

  StreamConsumer* consumer(Bytes name) const noexcept {
    const auto at = consumers_.find(name);
    return at ? at.value() : nullptr;
  }
  // Only when there is none of this name. Throws std::bad_alloc, unchanged.
  StreamConsumer* add_consumer(memory::Account& account, Bytes name, std::int64_t now_ms);
  // Forgets the first `most` entries that are pending for it; O(most log n).
  void release_pending(memory::Account& account, StreamConsumer& consumer,
                       std::size_t most) noexcept;
  // With what is pending for it; O(pending log n).
  void remove_consumer(memory::Account& account, StreamConsumer* consumer) noexcept;

  // The pending entry, to be read or changed; null when there is none.
  StreamPending* find_pending(StreamId id) const noexcept {
    const auto at = pending_.find(id);
    return at ? &at.value() : nullptr;
  }
  // Makes the entry pending for the consumer, whoever has it now. Throws std::bad_alloc, unchanged.
  void deliver(memory::Account& account, StreamId id, StreamConsumer& consumer,
               std::int64_t now_ms);
  // Gives a pending entry to another consumer; the rest stays. Throws std::bad_alloc, unchanged.
  void hand_over(memory::Account& account, StreamId id, StreamPending& pending, StreamConsumer& to);
  // Takes a pending entry out; false when it is not there.
  bool acknowledge(memory::Account& account, StreamId id) noexcept;

  StreamId last_id;
  std::int64_t entries_read;  // kUnknown: could not be told

 private:
  StreamGroup(StreamId last, std::int64_t read, std::size_t name_size) noexcept
      : last_id(last), entries_read(read), name_size_(name_size) {}
  static std::size_t block_bytes(std::size_t name_size) noexcept;

  Pending pending_;
  Consumers consumers_;
  std::size_t name_size_;
};

}  // namespace miniredis::types
