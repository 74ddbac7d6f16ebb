// A key with its value: one block.
//
//   | kind 1 | access 3 | key size 2 | value size 2 |  header, 8 bytes
//   | expiry 8 |                                       if it has one: Unix time in ms
//   | word 8 |                                         an integer, or a pointer to the value
//   | long key size 8 |                                if the key has 65,535 bytes or more
//   | key bytes | value bytes, if embedded |
//
// A string of up to kMaxEmbedded bytes is embedded; a string that reads as a 64-bit integer is that
// integer; a longer string is a StringBlock of its own. A collection is a types::Object: its
// pointer is the word, its form stands in place of the value size. An entry never changes its
// address but for resizing through the functions below, which say so.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/numbers.h"
#include "memory/account.h"
#include "types/object.h"

namespace miniredis::keyspace {

using types::Object;
using types::Type;

// Text of a value of more than Entry::kMaxEmbedded bytes, with room to grow.
struct StringBlock {
  std::uint32_t size;
  std::uint32_t capacity;
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

class Entry {
 public:
  enum class Encoding : std::uint8_t { kEmbedded = 0, kInteger = 1, kBlock = 2, kObject = 3 };

  static constexpr std::size_t kMaxEmbedded = 512;
  // Strings longer than this are refused everywhere, as in Redis.
  static constexpr std::size_t kMaxString = std::size_t{512} << 20;
  static constexpr std::int64_t kNoExpiry = -1;

  // What fits a value in its smallest form.
  struct StringForm {
    Encoding encoding;
    std::int64_t integer;
  };
  static StringForm form_of(Bytes text) noexcept {
    if (text.size() <= 20) {
      if (const auto n = base::parse_int(text)) return {Encoding::kInteger, *n};
    }
    return {text.size() <= kMaxEmbedded ? Encoding::kEmbedded : Encoding::kBlock, 0};
  }

  // New entries with a string. Throw std::bad_alloc.
  static Entry* create(memory::Account& account, Bytes key, Bytes text, std::int64_t expiry);
  static Entry* create(memory::Account& account, Bytes key, std::int64_t integer,
                       std::int64_t expiry);
  // A new entry that holds a collection from now on. Throws std::bad_alloc: the object is then
  // still the caller's.
  static Entry* create(memory::Account& account, Bytes key, Type type, Object object,
                       std::int64_t expiry);
  // A copy of this string under another key.
  Entry* clone(memory::Account& account, Bytes key, std::int64_t expiry) const;
  // The same value, moved from this entry, which is freed, into a new one: renaming, or gaining or
  // losing the place for an expiry. On std::bad_alloc this entry is unchanged.
  Entry* rebuild(memory::Account& account, Bytes key, std::int64_t expiry);
  // Frees entry and string; a collection is freed elsewhere, in slices.
  static void destroy(memory::Account& account, Entry* entry) noexcept;

  Type type() const noexcept { return static_cast<Type>(kind_ & 7); }
  Encoding encoding() const noexcept { return static_cast<Encoding>(kind_ >> 3 & 3); }
  Bytes key() const noexcept { return {bytes(), key_size()}; }

  bool has_expiry() const noexcept { return (kind_ & kHasExpiry) != 0; }
  std::int64_t expiry() const noexcept { return has_expiry() ? word(0) : kNoExpiry; }
  // Only when has_expiry().
  void set_expiry(std::int64_t unix_ms) noexcept { set_word(0, unix_ms); }

  // 24 bits for the eviction policy.
  std::uint32_t access() const noexcept {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &kind_, 4);
    return bits >> 8;
  }
  void set_access(std::uint32_t bits) noexcept {
    bits = bits << 8 | kind_;
    std::memcpy(&kind_, &bits, 4);
  }

  // The string. An integer is written to `scratch`, of base::kMaxIntChars; else a view into the
  // entry.
  Bytes text(char* scratch) const noexcept {
    switch (encoding()) {
      case Encoding::kEmbedded:
        return {bytes() + key_size(), value_size_};
      case Encoding::kInteger:
        return {scratch, base::format_int(value_word(), scratch)};
      default:
        return {block()->data(), block()->size};
    }
  }
  std::size_t text_size() const noexcept;
  bool is_integer() const noexcept { return encoding() == Encoding::kInteger; }
  std::int64_t integer() const noexcept { return value_word(); }

  // Only when type() is not kString.
  Object object() const noexcept { return {reinterpret_cast<void*>(value_word()), value_size_}; }
  void set_object(Object object) noexcept {
    set_word(value_index(), reinterpret_cast<std::intptr_t>(object.data));
    value_size_ = object.form;
  }

  // Puts a string in place of the value if the block's class allows it; false: make a new entry.
  bool assign(Bytes text) noexcept;
  // Only when is_integer().
  void assign_integer(std::int64_t n) noexcept { set_word(value_index(), n); }

  // Makes the string `size` bytes long (zeros behind the old end) in a form that can be written to,
  // and returns the entry, which may be another, and its bytes. Throws std::bad_alloc, unchanged.
  struct Editable {
    Entry* entry;
    char* data;
  };
  Editable edit(memory::Account& account, std::size_t size);

  // "int", "embstr", "raw", or a collection's: as OBJECT ENCODING says it.
  const char* encoding_name() const noexcept;
  // Bytes of the entry and its string by their allocator classes, a collection left out.
  std::size_t allocated_bytes() const noexcept;

 private:
  static constexpr std::uint8_t kModified = 1 << 5;  // grown in place: "raw", whatever its size
  static constexpr std::uint8_t kHasExpiry = 1 << 6;
  static constexpr std::uint8_t kLongKey = 1 << 7;

  struct Shape {
    Encoding encoding;
    bool expiry;
    std::size_t key;
    std::size_t value;  // embedded bytes
    bool long_key() const noexcept { return key >= 0xffff; }
    unsigned words() const noexcept {
      return unsigned{expiry} + unsigned{encoding != Encoding::kEmbedded} + unsigned{long_key()};
    }
    std::size_t total() const noexcept { return 8 + words() * std::size_t{8} + key + value; }
  };
  static Entry* make(memory::Account& account, const Shape& shape, Bytes key, std::int64_t expiry);
  Shape shape() const noexcept {
    return {encoding(), has_expiry(), key_size(),
            encoding() == Encoding::kEmbedded ? std::size_t{value_size_} : 0};
  }

  unsigned value_index() const noexcept { return has_expiry() ? 1 : 0; }
  unsigned word_count() const noexcept {
    return unsigned{has_expiry()} + unsigned{encoding() != Encoding::kEmbedded} +
           unsigned{(kind_ & kLongKey) != 0};
  }
  const char* at(std::size_t offset) const noexcept {
    return reinterpret_cast<const char*>(this) + offset;
  }
  char* at(std::size_t offset) noexcept { return reinterpret_cast<char*>(this) + offset; }
  std::int64_t word(unsigned index) const noexcept {
    std::int64_t n = 0;
    std::memcpy(&n, at(8 + 8 * std::size_t{index}), 8);
    return n;
  }
  void set_word(unsigned index, std::int64_t n) noexcept {
    std::memcpy(at(8 + 8 * std::size_t{index}), &n, 8);
  }
  std::int64_t value_word() const noexcept { return word(value_index()); }
  StringBlock* block() const noexcept { return reinterpret_cast<StringBlock*>(value_word()); }
  const char* bytes() const noexcept { return at(8 + 8 * std::size_t{word_count()}); }
  char* bytes() noexcept { return at(8 + 8 * std::size_t{word_count()}); }
  std::size_t key_size() const noexcept {
    return (kind_ & kLongKey) == 0 ? key_size_ : static_cast<std::size_t>(word(word_count() - 1));
  }

  std::uint8_t kind_;
  std::uint8_t access_[3];
  std::uint16_t key_size_;
  std::uint16_t value_size_;
};
static_assert(sizeof(Entry) == 8);

struct EntryPolicy {
  static std::uint64_t hash(const Entry& entry, const base::HashKey& key) noexcept {
    return base::hash_bytes(entry.key(), key);
  }
};

}  // namespace miniredis::keyspace
