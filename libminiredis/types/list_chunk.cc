#include "types/list_chunk.h"

namespace miniredis::types {

ListChunk* ListChunk::make(memory::Account& account, std::size_t room) {
  const std::size_t total = memory::block_size(sizeof(ListChunk) + room);
  auto* chunk = static_cast<ListChunk*>(account.allocate(total));
  *chunk = {nullptr, nullptr, static_cast<std::uint32_t>(total - sizeof(ListChunk)), 0, 0, 0};
  return chunk;
}

void ListChunk::destroy(memory::Account& account, ListChunk* chunk) noexcept {
  account.release(chunk, chunk->allocated_bytes());
}

void ListChunk::write_item(char* at, Bytes item) noexcept {
  char* const bytes = length_prefix::put(at, item.size());
  if (!item.empty()) std::memcpy(bytes, item.data(), item.size());
  char* const suffix = bytes + item.size();
  const auto prefix = static_cast<std::size_t>(bytes - at);
  for (std::size_t i = 0; i < prefix; ++i) suffix[i] = at[prefix - 1 - i];
}

std::size_t ListChunk::length_before(std::uint32_t offset) const noexcept {
  const char* const last = data() + offset - 1;
  const auto first = static_cast<unsigned char>(*last);
  if (first < 254) [[likely]]
    return first;
  char prefix[length_prefix::kMost];
  const std::size_t size = first == 254 ? 3 : 5;
  for (std::size_t i = 0; i < size; ++i) prefix[i] = *(last - i);
  const char* at = prefix;
  return length_prefix::take(at);
}

std::uint32_t ListChunk::offset_of(std::size_t index) const noexcept {
  if (index <= count / 2) {
    std::uint32_t offset = begin;
    while (index-- > 0) next_item(offset);
    return offset;
  }
  std::uint32_t offset = end;
  for (std::size_t i = count; i > index; --i) previous_item(offset);
  return offset;
}

void ListChunk::erase(std::uint32_t from, std::uint32_t to, std::uint32_t items) noexcept {
  count -= items;
  // The shorter side moves.
  if (from - begin < end - to) {
    std::memmove(data() + begin + (to - from), data() + begin, from - begin);
    begin += to - from;
  } else {
    std::memmove(data() + from, data() + to, end - to);
    end -= to - from;
  }
}

void ListChunk::insert(std::uint32_t offset, Bytes item) noexcept {
  const auto size = static_cast<std::uint32_t>(item_bytes(item.size()));
  std::memmove(data() + offset + size, data() + offset, end - offset);
  write_item(data() + offset, item);
  end += size;
  ++count;
}

void ListChunk::move_items(std::uint32_t to) noexcept {
  std::memmove(data() + to, data() + begin, used());
  end = to + static_cast<std::uint32_t>(used());
  begin = to;
}

void ListChunk::append(const ListChunk& other, std::uint32_t from, std::uint32_t to,
                       std::uint32_t items) noexcept {
  std::memcpy(data() + end, other.data() + from, to - from);
  end += to - from;
  count += items;
}

}  // namespace miniredis::types
