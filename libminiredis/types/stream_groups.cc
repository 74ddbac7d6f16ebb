#include "types/stream_groups.h"

#include <cstring>
#include <new>

namespace miniredis::types {
namespace {

std::size_t consumer_bytes(std::size_t name_size) noexcept {
  return sizeof(StreamConsumer) + name_size;
}

// Without its pending entries.
StreamConsumer* make_consumer(memory::Account& account, Bytes name, std::int64_t now_ms) {
  auto* consumer = new (account.allocate(consumer_bytes(name.size()))) StreamConsumer;
  consumer->seen_ms = now_ms;
  consumer->name_size = name.size();
  if (!name.empty()) std::memcpy(reinterpret_cast<char*>(consumer + 1), name.data(), name.size());
  return consumer;
}

void free_consumer(memory::Account& account, StreamConsumer* consumer) noexcept {
  consumer->pending.clear(account);
  account.release(consumer, consumer_bytes(consumer->name_size));
}

}  // namespace

std::size_t StreamGroup::block_bytes(std::size_t name_size) noexcept {
  return sizeof(StreamGroup) + name_size;
}

StreamGroup* StreamGroup::make(memory::Account& account, Bytes name, StreamId last_id,
                               std::int64_t entries_read) {
  auto* group = new (account.allocate(block_bytes(name.size())))
      StreamGroup(last_id, entries_read, name.size());
  if (!name.empty()) std::memcpy(reinterpret_cast<char*>(group + 1), name.data(), name.size());
  return group;
}

bool StreamGroup::empty_some(memory::Account& account, std::size_t most,
                             std::size_t& freed) noexcept {
  while (!pending_.empty()) {
    if (freed >= most) return false;
    pending_.take_leaf(account, [&](const auto&) { ++freed; });
  }
  while (!consumers_.empty()) {
    StreamConsumer* const consumer = consumers_.first().value();
    while (!consumer->pending.empty()) {
      if (freed >= most) return false;
      consumer->pending.take_leaf(account, [&](const auto&) { ++freed; });
    }
    if (freed >= most) return false;
    consumers_.erase(account, consumer->name());
    free_consumer(account, consumer);
    ++freed;
  }
  return true;
}

void StreamGroup::destroy(memory::Account& account, StreamGroup* group) noexcept {
  std::size_t freed = 0;
  group->empty_some(account, SIZE_MAX, freed);
  account.release(group, block_bytes(group->name_size_));
}

StreamGroup* StreamGroup::clone(memory::Account& account) const {
  StreamGroup* copy = make(account, name(), last_id, entries_read);
  try {
    for (auto at = consumers_.first(); at; at.step_forward()) {
      const StreamConsumer& consumer = *at.value();
      copy->add_consumer(account, consumer.name(), consumer.seen_ms)->active_ms =
          consumer.active_ms;
    }
    for (auto at = pending_.first(); at; at.step_forward()) {
      StreamPending pending = at.value();
      pending.consumer = copy->consumer(pending.consumer->name());
      copy->pending_.insert(account, at.key(), pending);
      pending.consumer->pending.insert(account, at.key(), {});
    }
  } catch (...) {
    destroy(account, copy);
    throw;
  }
  return copy;
}

std::size_t StreamGroup::allocated_bytes() const noexcept {
  std::size_t bytes = memory::block_size(block_bytes(name_size_)) + pending_.allocated_bytes() +
                      consumers_.allocated_bytes();
  for (auto at = consumers_.first(); at; at.step_forward()) {
    const StreamConsumer& consumer = *at.value();
    bytes +=
        memory::block_size(consumer_bytes(consumer.name_size)) + consumer.pending.allocated_bytes();
  }
  return bytes;
}

StreamConsumer* StreamGroup::add_consumer(memory::Account& account, Bytes name,
                                          std::int64_t now_ms) {
  StreamConsumer* consumer = make_consumer(account, name, now_ms);
  try {
    consumers_.insert(account, consumer->name(), consumer);
  } catch (const std::bad_alloc&) {
    free_consumer(account, consumer);
    throw;
  }
  return consumer;
}

void StreamGroup::release_pending(memory::Account& account, StreamConsumer& consumer,
                                  std::size_t most) noexcept {
  for (; most > 0 && !consumer.pending.empty(); --most) {
    const StreamId id = consumer.pending.first().key();
    pending_.erase(account, id);
    consumer.pending.erase(account, id);
  }
}

void StreamGroup::remove_consumer(memory::Account& account, StreamConsumer* consumer) noexcept {
  for (auto at = consumer->pending.first(); at; at.step_forward()) {
    pending_.erase(account, at.key());
  }
  consumers_.erase(account, consumer->name());
  free_consumer(account, consumer);
}

void StreamGroup::deliver(memory::Account& account, StreamId id, StreamConsumer& consumer,
                          std::int64_t now_ms) {
  if (StreamPending* pending = find_pending(id)) {
    hand_over(account, id, *pending, consumer);
    pending->delivered_ms = now_ms;
    pending->deliveries = 1;
    return;
  }
  consumer.pending.insert(account, id, {});
  try {
    pending_.insert(account, id, {now_ms, 1, &consumer});
  } catch (const std::bad_alloc&) {
    consumer.pending.erase(account, id);
    throw;
  }
}

void StreamGroup::hand_over(memory::Account& account, StreamId id, StreamPending& pending,
                            StreamConsumer& to) {
  if (pending.consumer == &to) return;
  to.pending.insert(account, id, {});
  pending.consumer->pending.erase(account, id);
  pending.consumer = &to;
}

bool StreamGroup::acknowledge(memory::Account& account, StreamId id) noexcept {
  const StreamPending* pending = find_pending(id);
  if (pending == nullptr) return false;
  pending->consumer->pending.erase(account, id);
  pending_.erase(account, id);
  return true;
}

}  // namespace miniredis::types
