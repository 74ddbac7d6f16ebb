#include "keyspace/entry.h"

#include <algorithm>

namespace miniredis::keyspace {
namespace {

// Redis calls a string of up to 44 bytes "embstr"; programs look at that name.
constexpr std::size_t kEmbstrBytes = 44;

StringBlock* make_block(memory::Account& account, std::size_t capacity) {
  auto* block = static_cast<StringBlock*>(account.allocate(sizeof(StringBlock) + capacity));
  block->size = 0;
  block->capacity = static_cast<std::uint32_t>(capacity);
  return block;
}

void free_block(memory::Account& account, StringBlock* block) noexcept {
  account.release(block, sizeof(StringBlock) + block->capacity);
}

}  // namespace

Entry* Entry::make(memory::Account& account, const Shape& shape, Bytes key, std::int64_t expiry) {
  auto* entry = static_cast<Entry*>(account.allocate(shape.total()));
  entry->kind_ = static_cast<std::uint8_t>(static_cast<unsigned>(shape.encoding) << 3 |
                                           (shape.expiry ? kHasExpiry : 0U) |
                                           (shape.long_key() ? kLongKey : 0U));
  std::memset(entry->access_, 0, sizeof entry->access_);
  entry->key_size_ = static_cast<std::uint16_t>(std::min<std::size_t>(key.size(), 0xffff));
  entry->value_size_ = static_cast<std::uint16_t>(shape.value);
  if (shape.expiry) entry->set_word(0, expiry);
  if (shape.long_key()) {
    entry->set_word(entry->word_count() - 1, static_cast<std::int64_t>(key.size()));
  }
  std::memcpy(entry->bytes(), key.data(), key.size());
  return entry;
}

Entry* Entry::create(memory::Account& account, Bytes key, Bytes text, std::int64_t expiry) {
  const StringForm form = form_of(text);
  const bool expires = expiry != kNoExpiry;
  switch (form.encoding) {
    case Encoding::kInteger:
      return create(account, key, form.integer, expiry);
    case Encoding::kEmbedded: {
      Entry* entry =
          make(account, {Encoding::kEmbedded, expires, key.size(), text.size()}, key, expiry);
      std::memcpy(entry->bytes() + key.size(), text.data(), text.size());
      return entry;
    }
    default:
      break;
  }
  StringBlock* block = make_block(account, text.size());
  std::memcpy(block->data(), text.data(), text.size());
  block->size = static_cast<std::uint32_t>(text.size());
  try {
    Entry* entry = make(account, {Encoding::kBlock, expires, key.size(), 0}, key, expiry);
    entry->set_word(entry->value_index(), reinterpret_cast<std::intptr_t>(block));
    return entry;
  } catch (...) {
    free_block(account, block);
    throw;
  }
}

Entry* Entry::create(memory::Account& account, Bytes key, std::int64_t integer,
                     std::int64_t expiry) {
  Entry* entry =
      make(account, {Encoding::kInteger, expiry != kNoExpiry, key.size(), 0}, key, expiry);
  entry->set_word(entry->value_index(), integer);
  return entry;
}

Entry* Entry::create(memory::Account& account, Bytes key, Type type, Object object,
                     std::int64_t expiry) {
  Entry* entry =
      make(account, {Encoding::kObject, expiry != kNoExpiry, key.size(), 0}, key, expiry);
  entry->kind_ |= static_cast<std::uint8_t>(type);
  entry->set_object(object);
  return entry;
}

Entry* Entry::clone(memory::Account& account, Bytes key, std::int64_t expiry) const {
  char scratch[base::kMaxIntChars];
  Entry* entry = create(account, key, text(scratch), expiry);
  entry->set_access(access());
  return entry;
}

Entry* Entry::rebuild(memory::Account& account, Bytes key, std::int64_t expiry) {
  Shape wanted = shape();
  wanted.expiry = expiry != kNoExpiry;
  wanted.key = key.size();
  Entry* entry = make(account, wanted, key, expiry);
  if (encoding() == Encoding::kEmbedded) {
    std::memcpy(entry->bytes() + key.size(), bytes() + key_size(), value_size_);
  } else {
    entry->set_word(entry->value_index(), value_word());
    entry->value_size_ = value_size_;
  }
  entry->kind_ |= kind_ & (kModified | 7);
  entry->set_access(access());
  account.release(this, shape().total());
  return entry;
}

void Entry::destroy(memory::Account& account, Entry* entry) noexcept {
  if (entry->encoding() == Encoding::kBlock) free_block(account, entry->block());
  account.release(entry, entry->shape().total());
}

std::size_t Entry::text_size() const noexcept {
  char scratch[base::kMaxIntChars];
  return text(scratch).size();
}

bool Entry::assign(Bytes text) noexcept {
  const StringForm form = form_of(text);
  const Shape now = shape();
  if (form.encoding == Encoding::kBlock || now.encoding >= Encoding::kBlock) return false;
  Shape wanted = now;
  wanted.encoding = form.encoding;
  wanted.value = form.encoding == Encoding::kEmbedded ? text.size() : 0;
  if (memory::block_size(wanted.total()) != memory::block_size(now.total())) return false;
  if (now.encoding != wanted.encoding) {
    // The key moves by the word that is gained or lost; a word behind it (long key) moves along.
    const std::size_t head = has_expiry() ? 16 : 8;
    const std::size_t tail = now.key + (now.long_key() ? 8U : 0U);
    const std::size_t old_word = now.encoding == Encoding::kInteger ? 8 : 0;
    const std::size_t new_word = wanted.encoding == Encoding::kInteger ? 8 : 0;
    std::memmove(at(head + new_word), at(head + old_word), tail);
  }
  kind_ = static_cast<std::uint8_t>((kind_ & (kHasExpiry | kLongKey)) |
                                    static_cast<unsigned>(form.encoding) << 3);
  value_size_ = static_cast<std::uint16_t>(wanted.value);
  if (form.encoding == Encoding::kInteger) {
    set_word(value_index(), form.integer);
  } else {
    std::memcpy(bytes() + now.key, text.data(), text.size());
  }
  return true;
}

Entry::Editable Entry::edit(memory::Account& account, std::size_t size) {
  char scratch[base::kMaxIntChars];
  const Bytes old = text(scratch);
  const std::size_t kept = std::min(old.size(), size);
  if (encoding() == Encoding::kBlock && size <= block()->capacity) {
    if (size > kept) std::memset(block()->data() + kept, 0, size - kept);
    block()->size = static_cast<std::uint32_t>(size);
    kind_ |= kModified;
    return {this, block()->data()};
  }
  if (size <= kMaxEmbedded && encoding() != Encoding::kBlock) {
    Entry* entry =
        make(account, {Encoding::kEmbedded, has_expiry(), key_size(), size}, key(), expiry());
    char* data = entry->bytes() + key_size();
    std::memcpy(data, old.data(), kept);
    std::memset(data + kept, 0, size - kept);
    entry->set_access(access());
    entry->kind_ |= kModified;
    destroy(account, this);
    return {entry, data};
  }
  // Room to grow: as much again, at most 1 MiB, as repeated APPEND would otherwise copy each time.
  // A string that becomes long for the first time gets none.
  const std::size_t spare =
      encoding() == Encoding::kBlock ? std::min<std::size_t>(size, std::size_t{1} << 20) : 0;
  StringBlock* fresh = make_block(account, std::min(size + spare, kMaxString));
  std::memcpy(fresh->data(), old.data(), kept);
  std::memset(fresh->data() + kept, 0, size - kept);
  fresh->size = static_cast<std::uint32_t>(size);
  if (encoding() == Encoding::kBlock) {
    free_block(account, block());
    set_word(value_index(), reinterpret_cast<std::intptr_t>(fresh));
    kind_ |= kModified;
    return {this, fresh->data()};
  }
  try {
    Entry* entry = make(account, {Encoding::kBlock, has_expiry(), key_size(), 0}, key(), expiry());
    entry->set_word(entry->value_index(), reinterpret_cast<std::intptr_t>(fresh));
    entry->set_access(access());
    entry->kind_ |= kModified;
    destroy(account, this);
    return {entry, fresh->data()};
  } catch (...) {
    free_block(account, fresh);
    throw;
  }
}

const char* Entry::encoding_name() const noexcept {
  if (type() != Type::kString) return types::encoding_of(type(), object());
  if (encoding() == Encoding::kInteger) return "int";
  if ((kind_ & kModified) != 0 || text_size() > kEmbstrBytes) return "raw";
  return "embstr";
}

std::size_t Entry::allocated_bytes() const noexcept {
  std::size_t total = memory::block_size(shape().total());
  if (encoding() == Encoding::kBlock) {
    total += memory::block_size(sizeof(StringBlock) + block()->capacity);
  }
  return total;
}

}  // namespace miniredis::keyspace
