// BITOP: strings combined bit by bit.
#include <algorithm>
#include <vector>

#include "base/bits.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "commands/string_value.h"

namespace miniredis::commands {
namespace {

using keyspace::WriteScope;

enum class Operation : std::uint8_t { kAnd, kOr, kXor, kNot };

std::optional<Operation> operation_named(Bytes name) noexcept {
  static constexpr struct {
    Bytes name;
    Operation operation;
  } kNames[] = {{"and", Operation::kAnd},
                {"or", Operation::kOr},
                {"xor", Operation::kXor},
                {"not", Operation::kNot}};
  for (const auto& known : kNames) {
    if (base::equals_ignore_case(name, known.name)) return known.operation;
  }
  return std::nullopt;
}

// The strings that are combined. The text of an integer lives in here.
class Operands {
 public:
  enum class Look : std::uint8_t { kFirst, kAgain };  // only the first one counts as an access

  Operands(Context& context, Arguments keys, Look look) : scratch_(keys.size()) {
    keyspace::ReadScope scope = context.read();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Entry* entry = look == Look::kFirst ? scope.find(keys[i]) : scope.peek(keys[i]);
      if (wrong_type(context, entry)) {
        failed_ = true;
        return;
      }
      texts_.push_back(entry == nullptr ? Bytes() : entry->text(scratch_[i].text));
      longest_ = std::max(longest_, texts_.back().size());
    }
  }
  // True, with the error answered, when one is no string.
  bool failed() const noexcept { return failed_; }
  std::size_t longest() const noexcept { return longest_; }
  const std::vector<Bytes>& texts() const noexcept { return texts_; }

 private:
  struct Scratch {
    char text[base::kMaxIntChars];
  };
  std::vector<Scratch> scratch_;
  std::vector<Bytes> texts_;
  std::size_t longest_ = 0;
  bool failed_ = false;
};

constexpr std::size_t kOperationPiece = 4096;

void combine(Operation operation, char* into, const char* a, const char* b,
             std::size_t size) noexcept {
  switch (operation) {
    case Operation::kAnd:
      return base::and_bits(into, a, b, size);
    case Operation::kOr:
      return base::or_bits(into, a, b, size);
    case Operation::kXor:
      return base::xor_bits(into, a, b, size);
    case Operation::kNot:
      return base::invert_bits(into, a, size);
  }
}

// Whether the result can be made where it is to be, though that may be the place of an operand:
// each byte is read just before it is written.
bool is_direct(Operation operation, const std::vector<Bytes>& texts, std::size_t size) noexcept {
  const bool few = texts.size() == 2 || operation == Operation::kNot;
  return few && texts.front().size() == size && texts.back().size() == size;
}

// Bytes [at, at + size) of the result, in a buffer apart: the result may take the place of a string
// that is still to be read. A string that is shorter goes on with zeros.
void combine_piece(Operation operation, const std::vector<Bytes>& texts, std::size_t at,
                   std::size_t size, char* result) noexcept {
  const auto piece_of = [&](Bytes text) {
    return at >= text.size() ? Bytes() : text.substr(at, size);
  };
  const Bytes first = piece_of(texts[0]);
  std::copy(first.begin(), first.end(), result);
  std::fill(result + first.size(), result + size, '\0');
  if (operation == Operation::kNot) base::invert_bits(result, result, size);
  for (std::size_t i = 1; i < texts.size(); ++i) {
    const Bytes other = piece_of(texts[i]);
    combine(operation, result, result, other.data(), other.size());
    if (operation == Operation::kAnd) std::fill(result + other.size(), result + size, '\0');
  }
}

// Whether the string under the key is overwritten where it is: not one that would leave most of its
// memory unused.
bool is_reusable(const WriteScope::Place& place, std::size_t size) noexcept {
  return place && place->type() == keyspace::Type::kString && place->text_size() / 2 <= size;
}

// The string of the result, `size` bytes for writing. If it is reused it keeps its bytes, which are
// still to be read when it is one of the operands.
char* make_destination(WriteScope& scope, WriteScope::Place& place, Bytes key, std::size_t size) {
  if (!is_reusable(place, size)) {
    scope.put(place, key, "", Entry::kNoExpiry, events::kUntold);
    place = scope.find(key);
    return scope.edit(place, key, size, events::kSet);
  }
  if (place->has_expiry()) scope.set_expiry(place, key, Entry::kNoExpiry, events::kUntold);
  return scope.edit(place, key, size, events::kSet);
}

constexpr Arg kOperations[] = {flag("AND", nullptr), flag("OR", nullptr), flag("XOR", nullptr),
                               flag("NOT", nullptr)};
constexpr Arg kBitOpArgs[] = {one_of("operation", kOperations), key("destkey", nullptr),
                              multiple(key("key", nullptr))};

void run_bitop(Context& context, Arguments words) {
  const auto operation = operation_named(words[0]);
  if (!operation) {
    context.fail(wire::kSyntax);
    return;
  }
  const Bytes destination = words[1];
  const Arguments keys = words.subspan(2);
  if (*operation == Operation::kNot && keys.size() != 1) {
    context.fail(wire::kBitNotOfOne);
    return;
  }
  std::size_t size = 0;
  {
    const Operands operands(context, keys, Operands::Look::kFirst);
    if (operands.failed()) return;
    size = operands.longest();
  }
  WriteScope scope = context.write();
  auto place = scope.find(destination);
  if (size == 0) {
    if (place) scope.remove(place, destination, events::kDel);
    context.reply.integer(0);
    return;
  }
  constexpr std::size_t kPieceOfStep = 2048;
  context.expect_steps(size / kPieceOfStep * keys.size());
  const std::size_t had = is_reusable(place, size) ? place->text_size() : 0;
  if (size > had + Entry::kMaxEmbedded) scope.expect_room(place, destination, size - had);
  // Strings that were evicted to make room are empty now; none is longer than before.
  const std::size_t room = Operands(context, keys, Operands::Look::kAgain).longest();
  if (room < size) size = std::max<std::size_t>(room, 1);
  char* const result = make_destination(scope, place, destination, size);
  const Operands operands(context, keys, Operands::Look::kAgain);
  const std::vector<Bytes>& texts = operands.texts();
  const bool direct = is_direct(*operation, texts, size);
  for (std::size_t at = 0; at < size; at += kOperationPiece) {
    const std::size_t now = std::min(kOperationPiece, size - at);
    if (direct) {
      combine(*operation, result + at, texts.front().data() + at, texts.back().data() + at, now);
    } else {
      char piece[kOperationPiece];
      combine_piece(*operation, texts, at, now, piece);
      std::copy(piece, piece + now, result + at);
    }
    context.step(static_cast<std::uint32_t>(now / kPieceOfStep * keys.size()));
  }
  context.reply.integer(static_cast<std::int64_t>(size));
}
constexpr Command kBitOp = raw_command<kBitOpArgs>(
    "bitop",
    {"Performs bitwise operations on multiple strings, and stores the result.", "2.6.0",
     "O(N) where N is the length of all the strings; in slices", Group::kBitmap,
     "BITOP AND dest key1 key2", "(integer) 6"},
    kWrite | kDenyOom, run_bitop, use::keys(use::kReplaces, use::kReads));

}  // namespace

std::span<const Command* const> bitmap_operation_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kBitOp};
  return kCommands;
}

}  // namespace miniredis::commands
