#include "types/stream_node.h"

namespace miniredis::types {
namespace {

constexpr std::size_t varint_bytes(std::uint64_t number) noexcept {
  std::size_t bytes = 1;
  for (; number >= 0x80; number >>= 7) ++bytes;
  return bytes;
}

char* put_varint(char* at, std::uint64_t number) noexcept {
  for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
  *at++ = static_cast<char>(number);
  return at;
}

char* put_string(char* at, Bytes string) noexcept {
  at = length_prefix::put(at, string.size());
  if (!string.empty()) std::memcpy(at, string.data(), string.size());
  return at + string.size();
}

// What is stored of an id beside a base.
struct Distance {
  std::uint64_t ms;
  std::uint64_t seq;
  Distance(StreamId base, StreamId id) noexcept
      : ms(id.ms - base.ms), seq(ms == 0 ? id.seq - base.seq : id.seq) {}
  std::size_t bytes() const noexcept {
    return (ms == 0 ? 0 : varint_bytes(ms)) + (seq == 0 ? 0 : varint_bytes(seq));
  }
};

}  // namespace

std::size_t StreamNode::names_bytes(Words words) noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < words.size(); i += 2) bytes += Packed::item_bytes(words[i].size());
  return bytes;
}

StreamNode* StreamNode::make(memory::Account& account, StreamId base, Words words,
                             std::size_t entries_room) {
  const std::size_t start_size = names_bytes(words);
  const std::size_t total = memory::block_size(sizeof(StreamNode) + start_size + entries_room);
  auto* node = static_cast<StreamNode*>(account.allocate(total));
  const auto start = static_cast<std::uint32_t>(start_size);
  *node = {base,
           static_cast<std::uint32_t>(total - sizeof(StreamNode)),
           start,
           start,
           start,
           0,
           static_cast<std::uint32_t>(words.size() / 2)};
  char* at = node->data();
  for (std::size_t i = 0; i < words.size(); i += 2) at = put_string(at, words[i]);
  return node;
}

void StreamNode::destroy(memory::Account& account, StreamNode* node) noexcept {
  account.release(node, node->allocated_bytes());
}

StreamNode* StreamNode::copy(memory::Account& account, std::size_t entries_room) const {
  const std::size_t total = memory::block_size(sizeof(StreamNode) + names_end + entries_room);
  auto* fresh = static_cast<StreamNode*>(account.allocate(total));
  *fresh = *this;
  fresh->room = static_cast<std::uint32_t>(total - sizeof(StreamNode));
  fresh->begin = names_end;
  fresh->end = names_end + (end - begin);
  std::memcpy(fresh->data(), data(), names_end);
  std::memcpy(fresh->data() + names_end, data() + begin, end - begin);
  return fresh;
}

bool StreamNode::has_names(Words words) const noexcept {
  if (words.size() != std::size_t{2} * names) return false;
  const char* at = data();
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (!base::equals(Packed::next(at), words[i])) return false;
  }
  return true;
}

StreamNode::Shape StreamNode::first_shape(Words words) noexcept {
  std::size_t payload = 1;
  for (std::size_t i = 1; i < words.size(); i += 2) payload += Packed::item_bytes(words[i].size());
  return {payload, true};
}

StreamNode::Shape StreamNode::shape_of(StreamId id, Words words) const noexcept {
  Shape shape = first_shape(words);
  shape.payload += Distance(base, id).bytes();
  shape.same_names = has_names(words);
  if (!shape.same_names) shape.payload += varint_bytes(words.size() / 2) + names_bytes(words);
  return shape;
}

void StreamNode::append(StreamId id, Words words, Shape shape) noexcept {
  char* const start = data() + end;
  char* const payload = length_prefix::put(start, shape.payload);
  char* at = payload;
  const Distance distance(base, id);
  *at++ = static_cast<char>((shape.same_names ? kSameNames : 0) | (distance.ms == 0 ? kSameMs : 0) |
                            (distance.seq == 0 ? kNoSeq : 0));
  if (distance.ms != 0) at = put_varint(at, distance.ms);
  if (distance.seq != 0) at = put_varint(at, distance.seq);
  if (shape.same_names) {
    for (std::size_t i = 1; i < words.size(); i += 2) at = put_string(at, words[i]);
  } else {
    at = put_varint(at, words.size() / 2);
    for (const Bytes word : words) at = put_string(at, word);
  }
  for (const char* prefix = payload; prefix != start;) *at++ = *--prefix;
  end += entry_bytes(shape.payload);
  ++entries;
}

void StreamNode::close_gap() noexcept {
  std::memmove(data() + names_end, data() + begin, end - begin);
  end -= begin - names_end;
  begin = names_end;
}

std::uint32_t StreamNode::length_before(std::uint32_t offset) const noexcept {
  const char* const last = data() + offset - 1;
  const auto first = static_cast<unsigned char>(*last);
  if (first < 254) [[likely]]
    return first;
  char prefix[length_prefix::kMost];
  const std::size_t size = first == 254 ? 3 : 5;
  for (std::size_t i = 0; i < size; ++i) prefix[i] = *(last - i);
  const char* at = prefix;
  return static_cast<std::uint32_t>(length_prefix::take(at));
}

std::uint32_t StreamNode::ceiling(StreamId id) const noexcept {
  if (id <= base) return begin;
  std::uint32_t last_begin = end;
  const StreamId last = previous(last_begin).id;
  if (last < id) return end;
  // Ids mostly grow evenly: they tell which end is nearer.
  const bool near_end = last.ms == base.ms ? last.seq - id.seq < id.seq - base.seq
                                           : last.ms - id.ms < id.ms - base.ms;
  if (near_end) {
    std::uint32_t offset = last_begin;
    while (offset > begin) {
      std::uint32_t before = offset;
      if (previous(before).id < id) break;
      offset = before;
    }
    return offset;
  }
  std::uint32_t offset = begin;
  while (offset < end) {
    std::uint32_t behind = offset;
    if (next_id(behind) >= id) break;
    offset = behind;
  }
  return offset;
}

void StreamNode::erase(std::uint32_t from, std::uint32_t to) noexcept {
  --entries;
  // The shorter side moves.
  if (from - begin < end - to) {
    std::memmove(data() + begin + (to - from), data() + begin, from - begin);
    begin += to - from;
  } else {
    std::memmove(data() + from, data() + to, end - to);
    end -= to - from;
  }
}

}  // namespace miniredis::types
