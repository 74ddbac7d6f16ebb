#include "types/list.h"

#include <algorithm>

namespace miniredis::types {
namespace {

constexpr std::size_t kFirstRoom = 512;    // of a chunk that is not the first of its list
constexpr std::size_t kNeverShrunk = 256;  // room that is not worth an allocation
constexpr std::size_t kPlainRoom = 8192;   // of a chunk whose limit is a count of elements

}  // namespace

List::List(const Environment& environment, Object object) noexcept : environment_(environment) {
  if (object.data == nullptr) return;
  if (object.form == kPacked) {
    head_ = tail_ = static_cast<ListChunk*>(object.data);
    count_ = head_->count;
  } else {
    chain_ = static_cast<Chain*>(object.data);
    head_ = chain_->head;
    tail_ = chain_->tail;
    count_ = chain_->count;
  }
}

Object List::object() const noexcept {
  if (chain_ == nullptr) return {head_, kPacked};
  *chain_ = {head_, tail_, count_};
  return {chain_, kChunks};
}

std::size_t List::most_room() const noexcept {
  const std::int64_t limit = environment_.limits.list_max_packed_size;
  const std::size_t block =
      limit >= 0 ? kPlainRoom : std::size_t{4096} << (std::min<std::int64_t>(-limit, 5) - 1);
  return block - sizeof(ListChunk);
}

bool List::may_hold(const ListChunk& chunk, std::size_t length) const noexcept {
  const std::int64_t limit = environment_.limits.list_max_packed_size;
  if (limit >= 0 && chunk.count >= std::max<std::int64_t>(limit, 1)) return false;
  return chunk.used() + ListChunk::item_bytes(length) <= most_room();
}

// Chains

void List::make_chain() {
  if (chain_ != nullptr) return;
  chain_ = static_cast<Chain*>(environment_.account.allocate(sizeof(Chain)));
}

void List::drop_chain_if_small() noexcept {
  if (chain_ == nullptr || head_ != tail_) return;
  const std::int64_t limit = environment_.limits.list_max_packed_size;
  if (head_ != nullptr && (head_->used() > most_room() / 2 ||
                           (limit >= 0 && head_->count > std::max<std::int64_t>(limit / 2, 1)))) {
    return;
  }
  environment_.account.release(chain_, sizeof(Chain));
  chain_ = nullptr;
}

// Null: before the first.
void List::link_behind(ListChunk* chunk, ListChunk* fresh) noexcept {
  fresh->previous = chunk;
  fresh->next = chunk == nullptr ? head_ : chunk->next;
  (fresh->previous == nullptr ? head_ : fresh->previous->next) = fresh;
  (fresh->next == nullptr ? tail_ : fresh->next->previous) = fresh;
}

void List::unlink(ListChunk* chunk) noexcept {
  (chunk->previous == nullptr ? head_ : chunk->previous->next) = chunk->next;
  (chunk->next == nullptr ? tail_ : chunk->next->previous) = chunk->previous;
  ListChunk::destroy(environment_.account, chunk);
}

ListChunk* List::resize(ListChunk* chunk, std::size_t room, End grows) {
  ListChunk* fresh = ListChunk::make(environment_.account, room);
  if (grows == End::kFront) {
    fresh->begin = fresh->end = fresh->room - static_cast<std::uint32_t>(chunk->used());
  }
  fresh->append(*chunk, chunk->begin, chunk->end, chunk->count);
  link_behind(chunk, fresh);
  unlink(chunk);
  return fresh;
}

void List::add_chunk(End end, ListChunk* fresh) {
  if (head_ != nullptr && chain_ == nullptr) {
    try {
      make_chain();
    } catch (...) {
      ListChunk::destroy(environment_.account, fresh);
      throw;
    }
  }
  link_behind(end == End::kBack ? tail_ : nullptr, fresh);
}

// The ends

ListChunk* List::room_at(End end, std::size_t length) {
  ListChunk* chunk = end == End::kBack ? tail_ : head_;
  const std::size_t item = ListChunk::item_bytes(length);
  if (chunk != nullptr && may_hold(*chunk, length)) {
    const std::size_t used = chunk->used();
    // Room at the other end is moved over when that pays for many pushes.
    if (chunk->room - used >= item && used <= chunk->room / 2) {
      chunk->move_items(end == End::kBack ? 0 : static_cast<std::uint32_t>(chunk->room - used));
      return chunk;
    }
    if (chunk->room < most_room()) {
      const std::size_t wanted = std::max<std::size_t>(std::size_t{2} * chunk->room, used + item);
      return resize(chunk, std::min(wanted, most_room()), end);
    }
  }
  const std::size_t first = chunk == nullptr ? item : std::min(kFirstRoom, most_room());
  ListChunk* fresh = ListChunk::make(environment_.account, std::max(item, first));
  if (end == End::kFront) fresh->begin = fresh->end = fresh->room;
  add_chunk(end, fresh);
  return fresh;
}

void List::push(End end, Bytes element) {
  ListChunk* chunk = end == End::kBack ? tail_ : head_;
  if (end == End::kBack) {
    if (chunk == nullptr || !chunk->fits_behind(element.size()) ||
        !may_hold(*chunk, element.size())) {
      chunk = room_at(end, element.size());
    }
    chunk->push_back(element);
  } else {
    if (chunk == nullptr || !chunk->fits_before(element.size()) ||
        !may_hold(*chunk, element.size())) {
      chunk = room_at(end, element.size());
    }
    chunk->push_front(element);
  }
  ++count_;
}

Bytes List::peek(End end) const noexcept {
  if (end == End::kFront) {
    std::uint32_t offset = head_->begin;
    return head_->next_item(offset);
  }
  std::uint32_t offset = tail_->end;
  return tail_->previous_item(offset);
}

void List::pop(End end) noexcept {
  ListChunk* chunk = end == End::kFront ? head_ : tail_;
  if (end == End::kFront)
    chunk->next_item(chunk->begin);
  else
    chunk->previous_item(chunk->end);
  --chunk->count;
  --count_;
  if (chunk->count == 0)
    unlink(chunk);
  else if (chunk->used() < chunk->room / 4)
    shrink(chunk);
  if (chain_ != nullptr && head_ == tail_) drop_chain_if_small();
}

ListChunk* List::shrink(ListChunk* chunk) noexcept {
  if (chunk->room <= kNeverShrunk) return chunk;
  try {
    return resize(chunk, 2 * chunk->used(), End::kBack);
  } catch (const std::bad_alloc&) {
    return chunk;  // a smaller block would be a saving, not a need
  }
}

// Positions

List::Position List::at(std::size_t index) const noexcept {
  if (index <= count_ / 2) {
    ListChunk* chunk = head_;
    while (index >= chunk->count) {
      index -= chunk->count;
      chunk = chunk->next;
    }
    return {chunk, chunk->offset_of(index)};
  }
  std::size_t behind = count_ - index;  // elements from it to the end
  ListChunk* chunk = tail_;
  while (behind > chunk->count) {
    behind -= chunk->count;
    chunk = chunk->previous;
  }
  return {chunk, chunk->offset_of(chunk->count - behind)};
}

List::Position List::first(End from) const noexcept {
  if (count_ == 0) return {};
  return from == End::kFront ? Position{head_, head_->begin} : at(count_ - 1);
}

Bytes List::read(const Position& position) noexcept {
  std::uint32_t offset = position.offset;
  return position.chunk->next_item(offset);
}

void List::step(Position& position, End to) noexcept {
  ListChunk* const chunk = position.chunk;
  if (to == End::kBack) {
    chunk->next_item(position.offset);
    if (position.offset < chunk->end) return;
    position = {chunk->next, chunk->next == nullptr ? 0 : chunk->next->begin};
    return;
  }
  if (position.offset > chunk->begin) {
    chunk->previous_item(position.offset);
    return;
  }
  position = {chunk->previous, 0};
  if (position.chunk == nullptr) return;
  position.offset = position.chunk->end;
  position.chunk->previous_item(position.offset);
}

// The middle

void List::split(ListChunk* chunk, std::uint32_t offset, std::uint32_t items_before) {
  make_chain();
  ListChunk* fresh = ListChunk::make(environment_.account, chunk->end - offset);
  fresh->append(*chunk, offset, chunk->end, chunk->count - items_before);
  chunk->end = offset;
  chunk->count = items_before;
  link_behind(chunk, fresh);
}

List::Position List::insert(ListChunk* chunk, std::uint32_t offset, Bytes element) {
  const std::size_t item = ListChunk::item_bytes(element.size());
  const std::uint32_t relative = offset - chunk->begin;
  if (may_hold(*chunk, element.size())) {
    if (!chunk->fits_behind(element.size())) {
      if (chunk->room - chunk->used() >= item)
        chunk->move_items(0);
      else
        chunk = resize(chunk, std::min(most_room(), 2 * (chunk->used() + item)), End::kBack);
    }
    offset = chunk->begin + relative;
    chunk->insert(offset, element);
    ++count_;
    return {chunk, offset};
  }
  if (offset > chunk->begin && offset < chunk->end) {
    std::uint32_t items_before = 0;
    for (std::uint32_t at = chunk->begin; at < offset; ++items_before) chunk->next_item(at);
    split(chunk, offset, items_before);
    if (may_hold(*chunk, element.size())) return insert(chunk, chunk->end, element);
    if (may_hold(*chunk->next, element.size())) {
      return insert(chunk->next, chunk->next->begin, element);
    }
  }
  // Between two full chunks.
  make_chain();
  ListChunk* fresh = ListChunk::make(environment_.account, item);
  link_behind(relative == 0 ? chunk->previous : chunk, fresh);
  fresh->push_back(element);
  ++count_;
  return {fresh, fresh->begin};
}

void List::insert_before(const Position& position, Bytes element) {
  insert(position.chunk, position.offset, element);
}

void List::insert_behind(const Position& position, Bytes element) {
  std::uint32_t offset = position.offset;
  position.chunk->next_item(offset);
  insert(position.chunk, offset, element);
}

void List::replace(const Position& position, Bytes element) {
  ListChunk* chunk = position.chunk;
  std::uint32_t behind = position.offset;
  const Bytes old = chunk->next_item(behind);
  if (old.size() == element.size()) {
    char* const bytes = chunk->data() + position.offset + length_prefix::bytes(old.size());
    if (!element.empty()) std::memcpy(bytes, element.data(), element.size());
    return;
  }
  const std::size_t item = ListChunk::item_bytes(element.size());
  const std::size_t others = chunk->used() - (behind - position.offset);
  if (others + item <= most_room()) {
    // A chunk that is full of elements stays one.
    const std::uint32_t relative = position.offset - chunk->begin;
    if (chunk->room < others + item) {
      chunk = resize(chunk, std::min(most_room(), 2 * (others + item)), End::kBack);
    }
    chunk->erase(chunk->begin + relative, chunk->begin + relative + (behind - position.offset), 1);
    if (!chunk->fits_behind(element.size())) chunk->move_items(0);
    chunk->insert(chunk->begin + relative, element);
    tidy(chunk);
    drop_chain_if_small();
    return;
  }
  Position fresh = insert(chunk, position.offset, element);
  step(fresh, End::kBack);
  erase(fresh);
}

List::Position List::erase(const Position& position) noexcept {
  ListChunk* chunk = position.chunk;
  std::uint32_t behind = position.offset;
  chunk->next_item(behind);
  const std::uint32_t relative = position.offset - chunk->begin;
  chunk->erase(position.offset, behind, 1);
  --count_;
  ListChunk* const next = chunk->next;
  if (chunk->count == 0) {
    unlink(chunk);
    drop_chain_if_small();
    return {next, next == nullptr ? 0 : next->begin};
  }
  chunk = tidy(chunk);
  drop_chain_if_small();
  const std::uint32_t offset = chunk->begin + relative;
  if (offset < chunk->end) return {chunk, offset};
  return {chunk->next, chunk->next == nullptr ? 0 : chunk->next->begin};
}

ListChunk* List::tidy(ListChunk* chunk) noexcept {
  ListChunk* const next = chunk->next;
  if (next != nullptr && chunk->used() + next->used() <= most_room() / 2 &&
      (environment_.limits.list_max_packed_size < 0 ||
       chunk->count + next->count <= environment_.limits.list_max_packed_size)) {
    try {
      if (chunk->room - chunk->end < next->used()) {
        chunk = resize(chunk, chunk->used() + next->used(), End::kBack);
      }
      chunk->append(*next, next->begin, next->end, next->count);
      unlink(next);
    } catch (const std::bad_alloc&) {
      return chunk;
    }
  }
  return chunk->used() < chunk->room / 4 ? shrink(chunk) : chunk;
}

void List::erase_range(std::size_t index, std::size_t count) noexcept {
  if (index >= count_) return;
  count = std::min(count, count_ - index);
  if (count == 0) return;
  ListChunk* chunk = at(index).chunk;
  std::size_t before = index;  // elements of the chunk that stay in front
  for (const ListChunk* c = chunk->previous; c != nullptr; c = c->previous) before -= c->count;
  // Chunks are joined when all is erased, the last of them first: joining frees the next one.
  ListChunk* first_cut = nullptr;
  ListChunk* last_cut = nullptr;
  while (count > 0) {
    ListChunk* const next = chunk->next;
    const std::size_t taken = std::min<std::size_t>(count, chunk->count - before);
    count -= taken;
    count_ -= taken;
    if (taken == chunk->count) {
      unlink(chunk);
    } else {
      const std::uint32_t from = chunk->offset_of(before);
      const std::uint32_t to =
          before + taken == chunk->count ? chunk->end : chunk->offset_of(before + taken);
      chunk->erase(from, to, static_cast<std::uint32_t>(taken));
      (first_cut == nullptr ? first_cut : last_cut) = chunk;
    }
    before = 0;
    chunk = next;
  }
  if (last_cut != nullptr) tidy(last_cut);
  if (first_cut != nullptr) tidy(first_cut);
  drop_chain_if_small();
}

// Without a handle

std::size_t List::size_of(Object object) noexcept {
  return object.form == kPacked ? static_cast<ListChunk*>(object.data)->count
                                : static_cast<Chain*>(object.data)->count;
}

const char* List::encoding_of(Object object) noexcept {
  return object.form == kPacked ? "listpack" : "quicklist";
}

std::size_t List::allocated_bytes(const Environment& environment, Object object,
                                  std::size_t samples) {
  const List list(environment, object);
  std::size_t bytes = 0;
  std::size_t elements = 0;
  for (const ListChunk* chunk = list.head_; chunk != nullptr; chunk = chunk->next) {
    environment.step();
    bytes += chunk->allocated_bytes();
    elements += chunk->count;
    if (samples > 0 && elements >= samples) break;
  }
  if (elements > 0) bytes = bytes * list.count_ / elements;
  return bytes + (list.chain_ == nullptr ? 0 : memory::block_size(sizeof(Chain)));
}

Object List::clone(const Environment& environment, Object object) {
  List copy(environment, {});
  const List list(environment, object);
  if (list.chain_ != nullptr) copy.make_chain();  // one that has shrunk may have a single chunk
  try {
    for (const ListChunk* chunk = list.head_; chunk != nullptr; chunk = chunk->next) {
      environment.step();
      ListChunk* fresh = ListChunk::make(environment.account, chunk->used());
      fresh->append(*chunk, chunk->begin, chunk->end, chunk->count);
      copy.add_chunk(End::kBack, fresh);
      copy.count_ += fresh->count;
    }
  } catch (...) {
    Object half = copy.object();
    while (half.data != nullptr && !destroy_some(environment, half, SIZE_MAX)) {
    }
    throw;
  }
  return copy.object();
}

bool List::destroy_some(const Environment& environment, Object& object, std::size_t most) noexcept {
  if (object.form == kPacked) {
    ListChunk::destroy(environment.account, static_cast<ListChunk*>(object.data));
    return true;
  }
  auto* chain = static_cast<Chain*>(object.data);
  std::size_t freed = 0;
  while (chain->head != nullptr && freed < most) {
    ListChunk* const chunk = chain->head;
    chain->head = chunk->next;
    freed += chunk->count;
    ListChunk::destroy(environment.account, chunk);
  }
  if (chain->head != nullptr) return false;
  environment.account.release(chain, sizeof(Chain));
  return true;
}

}  // namespace miniredis::types
