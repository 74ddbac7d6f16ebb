// Small integers packed into a string: BITFIELD, BITFIELD_RO.
#include <algorithm>
#include <vector>

#include "commands/bit_offset.h"
#include "commands/command.h"
#include "commands/groups.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;
// Holds the sum of any field and any increment.
__extension__ typedef __int128 Wide;               // NOLINT(modernize-use-using)
__extension__ typedef unsigned __int128 WideBits;  // NOLINT(modernize-use-using)

enum class Action : std::uint8_t { kGet, kSet, kIncrBy };
enum class Overflow : std::uint8_t { kWrap, kSaturate, kFail };

struct Field {
  bool is_signed = false;
  unsigned bits = 0;
  std::uint64_t offset = 0;

  std::size_t end_byte() const noexcept { return (offset + bits + 7) / 8; }
  Wide least() const noexcept { return is_signed ? -(Wide{1} << (bits - 1)) : Wide{0}; }
  Wide greatest() const noexcept { return (Wide{1} << (is_signed ? bits - 1 : bits)) - 1; }
};

struct Step {
  Action action = Action::kGet;
  Overflow overflow = Overflow::kWrap;
  Field field;
  std::int64_t operand = 0;
};

// Reading the arguments: Redis reports what it meets first, in the order of the words.

std::optional<Field> read_field(Context& context, Bytes type, Bytes offset) {
  Field field;
  const auto bits = type.empty() ? std::nullopt : base::parse_int(type.substr(1));
  field.is_signed = type.starts_with('i');
  const std::int64_t most = field.is_signed ? 64 : 63;
  if (!bits || (!field.is_signed && !type.starts_with('u')) || *bits < 1 || *bits > most) {
    context.fail(wire::kBitFieldType);
    return std::nullopt;
  }
  field.bits = static_cast<unsigned>(*bits);
  const auto bit = read_bit_offset(context, offset, *bits);
  if (!bit) return std::nullopt;
  field.offset = *bit;
  return field;
}

std::optional<Overflow> overflow_named(Bytes name) noexcept {
  if (base::equals_ignore_case(name, "wrap")) return Overflow::kWrap;
  if (base::equals_ignore_case(name, "sat")) return Overflow::kSaturate;
  if (base::equals_ignore_case(name, "fail")) return Overflow::kFail;
  return std::nullopt;
}

// Nothing, with the error answered.
std::optional<std::vector<Step>> read_steps(Context& context, Arguments words) {
  static constexpr struct {
    Bytes name;
    Action action;
    std::size_t words;
  } kActions[] = {
      {"get", Action::kGet, 3}, {"set", Action::kSet, 4}, {"incrby", Action::kIncrBy, 4}};
  std::vector<Step> steps;
  Overflow overflow = Overflow::kWrap;
  while (!words.empty()) {
    if (words.size() > 1 && base::equals_ignore_case(words[0], "overflow")) {
      const auto named = overflow_named(words[1]);
      if (!named) {
        context.fail(wire::kBitFieldOverflow);
        return std::nullopt;
      }
      overflow = *named;
      words = words.subspan(2);
      continue;
    }
    const auto* known = std::find_if(std::begin(kActions), std::end(kActions), [&](const auto& a) {
      return words.size() >= a.words && base::equals_ignore_case(words[0], a.name);
    });
    if (known == std::end(kActions)) {
      context.fail(wire::kSyntax);
      return std::nullopt;
    }
    const auto field = read_field(context, words[1], words[2]);
    if (!field) return std::nullopt;
    Step step{known->action, overflow, *field, 0};
    if (step.action != Action::kGet) {
      const auto operand = base::parse_int(words[3]);
      if (!operand) {
        context.fail(wire::kNotInteger);
        return std::nullopt;
      }
      step.operand = *operand;
    }
    steps.push_back(step);
    words = words.subspan(known->words);
  }
  return steps;
}

// Fields in bytes. A field of 64 bits may touch nine of them.

Wide read(Bytes text, const Field& field) noexcept {
  WideBits bits = 0;
  const std::size_t first = field.offset / 8;
  const std::size_t behind = field.end_byte();
  for (std::size_t i = first; i < behind; ++i) {
    bits = bits << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : WideBits{0});
  }
  bits >>= behind * 8 - (field.offset + field.bits);
  bits &= (WideBits{1} << field.bits) - 1;
  const auto value = static_cast<Wide>(bits);
  return value > field.greatest() ? value - (Wide{1} << field.bits) : value;
}

void write(char* text, const Field& field, Wide value) noexcept {
  const WideBits field_mask = (WideBits{1} << field.bits) - 1;
  const std::size_t first = field.offset / 8;
  const std::size_t behind = field.end_byte();
  const auto shift = static_cast<unsigned>(behind * 8 - (field.offset + field.bits));
  WideBits bits = (static_cast<WideBits>(value) & field_mask) << shift;
  WideBits mask = field_mask << shift;
  for (std::size_t i = behind; i-- > first; bits >>= 8, mask >>= 8) {
    const auto kept = static_cast<unsigned char>(text[i]) & ~static_cast<unsigned>(mask);
    text[i] = static_cast<char>(kept | static_cast<unsigned char>(bits));
  }
}

// What a field holds when it is given `value`; nothing when it must not change.
std::optional<Wide> fitted(const Step& step, Wide value) noexcept {
  const Field& field = step.field;
  if (value >= field.least() && value <= field.greatest()) return value;
  switch (step.overflow) {
    case Overflow::kFail:
      return std::nullopt;
    case Overflow::kSaturate:
      return value < field.least() ? field.least() : field.greatest();
    case Overflow::kWrap:
      break;
  }
  const Wide low = value & ((Wide{1} << field.bits) - 1);
  return low > field.greatest() ? low - (Wide{1} << field.bits) : low;
}

// Redis reads what an unsigned field is set to without its sign: a negative one is very large.
Wide wanted(const Step& step, Wide old) noexcept {
  if (step.action == Action::kIncrBy) return old + step.operand;
  return step.field.is_signed ? Wide{step.operand}
                              : static_cast<Wide>(static_cast<std::uint64_t>(step.operand));
}

// A string whose bytes are made writable when the first of them changes.
class Target {
 public:
  Target(Context& context, Bytes key) : scope_(context.write()), key_(key) {
    place_ = scope_.find(key);
    if (place_ && wrong_type(context, place_.entry())) return;
    text_ = place_ ? place_->text(scratch_) : Bytes();
    valid_ = true;
  }
  bool valid() const noexcept { return valid_; }
  Bytes text() const noexcept { return text_; }
  void grow(std::size_t size) {
    if (text_.size() < size) make_writable(size);
  }
  void set(const Field& field, Wide value) {
    if (data_ == nullptr) make_writable(text_.size());
    write(data_, field, value);
    changed_ = true;
  }
  void changed_by_growing() noexcept { changed_ = changed_ || data_ != nullptr; }
  void tell() {
    if (changed_) scope_.also(events::kSetBit, key_);
  }

 private:
  void make_writable(std::size_t size) {
    data_ = grow_string(scope_, place_, key_, size);
    text_ = {data_, std::max(size, text_.size())};
  }

  WriteScope scope_;
  Bytes key_;
  WriteScope::Place place_;
  Bytes text_;
  char* data_ = nullptr;
  char scratch_[base::kMaxIntChars];
  bool valid_ = false;
  bool changed_ = false;
};

void run_reads(Context& context, Bytes key, const std::vector<Step>& steps) {
  const Entry* entry = context.read().find(key);
  if (wrong_type(context, entry)) return;
  char scratch[base::kMaxIntChars];
  const Bytes text = entry == nullptr ? Bytes() : entry->text(scratch);
  context.reply.array(steps.size());
  for (const Step& step : steps) {
    context.reply.integer(static_cast<std::int64_t>(read(text, step.field)));
  }
}

void run_writes(Context& context, Bytes key, const std::vector<Step>& steps) {
  Target target(context, key);
  if (!target.valid()) return;
  std::size_t size = 0;
  for (const Step& step : steps) {
    if (step.action != Action::kGet) size = std::max(size, step.field.end_byte());
  }
  target.grow(size);
  context.reply.array(steps.size());
  for (const Step& step : steps) {
    const Wide old = read(target.text(), step.field);
    if (step.action == Action::kGet) {
      context.reply.integer(static_cast<std::int64_t>(old));
      continue;
    }
    const auto value = fitted(step, wanted(step, old));
    if (!value) {
      context.reply.null();
      continue;
    }
    if (*value != old) target.set(step.field, *value);
    target.changed_by_growing();
    context.reply.integer(static_cast<std::int64_t>(step.action == Action::kSet ? old : *value));
  }
  target.tell();
}

constexpr Arg kGetParts[] = {string("encoding", nullptr), integer("offset", nullptr)};
constexpr Arg kSetParts[] = {string("encoding", nullptr), integer("offset", nullptr),
                             integer("value", nullptr)};
constexpr Arg kIncrByParts[] = {string("encoding", nullptr), integer("offset", nullptr),
                                integer("increment", nullptr)};
constexpr Arg kGetBlock{"get-block", ArgKind::kBlock, nullptr, "GET", kGetParts};
constexpr Arg kOverflows[] = {flag("WRAP", nullptr), flag("SAT", nullptr), flag("FAIL", nullptr)};
constexpr Arg kOverflow{"overflow-block", ArgKind::kOneOf, nullptr, "OVERFLOW", kOverflows, true};
constexpr Arg kWriteActions[] = {
    {"set-block", ArgKind::kBlock, nullptr, "SET", kSetParts},
    {"incrby-block", ArgKind::kBlock, nullptr, "INCRBY", kIncrByParts}};
constexpr Arg kWriteParts[] = {kOverflow, one_of("write-operation", kWriteActions)};
constexpr Arg kActionArgs[] = {kGetBlock, block("write", kWriteParts, nullptr)};
constexpr Arg kBitFieldArgs[] = {key("key", nullptr),
                                 optional(multiple(one_of("operation", kActionArgs)))};
constexpr Arg kBitFieldRoArgs[] = {
    key("key", nullptr), {"get-block", ArgKind::kBlock, nullptr, "GET", kGetParts, true, true}};

bool writes(const std::vector<Step>& steps) noexcept {
  return std::any_of(steps.begin(), steps.end(),
                     [](const Step& step) { return step.action != Action::kGet; });
}

void run_bitfield(Context& context, Arguments words) {
  const auto steps = read_steps(context, words.subspan(1));
  if (!steps) return;
  if (writes(*steps))
    run_writes(context, words[0], *steps);
  else
    run_reads(context, words[0], *steps);
}
// With nothing but GETs the value is only read.
KeyUse bitfield_use(Arguments words) noexcept {
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t left = words.size() - i - 1;
    if (base::equals_ignore_case(words[i], "get") && left >= 2)
      i += 2;
    else if (base::equals_ignore_case(words[i], "overflow") && left >= 1)
      ++i;
    else
      return use::kReadsAndChanges;
  }
  return use::kReads;
}
constexpr Command kBitField = raw_command<kBitFieldArgs>(
    "bitfield",
    {"Performs arbitrary bitfield integer operations on strings.", "3.2.0",
     "O(1) for each operation", Group::kBitmap, "BITFIELD mykey INCRBY i5 100 1 GET u4 0",
     "1) (integer) 1\n2) (integer) 0"},
    kWrite | kDenyOom, run_bitfield, use::keys(use::kMayChange, bitfield_use));

void run_bitfield_ro(Context& context, Arguments words) {
  const auto steps = read_steps(context, words.subspan(1));
  if (!steps) return;
  if (writes(*steps)) {
    context.fail(wire::kBitFieldReadOnly);
    return;
  }
  run_reads(context, words[0], *steps);
}
constexpr Command kBitFieldRo = raw_command<kBitFieldRoArgs>(
    "bitfield_ro",
    {"Performs arbitrary read-only bitfield integer operations on strings.", "6.0.0",
     "O(1) for each operation", Group::kBitmap, "BITFIELD_RO mykey GET i8 16", "1) (integer) 0"},
    kReadOnly | kFast, run_bitfield_ro);

}  // namespace

std::span<const Command* const> bitfield_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kBitField, &kBitFieldRo};
  return kCommands;
}

}  // namespace miniredis::commands
