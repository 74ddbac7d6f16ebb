// A reply of a node as a tree of plain values: what RESP3 can say, without the protocol.
//
// Value owns all it holds. Strings are bytes, not text: they may hold any octet, NUL too.
// A Value is plain data: any thread may hold its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace miniredis {

class Value {
 public:
  enum class Kind : std::uint8_t {
    kNil,
    kBoolean,
    kInteger,
    kDouble,
    kString,    // bulk string
    kStatus,    // simple string such as OK
    kError,     // text() is the whole line, code word first: "WRONGTYPE Operation against ..."
    kVerbatim,  // text meant for people; text() is without the three-letter format
    kBigNumber,
    kArray,
    kMap,  // items() holds key, value, key, value, ...
    kSet,
    kPush,  // out-of-band message; items()[0] names its kind
  };

  Value() = default;
  static Value boolean(bool b);
  static Value integer(std::int64_t n);
  static Value real(double d);
  static Value text_of(Kind kind, std::string bytes);
  static Value aggregate(Kind kind, std::vector<Value> items);

  Kind kind() const noexcept { return kind_; }
  bool is_nil() const noexcept { return kind_ == Kind::kNil; }
  bool is_error() const noexcept { return kind_ == Kind::kError; }
  bool is_aggregate() const noexcept { return kind_ >= Kind::kArray; }

  // The number of kInteger; 0 for other kinds. kBoolean gives 0 or 1.
  std::int64_t as_integer() const noexcept { return integer_; }
  // The number of kDouble or kInteger; 0 for other kinds.
  double as_double() const noexcept;
  // The bytes of a text kind; empty for other kinds. Lives as long as this Value.
  const std::string& text() const noexcept { return text_; }
  // The members of an aggregate; empty for other kinds. A kMap of n pairs has 2n items.
  const std::vector<Value>& items() const noexcept { return items_; }

  bool operator==(const Value&) const = default;

 private:
  Kind kind_ = Kind::kNil;
  std::int64_t integer_ = 0;
  double double_ = 0;
  std::string text_;
  std::vector<Value> items_;
};

// One line a person can read, as redis-cli draws it: `(integer) 3`, `"a\x00b"`, `1) "x"\n2) (nil)`.
std::string to_string(const Value& value);

}  // namespace miniredis
