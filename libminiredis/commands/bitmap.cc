// Bits of strings: SETBIT, GETBIT, BITCOUNT, BITPOS.
#include <algorithm>

#include "base/bits.h"
#include "commands/bit_offset.h"
#include "commands/command.h"
#include "commands/groups.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

// SETBIT. It reads its words by hand, as all here do: an offset has an error of its own.

constexpr Arg kSetBitArgs[] = {key("key", nullptr), integer("offset", nullptr),
                               integer("value", nullptr)};

void run_setbit(Context& context, Arguments words) {
  const Bytes name = words[0];
  const auto offset = read_bit_offset(context, words[1]);
  if (!offset) return;
  const auto value = base::parse_int(words[2]);
  if (!value || *value < 0 || *value > 1) {
    context.fail(wire::kBitValue);
    return;
  }
  WriteScope scope = context.write();
  auto place = scope.find(name);
  if (place && wrong_type(context, place.entry())) return;
  const std::size_t byte = *offset / 8;
  char scratch[base::kMaxIntChars];
  const Bytes text = place ? place->text(scratch) : Bytes();
  const bool old = byte < text.size() && base::bit_at(text, *offset);
  // A bit that stays as it is changes nothing, unless the string grows to hold it.
  if (byte >= text.size() || old != (*value == 1)) {
    char* const data = grow_string(scope, place, name, byte + 1);
    const auto mask = static_cast<unsigned>(0x80) >> (*offset % 8);
    const auto now = static_cast<unsigned char>(data[byte]);
    data[byte] = static_cast<char>(*value == 1 ? now | mask : now & ~mask);
    scope.also(events::kSetBit, name);
  }
  context.reply.integer(old ? 1 : 0);
}
constexpr Command kSetBit = raw_command<kSetBitArgs>(
    "setbit",
    {"Sets or clears the bit at offset of the string value. Creates the key if it doesn't exist.",
     "2.2.0", "O(1); O(N) where N is the offset when the string has to grow", Group::kBitmap,
     "SETBIT mykey 7 1", "(integer) 0"},
    kWrite | kDenyOom, run_setbit);

// GETBIT

constexpr Arg kGetBitArgs[] = {key("key", nullptr), integer("offset", nullptr)};

void run_getbit(Context& context, Arguments words) {
  const auto offset = read_bit_offset(context, words[1]);
  if (!offset) return;
  const Entry* entry = context.read().find(words[0]);
  if (wrong_type(context, entry)) return;
  char scratch[base::kMaxIntChars];
  const Bytes text = entry == nullptr ? Bytes() : entry->text(scratch);
  context.reply.integer(*offset / 8 < text.size() && base::bit_at(text, *offset) ? 1 : 0);
}
constexpr Command kGetBit =
    raw_command<kGetBitArgs>("getbit",
                             {"Returns a bit value by offset.", "2.2.0", "O(1)", Group::kBitmap,
                              "GETBIT mykey 7", "(integer) 0"},
                             kReadOnly | kFast, run_getbit);

// Ranges of bytes or bits

struct Range {
  std::int64_t start = 0;
  std::optional<std::int64_t> end;
  bool in_bits = false;
};

// The bits [first, behind) of a text.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t behind = 0;
  bool empty() const noexcept { return first >= behind; }
};

bool read_unit(Context& context, Bytes word, Range& range) {
  range.in_bits = base::equals_ignore_case(word, "bit");
  if (range.in_bits || base::equals_ignore_case(word, "byte")) return true;
  context.fail(wire::kSyntax);
  return false;
}

bool read_end(Context& context, Bytes word, std::int64_t& end) {
  const auto number = base::parse_int(word);
  if (!number) {
    context.fail(wire::kNotInteger);
    return false;
  }
  end = *number;
  return true;
}

Span span_of(const Range& range, std::size_t text_size) noexcept {
  const auto units = static_cast<std::int64_t>(text_size) * (range.in_bits ? 8 : 1);
  // An end behind the last one is the last one; with no end it is all there is.
  const auto place = [&](std::int64_t n) {
    return std::max<std::int64_t>(n < 0 ? n + units : n, 0);
  };
  const std::int64_t start = place(range.start);
  const std::int64_t end = std::min(range.end ? place(*range.end) : units - 1, units - 1);
  if (start > end) return {};
  const std::uint64_t bits = range.in_bits ? 1 : 8;
  return {static_cast<std::uint64_t>(start) * bits, static_cast<std::uint64_t>(end + 1) * bits};
}

// Long strings are gone through in pieces, between which others get their turns.
constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr std::uint32_t kBytesPerStep = 2048;

// Calls visit(piece) for [first, behind) bytes of the text until it answers true.
template <typename Visit>
void visit_pieces(Context& context, Bytes text, std::size_t first, std::size_t behind,
                  Visit&& visit) {
  if (behind > first) context.expect_steps((behind - first) / kBytesPerStep);
  while (first < behind) {
    const std::size_t size = std::min(kPiece, behind - first);
    if (visit(text.substr(first, size))) return;
    first += size;
    context.step(static_cast<std::uint32_t>(size / kBytesPerStep));
  }
}

// A byte with only the bits [from, behind) of it kept, the others as `fill`.
char bits_of(char byte, unsigned from, unsigned behind, bool fill) noexcept {
  const unsigned kept = (0xffU >> from) & ~(0xffU >> behind);
  const auto bits = static_cast<unsigned char>(byte);
  return static_cast<char>(fill ? bits | ~kept : bits & kept);
}

// Hands the ends of a span that are parts of bytes to visit_part(byte, offset of the byte), and
// what is between them to visit_whole(first byte, behind). Each answers true to end it.
template <typename VisitPart, typename VisitWhole>
void visit_span(Bytes text, Span span, bool fill, VisitPart&& visit_part,
                VisitWhole&& visit_whole) {
  std::size_t first = span.first / 8;
  const std::size_t last = span.behind / 8;
  const auto head = static_cast<unsigned>(span.first % 8);
  const auto tail = static_cast<unsigned>(span.behind % 8);
  if (first == last) {
    visit_part(bits_of(text[first], head, tail, fill), first);
    return;
  }
  if (head != 0) {
    if (visit_part(bits_of(text[first], head, 8, fill), first)) return;
    ++first;
  }
  if (visit_whole(first, last)) return;
  if (tail != 0) visit_part(bits_of(text[last], 0, tail, fill), last);
}

// BITCOUNT

constexpr Arg kUnits[] = {flag("BYTE", nullptr, "7.0.0"), flag("BIT", nullptr, "7.0.0")};
constexpr Arg kCountRange[] = {integer("start", nullptr), integer("end", nullptr),
                               optional(one_of("unit", kUnits))};
constexpr Arg kBitCountArgs[] = {key("key", nullptr),
                                 optional(block("range", kCountRange, nullptr))};

// Reads the range of BITCOUNT; false: there is none, and the answer has been given.
bool read_count_range(Context& context, Arguments words, Range& range) {
  if (words.size() == 1) return true;
  if (words.size() != 3 && words.size() != 4) {
    context.fail(wire::kSyntax);
    return false;
  }
  std::int64_t end = 0;
  if (!read_end(context, words[1], range.start) || !read_end(context, words[2], end)) return false;
  if (range.start < 0 && end < 0 && range.start > end) {
    context.reply.integer(0);
    return false;
  }
  range.end = end;
  return words.size() == 3 || read_unit(context, words[3], range);
}

// The key comes first, as with Redis: nothing is wrong with a range of one that is not there.
void run_bitcount(Context& context, Arguments words) {
  const Entry* entry = context.read().find(words[0]);
  if (wrong_type(context, entry)) return;
  if (entry == nullptr) {
    context.reply.integer(0);
    return;
  }
  Range range;
  if (!read_count_range(context, words, range)) return;
  char scratch[base::kMaxIntChars];
  const Bytes text = entry->text(scratch);
  const Span span = span_of(range, text.size());
  std::uint64_t count = 0;
  if (!span.empty()) {
    const auto count_part = [&](char byte, std::size_t) {
      count += base::count_bits({&byte, 1});
      return false;
    };
    visit_span(text, span, false, count_part, [&](std::size_t first, std::size_t behind) {
      visit_pieces(context, text, first, behind, [&](Bytes piece) {
        count += base::count_bits(piece);
        return false;
      });
      return false;
    });
  }
  context.reply.integer(static_cast<std::int64_t>(count));
}
constexpr Command kBitCount =
    raw_command<kBitCountArgs>("bitcount",
                               {"Counts the number of set bits (population counting) in a string.",
                                "2.6.0", "O(N) where N is the length of the range; in slices",
                                Group::kBitmap, "BITCOUNT mykey 0 0", "(integer) 4"},
                               kReadOnly, run_bitcount);

// BITPOS

constexpr Arg kEndAndUnit[] = {integer("end", nullptr), optional(one_of("unit", kUnits))};
constexpr Arg kPositionRange[] = {integer("start", nullptr),
                                  optional(block("end-unit-block", kEndAndUnit, nullptr))};
constexpr Arg kBitPosArgs[] = {key("key", nullptr), integer("bit", nullptr),
                               optional(block("range", kPositionRange, nullptr))};

std::uint64_t find_in_span(Context& context, Bytes text, Span span, bool wanted) {
  std::uint64_t found = base::kNoBit;
  const auto look = [&](Bytes part, std::size_t at) {
    const std::uint64_t bit = base::find_bit(part, wanted);
    if (bit != base::kNoBit) found = at * 8 + bit;
    return found != base::kNoBit;
  };
  const auto look_at_byte = [&](char byte, std::size_t at) { return look({&byte, 1}, at); };
  visit_span(text, span, !wanted, look_at_byte, [&](std::size_t first, std::size_t behind) {
    visit_pieces(context, text, first, behind, [&](Bytes piece) {
      return look(piece, static_cast<std::size_t>(piece.data() - text.data()));
    });
    return found != base::kNoBit;
  });
  return found;
}

void run_bitpos(Context& context, Arguments words) {
  Range range;
  std::int64_t bit = 0;
  if (!read_end(context, words[1], bit)) return;
  if (bit != 0 && bit != 1) {
    context.fail(wire::kBitNotOneOrZero);
    return;
  }
  const Entry* entry = context.read().find(words[0]);
  if (wrong_type(context, entry)) return;
  // A key that is not there is zeros without end.
  if (entry == nullptr) {
    context.reply.integer(bit == 0 ? 0 : -1);
    return;
  }
  if (words.size() > 5) {
    context.fail(wire::kSyntax);
    return;
  }
  if (words.size() > 2 && !read_end(context, words[2], range.start)) return;
  if (words.size() > 4 && !read_unit(context, words[4], range)) return;
  if (words.size() > 3) {
    std::int64_t end = 0;
    if (!read_end(context, words[3], end)) return;
    range.end = end;
  }
  char scratch[base::kMaxIntChars];
  const Bytes text = entry->text(scratch);
  const Span span = span_of(range, text.size());
  if (span.empty()) {
    context.reply.integer(-1);
    return;
  }
  const std::uint64_t found = find_in_span(context, text, span, bit == 1);
  if (found != base::kNoBit)
    context.reply.integer(static_cast<std::int64_t>(found));
  else if (bit == 0 && !range.end)  // behind its end a string goes on with zeros
    context.reply.integer(static_cast<std::int64_t>(span.behind));
  else
    context.reply.integer(-1);
}
constexpr Command kBitPos =
    raw_command<kBitPosArgs>("bitpos",
                             {"Finds the first set (1) or clear (0) bit in a string.", "2.8.7",
                              "O(N) where N is the length of the range; in slices", Group::kBitmap,
                              "BITPOS mykey 1 2", "(integer) -1"},
                             kReadOnly, run_bitpos);

}  // namespace

std::span<const Command* const> bitmap_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kSetBit, &kGetBit, &kBitCount, &kBitPos};
  return kCommands;
}

}  // namespace miniredis::commands
