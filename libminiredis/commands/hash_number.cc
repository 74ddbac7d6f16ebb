// Hashes: fields as numbers.
#include <cmath>

#include "commands/collection.h"
#include "commands/command.h"
#include "commands/groups.h"
#include "types/hash.h"

namespace miniredis::commands {
namespace {

using types::Hash;

struct StepArgs {
  Bytes key;
  Bytes field;
  std::int64_t step = 0;
  Bytes real_step;
};
constexpr Arg kIncrByArgs[] = {key("key", into<&StepArgs::key>),
                               string("field", into<&StepArgs::field>),
                               integer("increment", into<&StepArgs::step>)};

void run_hincrby(Context& context, const StepArgs& args) {
  auto hash = open<Hash>(context, args.key);
  if (!hash) return;
  std::int64_t value = 0;
  if (const auto old = hash->get(args.field)) {
    const auto number = base::parse_int(*old);
    if (!number) {
      context.fail(wire::kHashNotInteger);
      return;
    }
    value = *number;
  }
  const auto sum = base::checked_add(value, args.step);
  if (!sum) {
    context.fail(wire::kOverflow);
    return;
  }
  char digits[base::kMaxIntChars];
  hash->set(args.field, {digits, base::format_int(*sum, digits)}, Hash::Lifetime::kKeep);
  hash.changed(events::kHIncrBy);
  context.reply.integer(*sum);
}
constexpr Command kHIncrBy = command<StepArgs, kIncrByArgs, run_hincrby>(
    "hincrby",
    {"Increments the integer value of a field in a hash by a number. Uses 0 as initial value if "
     "the field doesn't exist.",
     "2.0.0", "O(1)", Group::kHash, "HINCRBY user:1 visits 2", "(integer) 2"},
    kWrite | kDenyOom | kFast);

constexpr Arg kIncrByFloatArgs[] = {key("key", into<&StepArgs::key>),
                                    string("field", into<&StepArgs::field>),
                                    late_real("increment", into<&StepArgs::real_step>)};

// In long double, as Redis computes, so that both round alike.
void run_hincrbyfloat(Context& context, const StepArgs& args) {
  const auto step = base::parse_long_double(args.real_step);
  if (!step) {
    context.fail(wire::kNotFloat);
    return;
  }
  if (std::isinf(*step)) {
    context.fail(wire::kStepNanOrInfinity);
    return;
  }
  auto hash = open<Hash>(context, args.key);
  if (!hash) return;
  long double value = 0;
  if (const auto old = hash->get(args.field)) {
    const auto number = base::parse_long_double(*old);
    if (!number) {
      context.fail(wire::kHashNotFloat);
      return;
    }
    value = *number;
  }
  const long double sum = value + *step;
  if (std::isnan(sum) || std::isinf(sum)) {
    context.fail(wire::kNanOrInfinity);
    return;
  }
  const std::string text = base::format_long_double(sum);
  hash->set(args.field, text, Hash::Lifetime::kKeep);
  hash.changed(events::kHIncrByFloat);
  context.reply.bulk(text);
}
constexpr Command kHIncrByFloat = command<StepArgs, kIncrByFloatArgs, run_hincrbyfloat>(
    "hincrbyfloat",
    {"Increments the floating point value of a field by a number. Uses 0 as initial value if the "
     "field doesn't exist.",
     "2.6.0", "O(1)", Group::kHash, "HINCRBYFLOAT user:1 score 0.5", "\"0.5\""},
    kWrite | kDenyOom | kFast);

}  // namespace

std::span<const Command* const> hash_number_commands() noexcept {
  static constexpr const Command* kCommands[] = {&kHIncrBy, &kHIncrByFloat};
  return kCommands;
}

}  // namespace miniredis::commands
